/** Writes the code of WebAssembly functions. */
import { OP } from './body.ts';
import { signed, unsigned } from './module.ts';

export const get = (local: number) => [OP.localGet, ...unsigned(local)];
export const set = (local: number) => [OP.localSet, ...unsigned(local)];
export const constant = (value: number) => [OP.i32Const, ...signed(value)];

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
