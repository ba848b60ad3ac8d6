/** Writes the code of WebAssembly functions. */
import { OP } from './body.ts';
import { type FunctionType, signed, unsigned, VALUE } from './module.ts';

export const get = (local: number) => [OP.localGet, ...unsigned(local)];
export const set = (local: number) => [OP.localSet, ...unsigned(local)];
export const constant = (value: number) => [OP.i32Const, ...signed(value)];
export const call = (index: number) => [OP.call, ...unsigned(index)];
/** All parameters of the function that runs, for a call of another with this type. */
export const forward = ({ params }: FunctionType) => params.flatMap((_, parameter) => get(parameter));

/** An item of the section of globals: an i32 that can change, and is 0 at first. */
export const VARIABLE = [VALUE.i32, 1, ...constant(0), OP.end];

/** A declaration of locals, in groups of one type. */
export function declare(types: readonly number[]): number[] {
  const groups: { count: number; type: number }[] = [];
  for (const type of types) {
    const last = groups.at(-1);
    if (last?.type === type) last.count++;
    else groups.push({ count: 1, type });
  }
  return [...unsigned(groups.length), ...groups.flatMap(({ count, type }) => [...unsigned(count), type])];
}
