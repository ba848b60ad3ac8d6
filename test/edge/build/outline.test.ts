import { describe, expect, it } from 'vitest';
import { OP, parseBody, VOID } from '../../../edge/build/wasm/body.ts';
import { I32, readModule, type WasmModule, writeModule } from '../../../edge/build/wasm/module.ts';
import { outline } from '../../../edge/build/wasm/outline.ts';
import { findCold } from '../../../edge/build/wasm/probes.ts';
import { randomNumbers } from '../../../train/random.ts';
import { anyCold } from '../../fixtures/cold.ts';

const get = (local: number) => [OP.localGet, local];
const set = (local: number) => [OP.localSet, local];
const constant = (value: number) => [OP.i32Const, value];
const [DROP, ADD, MULTIPLY, AND] = [[0x1a], [0x6a], [0x6c], [0x71]];
/** So that a part is worth moving. */
const MUCH = Array(40).fill(0x01); // nop

/** Locals of random functions: the parameter, some that are written and read, and the number of rounds that are left to loops. */
const LOCALS = 5;
const ROUNDS = LOCALS;

/** A function of an i32 with blocks, loops, and branches of every kind. */
function randomFunction(random: () => number): number[] {
  const below = (count: number) => Math.floor(random() * count);
  const local = () => below(LOCALS);
  const result = () => [...get(local()), ...get(local()), ...ADD];

  /** @param labels the types of the blocks around, the innermost first: which those with values are given where a list ends. */
  function list(labels: readonly (number | undefined)[], type: number | undefined): number[] {
    const branchable = labels.flatMap((of, label) => (of === VOID ? [label] : []));
    const label = () => branchable[below(branchable.length)] as number;
    const inner = (of: number, own = of) => list([own, ...labels], of);
    const code: number[] = [];
    for (let count = below(5); count > 0; count--) {
      const kind = below(labels.length > 4 ? 3 : 9);
      if (kind === 0) code.push(...MUCH, ...result(), ...set(local()));
      else if (kind === 1) code.push(...get(local()), OP.localTee, local(), ...set(local()));
      else if (kind === 2 && branchable.length > 0) code.push(...odd(local()), OP.brIf, label());
      else if (kind === 3) code.push(OP.block, VOID, ...inner(VOID), OP.end);
      else if (kind === 4) code.push(...odd(local()), OP.if, VOID, ...inner(VOID), OP.end);
      else if (kind === 5) code.push(...odd(local()), OP.if, VOID, ...inner(VOID), OP.else, ...inner(VOID), OP.end);
      else if (kind === 6) code.push(OP.loop, VOID, ...round(), ...inner(VOID), OP.end);
      else if (kind === 7) code.push(OP.block, I32, ...inner(I32), OP.end, ...set(local()));
      else if (kind === 8)
        code.push(
          ...get(local()),
          ...odd(local()),
          OP.if,
          I32,
          ...inner(I32),
          OP.else,
          ...inner(I32),
          OP.end,
          ...ADD,
          ...set(local()),
        );
    }
    const ends = labels.length > 1 ? below(8) : 8; // the function's own list goes on
    const dead = below(2) ? [...DROP, ...result(), OP.return] : [];
    if (ends === 0) code.push(...result(), OP.return, ...dead);
    else if (ends === 1) code.push(OP.unreachable, ...dead);
    else if (ends === 2) code.push(...result(), OP.br, labels.indexOf(I32), ...dead);
    else if (ends === 3 && branchable.length > 0) code.push(OP.br, label(), ...dead);
    else if (ends === 4 && branchable.length > 0) code.push(...odd(local()), OP.brTable, 1, label(), label(), ...dead);
    else if (type === I32) code.push(...result());
    return code;
  }
  const odd = (value: number) => [...get(value), ...constant(1), ...AND];
  /** Returns when no round is left. */
  const round = () => [
    ...[...get(ROUNDS), OP.if, VOID, OP.else, ...result(), OP.return, OP.end],
    ...[...get(ROUNDS), ...constant(-1 & 0x7f), ...ADD, ...set(ROUNDS)],
  ];
  const sum = Array.from({ length: LOCALS }, (_, at) => [...get(at), ...constant(3 + at), ...MULTIPLY]).flat();
  const start = [...constant(20), ...set(ROUNDS)];
  return [
    ...start,
    ...list([I32], undefined),
    ...sum,
    ...Array(LOCALS - 1)
      .fill(ADD)
      .flat(),
  ];
}

/** A module that exports the function as "f". */
function moduleOf(code: readonly number[]): WasmModule {
  const empty = new Uint8Array();
  return readModule(
    writeModule({
      preamble: Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0),
      sections: [
        { id: 1, contents: empty },
        { id: 3, contents: empty },
        { id: 6, contents: Uint8Array.of(0) },
        { id: 7, contents: Uint8Array.of(1, 1, 0x66, 0, 0) },
        { id: 10, contents: empty },
      ],
      types: [{ params: [I32], results: [I32] }],
      functions: [0],
      importedFunctions: 0,
      globals: 0,
      bodies: [Uint8Array.of(1, LOCALS, I32, ...code, OP.end)],
    }),
  );
}

type Function = (value: number) => number;

async function run(file: Uint8Array<ArrayBuffer>): Promise<Function> {
  const { exports } = new WebAssembly.Instance(await WebAssembly.compile(file), {} as never);
  return exports['f'] as Function;
}

/** What the function gives for some numbers, and an error's message where it throws. */
function answersOf(f: Function): (number | string)[] {
  return Array.from({ length: 12 }, (_, at) => {
    try {
      return f(at - 3);
    } catch (error) {
      return String(error);
    }
  });
}

describe('outline', () => {
  it('keeps what a function does, whatever is moved', async () => {
    const random = randomNumbers(1);
    let added = 0;
    for (let count = 0; count < 200; count++) {
      const module = moduleOf(randomFunction(random));
      const body = parseBody(module, 0);
      const expected = answersOf(await run(writeModule(module)));
      for (let choice = 0; choice < 4; choice++) {
        const cold = new Map(anyCold(body, random));
        const moved = outline(module, new Map([[0, body]]), cold);
        added += moved.functions.length - 1;
        expect(answersOf(await run(writeModule(moved)))).toEqual(expected);
      }
    }
    expect(added).toBeGreaterThan(200);
  });
});

describe('findCold', () => {
  it('finds what a use does not run, which is then compiled apart', async () => {
    const rare = [...get(0), OP.if, VOID, ...MUCH, ...get(0), OP.return, OP.end];
    const module = moduleOf([...rare, ...constant(7)]);
    let answer: number | undefined;
    const { functions, cold } = await findCold(module, async (file) => {
      const { exports } = new WebAssembly.Instance(await WebAssembly.compile(file), {} as never);
      answer = (exports['f'] as Function)(0);
      return exports;
    });
    expect(answer).toBe(7);
    const [body] = functions.values();
    const [condition] = body?.list.instructions.flatMap(({ lists }) => lists) ?? [];
    expect([...cold]).toEqual([[condition, 0]]);
    const { bodies } = outline(module, functions, cold);
    expect(bodies.map((one) => one.length > MUCH.length)).toEqual([false, true]);
    expect(answersOf(await run(writeModule(outline(module, functions, cold))))).toEqual([
      -3, -2, -1, 7, 1, 2, 3, 4, 5, 6, 7, 8,
    ]);
  });
});

describe('parseBody', () => {
  it.each([
    ['an instruction that it does not know', [0x06, VOID], 'instruction 0x6 is not known'],
    ['a value that is missing', [...ADD], 'values are missing'],
    ['a value that is left over', [...constant(1), ...constant(2)], 'values are left over or missing'],
  ])('refuses %s', (_, code, message) => {
    expect(() => parseBody(moduleOf(code), 0)).toThrow(message);
  });
});
