/**
 * Matrix products of float32, in which onnxruntime spends half of a run, in tiles that suit V8. They have the bits of
 * onnxruntime's own (MLAS: `MlasSgemmKernelZero` and `MlasSgemmKernelAdd`), because every element is the sum of its products in the
 * order of k, as there.
 *
 * C [rows, columns] = alpha · A [rows, depth] · B [depth, columns], or C += that. B is packed into panels of 16 columns, each of
 * [depth, 16]. A kernel computes the first rows, two at most, and returns how many.
 *
 * MLAS's loop reads the numbers of two k by offsets from the same pointers. V8 sorts its instructions by accumulator, so that each
 * addition waits for the one before. Here the pointers move after each k, which keeps the order. Where V8 checks bounds, as in
 * workerd, an access is compared with the memory's size less its offset: the same few numbers for every k, and known from the first
 * loop, which leaves a multiple of four k to the second. A single row takes two panels at once, so that a number of A serves eight
 * multiplications.
 */
import { isDeepStrictEqual } from 'node:util';
import { OP, VOID } from './body.ts';
import { call, constant, declare, forward, get, set } from './code.ts';
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
/** So many k are taken in a round of the loop. */
const STEPS = 4;
const LANES = 4;
const PANEL_VECTORS = PANEL / LANES;
const NUMBER_BYTES = 4;
const VECTOR_BYTES = NUMBER_BYTES * LANES;
const PANEL_BYTES = NUMBER_BYTES * PANEL;

const [LESS, GREATER] = [0x49, 0x4b] as const;
const [ADD, SUBTRACT, AND, SHIFT_LEFT] = [0x6a, 0x6b, 0x71, 0x74] as const;
const simd = (op: number, ...immediates: readonly number[]) => [0xfd, ...unsigned(op), ...immediates];
const ALIGNMENT = 2; // 4 bytes
const load = (offset: number) => simd(0x00, ALIGNMENT, ...unsigned(offset));
const loadSplat = () => simd(0x09, ALIGNMENT, 0);
const store = (offset: number) => simd(0x0b, ALIGNMENT, ...unsigned(offset));
const storeLane = (lane: number) => simd(0x5a, ALIGNMENT, lane * NUMBER_BYTES, lane);
const ZERO = simd(0x0c, ...Array<number>(VECTOR_BYTES).fill(0));
const SPLAT = simd(0x13);
const F32X4 = { add: simd(0xe4), multiply: simd(0xe6) };
/** @param factor a power of two. */
const times = (factor: number) => [...constant(Math.log2(factor)), SHIFT_LEFT];
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

/** A kernel adds to C if it multiplies 1 by 1 and makes a C of 1 a 2. */
async function addsToC(body: Uint8Array): Promise<boolean> {
  const { numbers, kernels } = await instantiate(moduleOf(TYPE, [body]));
  const [a, b, c] = [0, PANEL, 2 * PANEL];
  numbers.fill(1);
  kernels[0]?.(NUMBER_BYTES * a, NUMBER_BYTES * b, NUMBER_BYTES * c, 1, 1, 1, 1, 1, 1);
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

/** @param adds adds to C. @param rest the kernel that does what tiles leave over; it returns as many rows. */
function kernel(adds: boolean, rest: number): Uint8Array {
  const locals: number[] = [];
  const local = (type: number) => TYPE.params.length + locals.push(type) - 1;
  const vectors = (count: number) => Array.from({ length: count }, () => local(v128));
  const [a0, a1, b1, c1, end] = [local(i32), local(i32), local(i32), local(i32), local(i32)];
  const [alpha, b] = [local(v128), local(v128)];
  const [numbers, sums] = [vectors(2), vectors(8)];
  /** The bytes of a panel of B that are still to come. */
  const left = [...get(end), ...get(B), SUBTRACT];

  /** Sets the sums of a tile of so many rows and, in each, vectors; moves B behind it. */
  function multiply(rows: 1 | 2, width: 1 | 4 | 8): number[] {
    const as = [a0, a1].slice(0, rows);
    const bs = [B, b1].slice(0, Math.ceil(width / PANEL_VECTORS));
    const step = [
      ...as.flatMap((pointer, row) => [...get(pointer), ...loadSplat(), ...set(numbers[row] as number)]),
      ...Array.from({ length: width }, (_, vector) => [
        ...get(bs[Math.floor(vector / PANEL_VECTORS)] as number),
        ...[...load((vector % PANEL_VECTORS) * VECTOR_BYTES), ...set(b)],
        ...as.flatMap((_, row) => {
          const sum = sums[row * width + vector] as number;
          return [...get(sum), ...get(numbers[row] as number), ...get(b), ...F32X4.multiply, ...F32X4.add, ...set(sum)];
        }),
      ]).flat(),
      ...as.flatMap((pointer) => move(pointer, NUMBER_BYTES)),
      ...bs.flatMap((pointer) => move(pointer, PANEL_BYTES)),
    ];
    return [
      ...[...get(A), ...set(a0)],
      ...(rows > 1 ? [...get(A), ...get(A_STRIDE), ...times(NUMBER_BYTES), ADD, ...set(a1)] : []),
      ...[...get(B), ...get(DEPTH), ...times(PANEL_BYTES), ADD, ...set(end)],
      ...(bs.length > 1 ? [...get(end), ...set(b1)] : []),
      ...sums.slice(0, rows * width).flatMap((sum) => [...ZERO, ...set(sum)]),
      // One k a round, until a multiple of STEPS is left, then STEPS.
      ...[OP.loop, VOID, ...step, ...left, ...constant(STEPS * PANEL_BYTES - 1), AND, OP.brIf, 0, OP.end],
      ...[...left, OP.if, VOID],
      ...[OP.loop, VOID, ...Array.from({ length: STEPS }, () => step).flat(), ...left, OP.brIf, 0, OP.end],
      OP.end,
      ...(bs.length > 1 ? [...get(b1), ...set(B)] : []),
    ];
  }
  /** Stores the sums of a tile by `code`, for the address of each row in C. */
  function storeRows(rows: 1 | 2, code: (c: number, row: number) => number[]): number[] {
    if (rows === 1) return code(C, 0);
    return [...get(C), ...get(C_STRIDE), ...times(NUMBER_BYTES), ADD, ...set(c1), ...code(C, 0), ...code(c1, 1)];
  }
  const scaled = (sum: number | undefined) => [...get(alpha), ...get(sum as number), ...F32X4.multiply];

  /** Tiles for as many columns as there are whole ones. */
  function tiles(rows: 1 | 2, width: 4 | 8): number[] {
    const columns = width * LANES;
    return [
      ...[OP.block, VOID, OP.loop, VOID, ...get(COLUMNS), ...constant(columns), LESS, OP.brIf, 1],
      ...multiply(rows, width),
      ...storeRows(rows, (c, row) =>
        Array.from({ length: width }, (_, vector) => {
          const offset = vector * VECTOR_BYTES;
          const sum = [
            ...scaled(sums[row * width + vector]),
            ...(adds ? [...get(c), ...load(offset), ...F32X4.add] : []),
          ];
          return [...get(c), ...sum, ...store(offset)];
        }).flat(),
      ),
      ...[...move(C, NUMBER_BYTES * columns), ...get(COLUMNS), ...constant(columns), SUBTRACT, ...set(COLUMNS)],
      ...[OP.br, 0, OP.end, OP.end],
    ];
  }
  /** One to four columns: the logits of a few labels. */
  function narrow(rows: 1 | 2): number[] {
    return [
      ...multiply(rows, 1),
      ...storeRows(rows, (c, row) => [
        ...[...scaled(sums[row]), ...set(b)],
        ...Array.from({ length: LANES }, (_, lane) => [
          ...[...get(COLUMNS), ...constant(lane), GREATER, OP.if, VOID],
          ...[...get(c), ...get(b), ...storeLane(lane), OP.end],
        ]).flat(),
      ]),
      ...[...constant(0), ...set(COLUMNS)],
    ];
  }
  const hasTwoRows = [...get(ROWS), ...constant(1), GREATER];
  const code = [
    ...[...get(ALPHA), ...SPLAT, ...set(alpha)],
    ...[...get(DEPTH), OP.if, VOID],
    ...[...hasTwoRows, OP.if, VOID, ...tiles(2, 4), OP.else, ...tiles(1, 8), OP.end],
    ...(adds
      ? [] // to C, of which a whole vector could not be read
      : [
          ...[...get(COLUMNS), ...constant(1), SUBTRACT, ...constant(LANES), LESS, OP.if, VOID],
          ...[...hasTwoRows, OP.if, VOID, ...narrow(2), OP.else, ...narrow(1), OP.end, OP.end],
        ]),
    OP.end,
    ...[...get(COLUMNS), OP.i32EqualsZero, OP.if, VOID, ...constant(1), ...hasTwoRows, ADD, OP.return, OP.end],
    ...[...forward(TYPE), ...call(rest), OP.end],
  ];
  return concatenate([declare(locals), code]);
}
