/**
 * Writes loops over vectors in a way that V8 compiles to less. The results are the same:
 *
 * - A constant in a loop is put together in every round, by several instructions. As a local it stays in a register or on the stack.
 * - `f32x4.max` and `f32x4.min` are eight instructions each, because of NaN and of the signs of zeros. With a constant that is
 *   neither, `f32x4.pmax` and `f32x4.pmin` do the same by one: a NaN is not less than anything, and stays.
 */
import { type Body, type Instruction, OP, parseBody } from './body.ts';
import { declare, get, set } from './code.ts';
import { concatenate, VALUE, type WasmModule } from './module.ts';

const [V128_CONST, F32X4_MIN, F32X4_MAX] = [0xfd00c, 0xfd0e8, 0xfd0e9];
const F32_CONST = 0x43;
const SPLAT = [0xfd, 0x13];
const PSEUDO = new Map([
  [F32X4_MIN, [0xfd, 0xea, 0x01]],
  [F32X4_MAX, [0xfd, 0xeb, 0x01]],
]);

/** @param indexes of the functions to change. */
export function withFastVectors(module: WasmModule, indexes: Iterable<number>): WasmModule {
  const bodies = [...module.bodies];
  for (const index of indexes) bodies[index - module.importedFunctions] = rewrite(parseBody(module, index));
  return { ...module, bodies };
}

function rewrite({ type, bytes, locals, code, sequence }: Body): Uint8Array {
  /** The four bytes of each constant, in the order of the new locals, which come last. */
  const constants = new Map<string, Uint8Array>();
  const kept: ArrayLike<number>[] = [];
  let done = code;
  const replace = ({ from, to }: Instruction, by: readonly number[]) => {
    kept.push(bytes.subarray(done, from), by);
    done = to;
  };
  for (const [instruction, next] of inLoops(sequence.instructions)) {
    const lane =
      instruction.op === V128_CONST ? splatted(bytes.subarray(instruction.to - 16, instruction.to)) : undefined;
    if (lane === undefined) continue;
    constants.set(`${lane}`, lane);
    replace(instruction, get(locals.length + [...constants.keys()].indexOf(`${lane}`)));
    const pseudo = PSEUDO.get(next?.op ?? 0);
    if (next !== undefined && pseudo !== undefined && isNumberOtherThanZero(lane)) replace(next, pseudo);
  }
  if (constants.size === 0) return bytes;
  const added = [...constants.values()];
  return concatenate([
    declare([...locals.slice(type.params.length), ...added.map(() => VALUE.v128)]),
    added.flatMap((lane, at) => [F32_CONST, ...lane, ...SPLAT, ...set(locals.length + at)]),
    ...kept,
    bytes.subarray(done),
  ]);
}

/** The instructions within loops, each with the one that follows it in its sequence. */
function* inLoops(
  instructions: readonly Instruction[],
  isInLoop = false,
): Generator<[Instruction, Instruction | undefined]> {
  for (const [at, instruction] of instructions.entries()) {
    if (isInLoop) yield [instruction, instructions[at + 1]];
    for (const inner of instruction.sequences) {
      yield* inLoops(inner.instructions, isInLoop || instruction.op === OP.loop);
    }
  }
}

/** @returns the bytes of one lane, if all four are the same. */
function splatted(vector: Uint8Array): Uint8Array | undefined {
  return vector.every((byte, at) => byte === vector[at % 4]) ? vector.subarray(0, 4) : undefined;
}

function isNumberOtherThanZero(lane: Uint8Array): boolean {
  const value = new DataView(lane.buffer, lane.byteOffset).getFloat32(0, true);
  return value !== 0 && !Number.isNaN(value);
}
