import { describe, expect, it } from 'vitest';
import { OP, VOID } from '../../../edge/build/wasm/body.ts';
import { constant, get, VARIABLE } from '../../../edge/build/wasm/code.ts';
import {
  exportOf,
  type FunctionType,
  itemsOf,
  KIND,
  SECTION,
  sized,
  unsigned,
  VALUE,
  type WasmModule,
  writeModule,
} from '../../../edge/build/wasm/module.ts';
import { findEntries, withLazyTable } from '../../../edge/build/wasm/table.ts';
import { randomNumbers } from '../../../train/random.ts';
import { moduleWith } from '../../fixtures/wasm.ts';

const { i32 } = VALUE;
const ADD = 0x6a;
const TABLES = 4;
const TYPES: readonly FunctionType[] = [
  { params: [i32], results: [i32] },
  { params: [i32, i32], results: [i32] },
  { params: [i32], results: [i32, i32] },
];
/** The table's first entry with a function, and the number of entries, of which the last is empty. */
const [FIRST, ENTRIES] = [2, 12];
/** An exported global: the calls that are left, so that functions end. */
const CALLS = 0;
const FUNCTIONS = 9;
/** An imported function, of the first type, which calls the first export. */
const IMPORTED = 0;

type Callable = (...values: number[]) => unknown;

interface Exports {
  readonly calls: { value: number };
  readonly table: { readonly get: (entry: number) => Callable | null };
  readonly fillTable?: () => void;
  readonly [name: string]: unknown;
}

/** @param functions the type and the code of each, from index 1. @param entries the functions in the table. @param exported functions */
function moduleOf(
  functions: readonly { type: number; code: readonly number[] }[],
  entries: readonly number[],
  exported: readonly number[],
): WasmModule {
  const sections = {
    [SECTION.types]: [],
    [SECTION.imports]: [1, ...sized([0x6d]), ...sized([0x66]), KIND.function, 0],
    [SECTION.functions]: [],
    [TABLES]: [1, VALUE.funcref, 0, ENTRIES],
    [SECTION.globals]: [1, ...VARIABLE],
    [SECTION.exports]: [
      ...itemsOf([
        exportOf('calls', KIND.global, CALLS),
        exportOf('table', KIND.table, 0),
        ...exported.map((index) => exportOf(`${index}`, KIND.function, index)),
      ]),
    ],
    [SECTION.elements]: [1, 0, ...constant(FIRST), OP.end, ...unsigned(entries.length), ...entries],
    [SECTION.code]: [],
  };
  return moduleWith(sections, {
    types: TYPES,
    functions: [0, ...functions.map(({ type }) => type)],
    importedFunctions: 1,
    globals: 1,
    bodies: functions.map(({ code }) => Uint8Array.from([0, ...code, OP.end])),
  });
}

/** Functions that call each other by themselves and through the table. */
function randomModule(random: () => number): WasmModule {
  const below = (count: number) => Math.floor(random() * count);
  const types = [0, ...Array.from({ length: FUNCTIONS }, () => below(TYPES.length))];
  const codeOf = (type: number): number[] => {
    const { params, results } = TYPES[type] as FunctionType;
    const value = () => (below(2) ? get(below(params.length)) : [...get(0), ...constant(below(9)), ADD]);
    const call = (): number[] => {
      const callee = below(types.length);
      const calledType = below(4) ? below(TYPES.length) : type;
      const entry = below(3) ? constant(below(ENTRIES)) : get(0);
      const [of, code] = below(2)
        ? [types[callee] as number, [OP.call, callee]]
        : [calledType, [...entry, OP.callIndirect, calledType, 0]];
      const called = TYPES[of] as FunctionType;
      return [...called.params.flatMap(value), ...code, ...called.results.slice(1).map(() => ADD)];
    };
    return [
      ...[OP.globalGet, CALLS, OP.i32EqualsZero, OP.if, VOID, ...results.flatMap(() => constant(1)), OP.return, OP.end],
      ...[OP.globalGet, CALLS, ...constant(1), 0x6b, OP.globalSet, CALLS],
      ...Array.from({ length: 1 + below(3) }, () => [...call(), OP.globalGet, CALLS, ADD, 0x1a]).flat(),
      ...results.flatMap(() => [...call(), ...get(0), ADD]),
    ];
  };
  const entries = Array.from({ length: ENTRIES - FIRST - 1 }, () => below(types.length));
  const exported = [...types.keys()].filter((index) => index !== IMPORTED && below(2));
  return moduleOf(
    types.slice(1).map((type) => ({ type, code: codeOf(type) })),
    entries,
    exported,
  );
}

async function instantiate(file: Uint8Array<ArrayBuffer>): Promise<Exports> {
  const imported = (value: number) => {
    const [first] = functionsOf(exports);
    if (first === undefined || exports.calls.value === 0) return value;
    exports.calls.value--;
    return Number(first[1](value, 1));
  };
  const instance = new WebAssembly.Instance(await WebAssembly.compile(file), { m: { f: imported } } as never);
  const exports = instance.exports as unknown as Exports;
  return exports;
}

const functionsOf = (exports: Exports) =>
  Object.entries(exports).filter(([name]) => /^\d+$/.test(name)) as [string, Callable][];

/** @returns what a call gives or throws, and how many calls are left after it. */
function resultOf(call: Callable, { calls }: Exports, ...values: number[]): unknown {
  calls.value = 30;
  try {
    return [call(...values), calls.value];
  } catch (error) {
    return [String(error), calls.value];
  }
}

/** Calls all exports of an instance, then all functions in its table. @returns what they give. */
function use(exports: Exports): unknown[] {
  const results = functionsOf(exports).flatMap(([name, call]) =>
    [0, 3, 8].map((value) => [name, resultOf(call, exports, value, 5)]),
  );
  const found = Array.from({ length: ENTRIES }, (_, entry) => {
    if (exports.table.get(entry) === null) exports.fillTable?.();
    const call = exports.table.get(entry);
    return call && resultOf(call, exports, 4, entry);
  });
  return [...results, ...found];
}

describe('withLazyTable', () => {
  it('keeps what a module does, whatever functions are hot and whatever entries are found', async () => {
    const random = randomNumbers(1);
    const some = (from: number, to: number) =>
      new Set(Array.from({ length: to + 1 - from }, (_, at) => from + at).filter(() => random() < 0.5));
    let lazy = 0;
    for (let count = 0; count < 150; count++) {
      const module = randomModule(random);
      const expected = use(await instantiate(writeModule(module)));
      for (let choice = 0; choice < 3; choice++) {
        const changed = await instantiate(writeModule(withLazyTable(module, some(1, FUNCTIONS), some(0, ENTRIES))));
        if (changed.table.get(FIRST) === null) lazy++;
        expect(use(changed)).toEqual(expected);
      }
    }
    expect(lazy).toBeGreaterThan(150);
  });

  it('leaves the table empty for hot functions that read only entries that are found', async () => {
    const called = { type: 0, code: get(0) };
    const caller = { type: 1, code: [...get(0), ...get(1), OP.callIndirect, 0, 0] };
    const module = moduleOf([caller, called], [1, 2, 2], [1]);
    const exports = await instantiate(writeModule(withLazyTable(module, new Set([1, 2]), new Set([3]))));
    const read = () =>
      Array.from({ length: ENTRIES }, (_, entry) => (exports.table.get(entry) === null ? 0 : 1)).join('');
    expect([(exports['1'] as Callable)(7, 3), read()]).toEqual([7, '000100000000']);
    expect([(exports['1'] as Callable)(8, 4), read()]).toEqual([8, '001110000000']);
  });

  it('fills the table for a function that is found but not hot', async () => {
    const callOf = (entry: number) => [...get(0), ...constant(entry), OP.callIndirect, 0, 0];
    const module = moduleOf(
      [callOf(3), callOf(4), get(0)].map((code) => ({ type: 0, code })),
      [1, 2, 3],
      [1],
    );
    const exports = await instantiate(writeModule(withLazyTable(module, new Set([1]), new Set([3]))));
    expect((exports['1'] as Callable)(7)).toBe(7);
  });

  it.each<[what: string, segments: number[], message: string]>([
    [
      'two segments',
      [2, 0, ...constant(1), OP.end, 1, 0, 0, ...constant(2), OP.end, 1, 0],
      'not filled by one segment',
    ],
    ['none', [0], 'not filled by one segment'],
    ['a segment that code uses', [1, 1, 0, 1, 0], 'a segment of another kind'],
    ['a start that is a variable', [1, 0, OP.globalGet, 0, OP.end, 1, 0], 'an index that is not a constant'],
    ['a start that is a sum', [1, 0, ...constant(1), ...constant(1), ADD, OP.end, 1, 0], 'an index that is computed'],
  ])('refuses a table with %s', (_, segments, message) => {
    const { sections, ...module } = moduleOf([{ type: 0, code: get(0) }], [1], [1]);
    const changed = sections.map((one) =>
      one.id === SECTION.elements ? { ...one, contents: Uint8Array.from(segments) } : one,
    );
    expect(() => withLazyTable({ ...module, sections: changed }, new Set(), new Set())).toThrow(message);
  });
});

describe('findEntries', () => {
  it('finds the entries that a use reads, also of a function that has several', async () => {
    const called = { type: 0, code: get(0) };
    const caller = { type: 1, code: [...get(0), ...get(1), OP.callIndirect, 0, 0] };
    const module = moduleOf([caller, called], [1, 2, 2, 2], [1]);
    const entries = await findEntries(module, async (file) => {
      const exports = await instantiate(file);
      expect((exports['1'] as Callable)(7, 3)).toBe(7);
      expect((exports.table.get(5) as Callable)(9)).toBe(9);
      return exports;
    });
    expect([...entries]).toEqual([3, 5]);
  });
});
