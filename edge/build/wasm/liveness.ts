/**
 * Which locals are live at a place: their value may be read later. https://en.wikipedia.org/wiki/Live-variable_analysis
 * A set of locals is a number with bit n for local n.
 */
import { type Body, type Instruction, type List, OP } from './body.ts';

export type Locals = bigint;

export const NONE: Locals = 0n;
export const only = (local: number): Locals => 1n << BigInt(local);
export const without = (locals: Locals, others: Locals): Locals => locals & ~others;

export function indexesOf(locals: Locals): number[] {
  return [...locals.toString(2)].reverse().flatMap((bit, local) => (bit === '1' ? [local] : []));
}

/** What is live behind a list, and where a branch to each label around it goes; the list's own label is the last. */
export interface Ahead {
  readonly after: Locals;
  readonly labels: readonly Locals[];
}

/** For every list of a function. */
export function livenessOf({ list }: Body): ReadonlyMap<List, Ahead> {
  const found = new Map<List, Ahead>();
  const ahead = { after: NONE, labels: [NONE] };
  found.set(list, ahead);
  liveBefore(list.instructions, ahead, (inner, ofInner) => found.set(inner, ofInner));
  return found;
}

/** @param visit is told of every list within, of one in a loop more than once: what it is told last is right. */
export function liveBefore(
  instructions: readonly Instruction[],
  { after, labels }: Ahead,
  visit: (list: List, ahead: Ahead) => void = () => {},
): Locals {
  const at = (label: number) => labels.at(-1 - label) as Locals;
  let live = after;
  const before = (list: List, label: Locals): Locals => {
    const ahead = { after: live, labels: [...labels, label] };
    visit(list, ahead);
    return liveBefore(list.instructions, ahead, visit);
  };
  for (const { op, index, labels: targets, lists } of instructions.toReversed()) {
    const [first, second] = lists as readonly [List, List?];
    if (op === OP.localGet) live |= only(index);
    else if (op === OP.localSet || op === OP.localTee) live = without(live, only(index));
    else if (op === OP.br) live = at(index);
    else if (op === OP.brIf) live |= at(index);
    else if (op === OP.brTable) live = targets.reduce((all, label) => all | at(label), NONE);
    else if (op === OP.return || op === OP.unreachable) live = NONE;
    else if (op === OP.block) live = before(first, live);
    else if (op === OP.if) live = before(first, live) | (second === undefined ? live : before(second, live));
    else if (op === OP.loop) {
      let start = NONE;
      for (let last: Locals | undefined; last !== start; ) {
        last = start;
        start = before(first, last);
      }
      live = start;
    }
  }
  return live;
}
