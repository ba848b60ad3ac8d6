import { describe, expect, it } from 'vitest';
import { OP, parseBody, VOID } from '../../../edge/build/wasm/body.ts';
import {
  type FunctionType,
  readModule,
  SECTION,
  signed,
  sized,
  unsigned,
  VALUE,
  type WasmModule,
  writeModule,
} from '../../../edge/build/wasm/module.ts';
import { outline } from '../../../edge/build/wasm/outline.ts';
import { findCold } from '../../../edge/build/wasm/probes.ts';
import { randomNumbers } from '../../../train/random.ts';
import { anyCold } from '../../fixtures/cold.ts';
import { moduleWith } from '../../fixtures/wasm.ts';

const { i32, i64 } = VALUE;
const get = (local: number) => [OP.localGet, ...unsigned(local)];
const set = (local: number) => [OP.localSet, ...unsigned(local)];
const constant = (value: number) => [OP.i32Const, value];
const [NOP, DROP, EQUALS_ZERO, AND] = [0x01, 0x1a, 0x45, 0x71];
const ADD = { [i32]: 0x6a, [i64]: 0x7c };
const MINUS_ONE = 0x7f;
/** So that a part is worth moving. */
const MUCH = Array(40).fill(NOP);

/** The parameter, and locals of a function. The first of them make the others' numbers two bytes long. */
const FIRST = 130;
const LOCALS = [i32, ...Array(FIRST - 1).fill(i32), i32, i64, i32, i64, i32, i64];
/** The local that counts down the rounds of all loops. */
const ROUNDS = 1;
/** An exported global that functions add to. */
const COUNTER = 0;

/** What a random function returns. */
const RESULTS = [[], [i32], [i64, i32]];

/** The code of a function with blocks, loops, and branches of every kind. */
function randomCode(random: () => number, results: readonly number[]): number[] {
  const below = (count: number) => Math.floor(random() * count);
  const localsOf = (type: number) =>
    [...LOCALS.keys()].filter((one) => (one === 0 || one >= FIRST) && LOCALS[one] === type);
  const local = (type: number = i32) => localsOf(type)[below(localsOf(type).length)] as number;
  const sum = (type: number) => [...get(local(type)), ...get(local(type)), ADD[type as typeof i32]];
  const values = (types: readonly number[]) => types.flatMap(sum);
  const isOdd = () => [...get(local()), ...constant(1), AND];
  const leave = () => [...values(results), OP.return];
  /** Returns when no round is left. */
  const round = () => [
    ...[...get(ROUNDS), EQUALS_ZERO, OP.if, VOID, ...leave(), OP.end],
    ...[...get(ROUNDS), ...constant(MINUS_ONE), ADD[i32], ...set(ROUNDS)],
  ];

  /** @param labels the types of what branches to the blocks around carry, the innermost first. */
  function sequence(labels: readonly (readonly number[])[], types: readonly number[]): number[] {
    const empty = labels.flatMap((of, label) => (of.length === 0 ? [label] : []));
    const label = () => empty[below(empty.length)] as number;
    const inner = (of: readonly number[]) => sequence([of, ...labels], of);
    const type = [i32, i64][below(2)] as number;
    const code: number[] = [];
    const choices = [
      () => [...MUCH, ...sum(type), ...set(local(type))],
      () => [...get(local(type)), OP.localTee, ...unsigned(local(type)), ...set(local(type))],
      () => [0x23, COUNTER, ...get(local()), ADD[i32], OP.globalSet, COUNTER],
      () => (empty.length > 0 ? [...isOdd(), OP.brIf, label()] : []),
      () => [OP.block, VOID, ...inner([]), OP.end],
      () => [...isOdd(), OP.if, VOID, ...inner([]), OP.end],
      () => [...isOdd(), OP.if, VOID, ...inner([]), OP.else, ...inner([]), OP.end],
      () => [OP.loop, VOID, ...round(), ...inner([]), OP.end],
      () => [OP.block, type, ...inner([type]), OP.end, ...set(local(type))],
      () => [
        ...[...get(local(type)), ...isOdd(), OP.if, type, ...inner([type]), OP.else, ...inner([type]), OP.end],
        ...[ADD[type as typeof i32], ...set(local(type))],
      ],
    ];
    for (let count = below(5); count > 0; count--) {
      code.push(...(choices[below(labels.length > 4 ? 4 : choices.length)] as () => number[])());
    }
    const dead = below(2) ? [DROP, ...leave()] : [];
    const ends = [
      () => [...leave(), ...dead],
      () => [OP.unreachable, ...dead],
      () => {
        const to = below(labels.length);
        return [...values(labels[to] as number[]), OP.br, to, ...dead];
      },
      () => (empty.length > 0 ? [...isOdd(), OP.brTable, 1, label(), label(), ...dead] : values(types)),
    ];
    return [...code, ...(labels.length > 1 ? (ends[below(12)]?.() ?? values(types)) : values(types))];
  }
  return [...constant(20), ...set(ROUNDS), ...sequence([results], results)];
}

/** A module with one function, "f", whose parameter is an i32, and a global, "g". */
function moduleOf(code: readonly number[], results: readonly number[] = [i32]): WasmModule {
  const type: FunctionType = { params: [i32], results };
  const locals = LOCALS.slice(1).flatMap((local) => [1, local]);
  const exported = (name: string, kind: number) => [...sized([...Buffer.from(name)]), kind, 0];
  const sections = {
    [SECTION.types]: [],
    [SECTION.functions]: [],
    [SECTION.globals]: [1, i32, 1, ...constant(0), OP.end],
    [SECTION.exports]: [2, ...exported('f', 0), ...exported('g', 3)],
    [SECTION.code]: [],
  };
  return moduleWith(sections, {
    types: [type],
    functions: [0],
    importedFunctions: 0,
    globals: 1,
    bodies: [Uint8Array.from([...unsigned(LOCALS.length - 1), ...locals, ...code, OP.end])],
  });
}

interface Exports {
  readonly f: (value: number) => unknown;
  readonly g: { readonly value: number };
}

async function instantiate(module: WasmModule | Uint8Array<ArrayBuffer>): Promise<Exports> {
  const file = module instanceof Uint8Array ? module : writeModule(module);
  return new WebAssembly.Instance(await WebAssembly.compile(file), {} as never).exports as unknown as Exports;
}

/** What the function gives for some numbers, with the global, and the errors that it throws. */
async function answersOf(module: WasmModule): Promise<unknown[]> {
  const { f, g } = await instantiate(module);
  return [...Array(12).keys()].map((at) => {
    try {
      return [f(at - 3), g.value];
    } catch (error) {
      return [String(error), g.value];
    }
  });
}

describe('outline', () => {
  it('keeps what a function does, whatever is moved', async () => {
    const random = randomNumbers(1);
    let added = 0;
    for (let count = 0; count < 700; count++) {
      const results = RESULTS[count % RESULTS.length] as number[];
      const module = moduleOf(randomCode(random, results), results);
      const body = parseBody(module, 0);
      const expected = await answersOf(module);
      for (let choice = 0; choice < 2; choice++) {
        const moved = outline(module, new Map([[0, body]]), new Map(anyCold(body, random)));
        added += moved.functions.length - 1;
        expect(await answersOf(moved)).toEqual(expected);
      }
    }
    expect(added).toBeGreaterThan(600);
  });
});

describe('findCold', () => {
  it('finds what a use does not run', async () => {
    const rare = [...get(0), OP.if, VOID, ...MUCH, ...get(0), OP.return, OP.end];
    const left = [OP.block, VOID, ...get(0), EQUALS_ZERO, OP.brIf, 0, ...MUCH, OP.end];
    const leftByTwo = [OP.block, VOID, OP.block, VOID, ...get(0), EQUALS_ZERO, OP.brIf, 1, OP.end, ...MUCH, OP.end];
    const module = moduleOf([...rare, ...left, ...leftByTwo, ...constant(7)]);
    const { functions, cold } = await findCold(module, async (file) => {
      const exports = await instantiate(file);
      expect(exports.f(0)).toBe(7);
      return exports;
    });
    const [condition, block, two] = functions.get(0)?.sequence.instructions.flatMap(({ sequences }) => sequences) ?? [];
    expect(new Map(cold)).toEqual(
      new Map([
        [condition, 0],
        [block, 3],
        [two, 1],
      ]),
    );
  });

  it('finds nothing cold that the same use runs', async () => {
    const random = randomNumbers(2);
    let added = 0;
    for (let count = 0; count < 100; count++) {
      const module = moduleOf(randomCode(random, [i32]));
      const use = async (file: Uint8Array<ArrayBuffer>) => {
        const exports = await instantiate(file);
        try {
          exports.f(count);
        } catch {} // some functions trap
        return exports;
      };
      const { functions, cold } = await findCold(module, use);
      const moved = outline(module, functions, cold);
      added += moved.functions.length - 1;
      expect([...(await findCold(moved, use)).functions.keys()]).toEqual([0]);
    }
    expect(added).toBeGreaterThan(100);
  });

  it('fails when nothing ran', async () => {
    await expect(findCold(moduleOf(constant(1)), instantiate)).rejects.toThrow('no function of the WebAssembly ran');
    await expect(findCold(moduleOf(constant(1)), async () => ({}))).rejects.toThrow(TypeError);
  });
});

describe('parseBody', () => {
  const type70 = Array(70).fill({ params: [], results: [] });
  it.each<[what: string, code: number[], message: string]>([
    ['an instruction that it does not know', [0x06, VOID], 'instruction 0x6 is not known'],
    ['a tail call', [0x12, 0], 'instruction 0x12 is not known'],
    ['relaxed SIMD', [0xfd, 0x85, 0x02], 'instruction 0xfd105 is not known'],
    ['a second memory', [...constant(0), 0x28, 0x42, 1, 0], 'there is more than one memory'],
    ['a block of a type with parameters', [OP.block, ...signed(70), OP.end], 'a block has parameters'],
    ['a block of a type that is not there', [OP.block, ...signed(80), OP.end], 'there is no type 80'],
    ['a block of references', [OP.block, 0x63, 0x70, OP.end], 'there is a value of type 0x63'],
    ['a value that is missing', [ADD[i32]], 'values are missing'],
    ['a value that is left over', [...constant(1), ...constant(2)], 'values are left over or missing'],
    ['code behind its end', [...constant(1), OP.end, ...constant(1)], 'the function does not end there'],
  ])('refuses %s', (_, code, message) => {
    const module = {
      ...moduleOf(code),
      types: [{ params: [i32], results: [i32] }, ...type70.slice(1), { params: [i32], results: [] }],
    };
    expect(() => parseBody(module, 0)).toThrow(message);
  });

  it('reads the type of a block by its number', () => {
    const types = [{ params: [i32], results: [i32] }, ...type70.slice(1), { params: [], results: [i32, i32] }];
    const block = [OP.block, ...signed(70), ...constant(2), ...constant(3), OP.end, ADD[i32]];
    const { sequence } = parseBody({ ...moduleOf(block), types }, 0);
    expect(sequence.instructions.map(({ height }) => height)).toEqual([0, 2]);
  });
});

describe('readModule', () => {
  const file = writeModule(moduleOf(constant(1)));
  it.each<[what: string, bytes: Uint8Array, message: string]>([
    ['what is no WebAssembly', Buffer.from('neither'), 'this is no WebAssembly'],
    ['a file that is cut short', file.subarray(0, -1), 'cut short'],
    [
      'places in the code',
      Uint8Array.of(...file, SECTION.custom, ...sized(sized([...Buffer.from('name')]))),
      'a section "name"',
    ],
    [
      'an import that it does not know',
      Uint8Array.of(...file, SECTION.imports, ...sized([1, 0, 0, 4])),
      'an import of kind 4',
    ],
  ])('refuses %s', (_, bytes, message) => {
    expect(() => readModule(bytes)).toThrow(message);
  });
});
