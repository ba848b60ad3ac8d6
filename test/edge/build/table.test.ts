import { describe, expect, it } from 'vitest';
import { OP, VOID } from '../../../edge/build/wasm/body.ts';
import { constant, get } from '../../../edge/build/wasm/code.ts';
import {
  exportOf,
  type FunctionType,
  itemsOf,
  KIND,
  readModule,
  SECTION,
  unsigned,
  VALUE,
  type WasmModule,
  writeModule,
} from '../../../edge/build/wasm/module.ts';
import { findPlaces, withLateTable } from '../../../edge/build/wasm/table.ts';
import { randomNumbers } from '../../../train/random.ts';

const { i32 } = VALUE;
const ADD = 0x6a;
const TABLES = 4;
const TYPES: readonly FunctionType[] = [
  { params: [i32], results: [i32] },
  { params: [i32, i32], results: [i32] },
  { params: [i32], results: [i32, i32] },
];
/** The table's first place with a function, and the number of places, of which the last is empty. */
const [FIRST, PLACES] = [2, 12];
/** An exported global: the calls that are left, so that functions end. */
const CALLS = 0;
const FUNCTIONS = 9;

type Callable = (...values: number[]) => unknown;

interface Exports {
  readonly calls: { value: number };
  readonly table: { readonly get: (place: number) => Callable | null };
  readonly fillTable?: () => void;
  readonly [name: string]: unknown;
}

/** @param functions the type and the code of each. @param places the functions in the table. @param exported functions */
function moduleOf(
  functions: readonly { type: number; code: readonly number[] }[],
  places: readonly number[],
  exported: readonly number[],
): WasmModule {
  const sections = {
    [SECTION.types]: [],
    [SECTION.functions]: [],
    [TABLES]: [1, VALUE.funcref, 0, PLACES],
    [SECTION.globals]: [1, i32, 1, ...constant(0), OP.end],
    [SECTION.exports]: [
      ...itemsOf([
        exportOf('calls', KIND.global, CALLS),
        exportOf('table', KIND.table, 0),
        ...exported.map((index) => exportOf(`${index}`, KIND.function, index)),
      ]),
    ],
    [SECTION.elements]: [1, 0, ...constant(FIRST), OP.end, ...unsigned(places.length), ...places],
    [SECTION.code]: [],
  };
  return readModule(
    writeModule({
      sections: Object.entries(sections).map(([id, contents]) => ({
        id: Number(id),
        contents: Uint8Array.from(contents),
      })),
      types: TYPES,
      functions: functions.map(({ type }) => type),
      importedFunctions: 0,
      globals: 1,
      bodies: functions.map(({ code }) => Uint8Array.from([0, ...code, OP.end])),
    }),
  );
}

/** Functions that call each other by themselves and through the table. */
function randomModule(random: () => number): WasmModule {
  const below = (count: number) => Math.floor(random() * count);
  const types = Array.from({ length: FUNCTIONS }, () => below(TYPES.length));
  const codeOf = (type: number): number[] => {
    const { params, results } = TYPES[type] as FunctionType;
    const value = () => (below(2) ? get(below(params.length)) : [...get(0), ...constant(below(9)), ADD]);
    const call = (): number[] => {
      const callee = below(FUNCTIONS);
      const calledType = below(4) ? below(TYPES.length) : type;
      const place = below(3) ? constant(below(PLACES)) : get(0);
      const [of, code] = below(2)
        ? [types[callee] as number, [OP.call, callee]]
        : [calledType, [...place, OP.callIndirect, calledType, 0]];
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
  const places = Array.from({ length: PLACES - FIRST - 1 }, () => below(FUNCTIONS));
  const exported = [...Array(FUNCTIONS).keys()].filter(() => below(2));
  return moduleOf(
    types.map((type) => ({ type, code: codeOf(type) })),
    places,
    exported,
  );
}

async function instantiate(file: Uint8Array<ArrayBuffer>): Promise<Exports> {
  return new WebAssembly.Instance(await WebAssembly.compile(file), {} as never).exports as unknown as Exports;
}

const functionsOf = (exports: Exports) =>
  Object.entries(exports).filter(([name]) => /^\d+$/.test(name)) as [string, Callable][];

/** What a function returns or throws, and the calls that are then left. */
function resultOf(call: Callable, { calls }: Exports, ...values: number[]): unknown {
  calls.value = 30;
  try {
    return [call(...values), calls.value];
  } catch (error) {
    return [String(error), calls.value];
  }
}

/** What the exports give, one after the other in one instance, and the functions in the table. */
function use(exports: Exports): unknown[] {
  const results = functionsOf(exports).flatMap(([name, call]) =>
    [0, 3, 8].map((value) => [name, resultOf(call, exports, value, 5)]),
  );
  const found = Array.from({ length: PLACES }, (_, place) => {
    if (exports.table.get(place) === null) exports.fillTable?.();
    const call = exports.table.get(place);
    return call && resultOf(call, exports, 4, place);
  });
  return [...results, ...found];
}

describe('withLateTable', () => {
  it('keeps what a module does, whatever functions are hot and whatever places are found', async () => {
    const random = randomNumbers(1);
    const some = (count: number) => new Set([...Array(count).keys()].filter(() => random() < 0.5));
    let late = 0;
    for (let count = 0; count < 150; count++) {
      const module = randomModule(random);
      const expected = use(await instantiate(writeModule(module)));
      for (let choice = 0; choice < 3; choice++) {
        const changed = await instantiate(writeModule(withLateTable(module, some(FUNCTIONS), some(PLACES))));
        if (changed.table.get(FIRST) === null) late++;
        expect(use(changed)).toEqual(expected);
      }
    }
    expect(late).toBeGreaterThan(150);
  });

  it('leaves the table empty for hot functions that read only places that are found', async () => {
    const called = { type: 0, code: get(0) };
    const caller = { type: 1, code: [...get(0), ...get(1), OP.callIndirect, 0, 0] };
    const module = moduleOf([caller, called], [0, 1, 1], [0]);
    const exports = await instantiate(writeModule(withLateTable(module, new Set([0, 1]), new Set([3]))));
    const read = () =>
      Array.from({ length: PLACES }, (_, place) => (exports.table.get(place) === null ? 0 : 1)).join('');
    expect([(exports['0'] as Callable)(7, 3), read()]).toEqual([7, '000100000000']);
    expect([(exports['0'] as Callable)(8, 4), read()]).toEqual([8, '001110000000']);
  });

  it('fills the table for a function that is found but not hot', async () => {
    const callOf = (place: number) => [...get(0), ...constant(place), OP.callIndirect, 0, 0];
    const module = moduleOf(
      [callOf(3), callOf(4), get(0)].map((code) => ({ type: 0, code })),
      [0, 1, 2],
      [0],
    );
    const exports = await instantiate(writeModule(withLateTable(module, new Set([0]), new Set([3]))));
    expect((exports['0'] as Callable)(7)).toBe(7);
  });
});

describe('findPlaces', () => {
  it('finds the places that a use reads, also of a function that has several', async () => {
    const called = { type: 0, code: get(0) };
    const caller = { type: 1, code: [...get(0), ...get(1), OP.callIndirect, 0, 0] };
    const module = moduleOf([caller, called], [0, 1, 1, 1], [0]);
    const places = await findPlaces(module, async (file) => {
      const exports = await instantiate(file);
      expect((exports['0'] as Callable)(7, 3)).toBe(7);
      expect((exports.table.get(5) as Callable)(9)).toBe(9);
      return exports;
    });
    expect([...places]).toEqual([3, 5]);
  });

  it.each<[what: string, segments: number[], message: string]>([
    [
      'two segments',
      [2, 0, ...constant(1), OP.end, 1, 0, 0, ...constant(2), OP.end, 1, 0],
      'not filled by one segment',
    ],
    ['none', [0], 'not filled by one segment'],
    ['a segment that code uses', [1, 1, 0, 1, 0], 'a segment of another kind'],
    ['a start that is a variable', [1, 0, OP.globalGet, 0, OP.end, 1, 0], 'a place that is not a constant'],
    ['a start that is a sum', [1, 0, ...constant(1), ...constant(1), ADD, OP.end, 1, 0], 'a place that is computed'],
  ])('refuses a table with %s', (_, segments, message) => {
    const { sections, ...module } = moduleOf([{ type: 0, code: get(0) }], [0], [0]);
    const changed = sections.map((one) =>
      one.id === SECTION.elements ? { ...one, contents: Uint8Array.from(segments) } : one,
    );
    expect(() => withLateTable({ ...module, sections: changed }, new Set(), new Set())).toThrow(message);
  });
});
