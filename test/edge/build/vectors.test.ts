import { expect, it } from 'vitest';
import { type Instruction, OP, parseBody, VOID } from '../../../edge/build/wasm/body.ts';
import { constant, declare, get, set } from '../../../edge/build/wasm/code.ts';
import { moduleOf, VALUE, type WasmModule, writeModule } from '../../../edge/build/wasm/module.ts';
import { withFastVectors } from '../../../edge/build/wasm/vectors.ts';

const { i32, v128 } = VALUE;
const F32X4 = { min: [0xfd, 0xe8, 0x01], max: [0xfd, 0xe9, 0x01], add: [0xfd, 0xe4, 0x01] };
const [LOAD, STORE] = [
  [0xfd, 0x00, 0x02, 0x00],
  [0xfd, 0x0b, 0x02, 0x00],
];
const [ADD, LESS] = [0x6a, 0x49];
const [MIN, PMIN, MAX, PMAX] = [0xfd0e8, 0xfd0ea, 0xfd0e9, 0xfd0eb];
const V128_CONST = 0xfd00c;

const vector = (...lanes: number[]) => [0xfd, 0x0c, ...new Uint8Array(Float32Array.from(lanes).buffer)];
const splat = (lane: number) => vector(lane, lane, lane, lane);

/** (from, to): applies `code` to each vector of the memory from one address to the other. */
function loopOf(code: readonly number[]): WasmModule {
  const [at, end, value] = [0, 1, 2];
  const body = [
    ...declare([v128]),
    ...[...splat(7), ...set(value)],
    ...[OP.loop, VOID, ...get(at), ...LOAD, ...set(value)],
    ...[...get(at), ...get(value), ...code, ...STORE],
    ...[...get(at), ...constant(16), ADD, OP.localTee, at, ...get(end), LESS, OP.brIf, 0, OP.end, OP.end],
  ];
  return moduleOf({ params: [i32, i32], results: [] }, [Uint8Array.from(body)]);
}

const VALUES = [0, -0, 1, -1, 9, -9, 9.5, -9.5, 1e-45, -1e-45, 3e38, -3e38, Infinity, -Infinity, NaN, 0.1];

async function run(module: WasmModule): Promise<Float32Array> {
  const { exports } = await WebAssembly.instantiate(await WebAssembly.compile(writeModule(module)), {} as never);
  const { 0: apply, memory } = exports as unknown as {
    0: (from: number, to: number) => void;
    memory: WebAssembly.Memory;
  };
  const numbers = new Float32Array(memory.buffer, 0, VALUES.length);
  numbers.set(VALUES);
  apply(0, 4 * VALUES.length);
  return numbers;
}

function opsInLoop(module: WasmModule): number[] {
  const opsOf = (instructions: readonly Instruction[]): number[] =>
    instructions.flatMap(({ op, sequences }) => [op, ...sequences.flatMap((one) => opsOf(one.instructions))]);
  const loop = parseBody(module, 0).sequence.instructions.find(({ op }) => op === OP.loop) as Instruction;
  return opsOf([loop]);
}

const clamped = [...splat(-9), ...F32X4.max, ...splat(9), ...F32X4.min];

it.each([
  ['a range', clamped],
  ['zero', [...splat(0), ...F32X4.max, ...splat(-0), ...F32X4.min]],
  ['infinity', [...splat(-Infinity), ...F32X4.max, ...splat(Infinity), ...F32X4.min]],
  ['NaN', [...splat(NaN), ...F32X4.max]],
  ['lanes that differ', [...vector(1, 2, 3, 4), ...F32X4.max, ...splat(2), ...F32X4.add]],
  ['the same constant twice', [...splat(9), ...F32X4.add, ...splat(9), ...F32X4.min, ...splat(-9), ...F32X4.add]],
  [
    'a branch',
    [...get(0), OP.if, v128, ...get(2), ...splat(1), ...F32X4.max, OP.else, ...splat(3), OP.end, ...F32X4.add],
  ],
])('gives the same numbers for %s', async (_, code) => {
  const module = loopOf(code);
  const changed = withFastVectors(module, [0]);
  expect(changed.bodies).not.toEqual(module.bodies);
  expect(await run(changed)).toEqual(await run(module));
});

it('leaves no constant and no slow minimum in a loop', () => {
  const ops = opsInLoop(withFastVectors(loopOf(clamped), [0]));
  expect(ops).toEqual(expect.arrayContaining([PMAX, PMIN]));
  for (const op of [V128_CONST, MIN, MAX]) expect(ops).not.toContain(op);
});

it('keeps the maximum with zero, which has a sign', () => {
  expect(opsInLoop(withFastVectors(loopOf([...splat(0), ...F32X4.max]), [0]))).toContain(MAX);
});

it('leaves a function without such constants as it is', () => {
  const module = loopOf([...get(2), ...F32X4.add]);
  expect(withFastVectors(module, [0]).bodies).toEqual(module.bodies);
});
