/**
 * Matrix products of float32, in which onnxruntime spends half of a run, in tiles that suit V8. They have the bits of
 * onnxruntime's own (MLAS: `MlasSgemmKernelZero` and `MlasSgemmKernelAdd`), because every element is the sum of its products in the
 * order of k, as there.
 *
 * C [rows, columns] = alpha · A [rows, depth] · B [depth, columns], or C += that. B is packed into panels of 16 columns, each of
 * [depth, 16]. A kernel computes the first rows, two at most, and returns how many.
 *
 * MLAS's loop takes two k at once. V8 sorts its instructions by accumulator, so that each addition waits for the one before. Here
 * it takes one. Where V8 checks bounds, as in workerd, a first k outside the loop spares the loop a part of each check. A single
 * row takes two panels at once, so that a number of A serves eight multiplications.
 */
import { isDeepStrictEqual } from 'node:util';
import { OP, VOID } from './body.ts';
import { constant, declare, get, set } from './code.ts';
import {
  concatenate,
  type FunctionType,
  moduleOf,
  unsigned,
  unsupported,
  VALUE,
  type WasmModule,
  writeModule,
} from './module.ts';

const { i32, f32, v128 } = VALUE;
/** The parameters: addresses, sizes, elements from one row of A and of C to the next, and the factor. */
const [A, B, C, DEPTH, ROWS, COLUMNS, A_STRIDE, C_STRIDE, ALPHA] = [0, 1, 2, 3, 4, 5, 6, 7, 8] as const;
export const TYPE: FunctionType = { params: [i32, i32, i32, i32, i32, i32, i32, i32, f32], results: [i32] };

const PANEL = 16;
const LANES = 4;
const VECTOR_BYTES = 16;
const PANEL_BYTES = 4 * PANEL;

const [EQUALS_ZERO, LESS, GREATER, ADD, SUBTRACT, SHIFT_LEFT] = [0x45, 0x49, 0x4b, 0x6a, 0x6b, 0x74] as const;
const simd = (op: number, ...immediates: readonly number[]) => [0xfd, ...unsigned(op), ...immediates];
const ALIGNMENT = 2; // 4 bytes
const load = (offset: number) => simd(0x00, ALIGNMENT, ...unsigned(offset));
const loadSplat = () => simd(0x09, ALIGNMENT, 0);
const store = (offset: number) => simd(0x0b, ALIGNMENT, ...unsigned(offset));
const ZERO = simd(0x0c, ...Array<number>(VECTOR_BYTES).fill(0));
const SPLAT = simd(0x13);
const F32X4 = { add: simd(0xe4), multiply: simd(0xe6) };
const times = (log2: number) => [...constant(log2), SHIFT_LEFT];
const move = (pointer: number, bytes: number) => [...get(pointer), ...constant(bytes), ADD, ...set(pointer)];

/**
 * The module with these kernels in the place of its own, which do what whole tiles leave over.
 * @throws Error when its own are not the two that are expected.
 */
export async function withOwnGemm(module: WasmModule): Promise<WasmModule> {
  const functions = [...module.functions];
  const bodies = [...module.bodies];
  for (const { at, body, adds } of await findKernels(module)) {
    bodies[at] = kernel(adds, functions.length);
    functions.push(functions[module.importedFunctions + at] as number);
    bodies.push(body);
  }
  return { ...module, functions, bodies };
}

/** A kernel of the module's own, and its place among the bodies. */
interface Found {
  readonly at: number;
  readonly body: Uint8Array;
  readonly adds: boolean;
}

/** @throws Error when they are not two, of which one adds. */
export async function findKernels(module: WasmModule): Promise<readonly Found[]> {
  const found: Found[] = [];
  for (const [at, body] of module.bodies.entries()) {
    const type = module.types[module.functions[module.importedFunctions + at] as number];
    if (isDeepStrictEqual(type, TYPE)) found.push({ at, body, adds: await addsToC(body) });
  }
  const [first, second] = found;
  if (found.length === 2 && first?.adds !== second?.adds) return found;
  throw unsupported(`there are not two matrix products, one of which adds, but ${found.length}`);
}

/** Whether a kernel adds to C: it multiplies 1 by 1, where C is 1. */
async function addsToC(body: Uint8Array): Promise<boolean> {
  const { numbers, kernels } = await instantiate(moduleOf(TYPE, [body]));
  const [a, b, c] = [0, PANEL, 2 * PANEL];
  numbers.fill(1);
  kernels[0]?.(4 * a, 4 * b, 4 * c, 1, 1, 1, 1, 1, 1);
  return numbers[c] === 2;
}

type Kernel = (...parameters: number[]) => number;

/** Kernels alone, which take the parameters that `A` and so on name, and their memory. */
export async function instantiate(
  module: WasmModule,
): Promise<{ readonly numbers: Float32Array; readonly kernels: readonly Kernel[] }> {
  const { exports } = await WebAssembly.instantiate(await WebAssembly.compile(writeModule(module)), {} as never);
  const { memory, ...kernels } = exports as Record<string, unknown>;
  return {
    numbers: new Float32Array((memory as WebAssembly.Memory).buffer),
    kernels: Object.values(kernels) as Kernel[],
  };
}

/** @param adds adds to C. @param rest the kernel that does what whole tiles leave over; it returns as many rows. */
function kernel(adds: boolean, rest: number): Uint8Array {
  const locals: number[] = [];
  const local = (type: number) => TYPE.params.length + locals.push(type) - 1;
  const vectors = (count: number) => Array.from({ length: count }, () => local(v128));
  const [a0, a1, b1, c1, end] = [local(i32), local(i32), local(i32), local(i32), local(i32)];
  const [alpha, b] = [local(v128), local(v128)];
  const [numbers, sums] = [vectors(2), vectors(8)];

  /** Computes a tile, and moves B, C and COLUMNS to the next. */
  function tile(rows: 1 | 2, panels: 1 | 2): number[] {
    const as = [a0, a1].slice(0, rows);
    const bs = [B, b1].slice(0, panels);
    const cs = [C, c1].slice(0, rows);
    const vectorsOf = Array.from({ length: panels * (PANEL / LANES) }, (_, at) => at);
    const sumOf = (row: number, vector: number) => sums[row * vectorsOf.length + vector] as number;
    const eachSum = (code: (sum: number, row: number, vector: number) => number[]) =>
      as.flatMap((_, row) => vectorsOf.flatMap((vector) => code(sumOf(row, vector), row, vector)));
    const step = [
      ...as.flatMap((pointer, row) => [...get(pointer), ...loadSplat(), ...set(numbers[row] as number)]),
      ...vectorsOf.flatMap((vector) => [
        ...get(bs[vector >> 2] as number),
        ...load((vector % (PANEL / LANES)) * VECTOR_BYTES),
        ...set(b),
        ...as.flatMap((_, row) => {
          const sum = sumOf(row, vector);
          return [...get(sum), ...get(numbers[row] as number), ...get(b), ...F32X4.multiply, ...F32X4.add, ...set(sum)];
        }),
      ]),
      ...as.flatMap((pointer) => move(pointer, 4)),
      ...bs.flatMap((pointer) => move(pointer, PANEL_BYTES)),
    ];
    return [
      ...[...get(A), ...set(a0)],
      ...(rows > 1 ? [...get(A), ...get(A_STRIDE), ...times(2), ADD, ...set(a1)] : []),
      ...(rows > 1 ? [...get(C), ...get(C_STRIDE), ...times(2), ADD, ...set(c1)] : []),
      ...[...get(B), ...get(DEPTH), ...times(6), ADD, ...set(end)],
      ...(panels > 1 ? [...get(end), ...set(b1)] : []),
      ...eachSum((sum) => [...ZERO, ...set(sum)]),
      ...step,
      ...[...get(B), ...get(end), LESS, OP.if, VOID],
      ...[OP.loop, VOID, ...step, ...get(B), ...get(end), LESS, OP.brIf, 0, OP.end],
      OP.end,
      ...eachSum((sum, row, vector) => {
        const c = cs[row] as number;
        const offset = vector * VECTOR_BYTES;
        const scaled = [...get(alpha), ...get(sum), ...F32X4.multiply];
        return [...get(c), ...scaled, ...(adds ? [...get(c), ...load(offset), ...F32X4.add] : []), ...store(offset)];
      }),
      ...(panels > 1 ? [...get(b1), ...set(B)] : []),
      ...move(C, panels * PANEL_BYTES),
      ...[...get(COLUMNS), ...constant(panels * PANEL), SUBTRACT, ...set(COLUMNS)],
    ];
  }
  const tiles = (rows: 1 | 2, panels: 1 | 2) => [
    ...[OP.block, VOID, OP.loop, VOID, ...get(COLUMNS), ...constant(panels * PANEL), LESS, OP.brIf, 1],
    ...[...tile(rows, panels), OP.br, 0, OP.end, OP.end],
  ];
  const hasTwoRows = [...get(ROWS), ...constant(1), GREATER];
  const code = [
    ...[...get(ALPHA), ...SPLAT, ...set(alpha)],
    ...[...get(DEPTH), OP.if, VOID],
    ...[...hasTwoRows, OP.if, VOID, ...tiles(2, 1), OP.else, ...tiles(1, 2), OP.end],
    OP.end,
    ...[...get(COLUMNS), EQUALS_ZERO, OP.if, VOID, ...constant(1), ...hasTwoRows, ADD, OP.return, OP.end],
    ...TYPE.params.flatMap((_, parameter) => get(parameter)),
    ...[OP.call, ...unsigned(rest), OP.end],
  ];
  return concatenate([declare(locals), code]);
}
