/**
 * Which locals are live at a place: their value may be read later. https://en.wikipedia.org/wiki/Live-variable_analysis
 * A set of locals is a number with bit n for local n.
 */
import { type Body, type Instruction, OP, type Sequence } from './body.ts';

export type Locals = bigint;

export const NONE: Locals = 0n;
export const only = (local: number): Locals => 1n << BigInt(local);

export function indexesOf(locals: Locals): number[] {
  return [...locals.toString(2)].reverse().flatMap((bit, local) => (bit === '1' ? [local] : []));
}

/** The locals that are live where a sequence is left. */
export interface LiveOut {
  readonly atEnd: Locals;
  /** For each label, those that are live where a branch to it leads. Label 0 is the last. */
  readonly atLabels: readonly Locals[];
}

/** For every sequence of a function. */
export function livenessOf({ sequence }: Body): ReadonlyMap<Sequence, LiveOut> {
  const found = new Map<Sequence, LiveOut>();
  const liveOut = { atEnd: NONE, atLabels: [NONE] };
  found.set(sequence, liveOut);
  liveBefore(sequence.instructions, liveOut, (inner, ofInner) => found.set(inner, ofInner));
  return found;
}

/** @param visit is called for every sequence within, in a loop more than once: the last call is right. */
export function liveBefore(
  instructions: readonly Instruction[],
  { atEnd, atLabels }: LiveOut,
  visit: (sequence: Sequence, liveOut: LiveOut) => void = () => {},
): Locals {
  let live = atEnd;
  const before = (sequence: Sequence, atLabel: Locals): Locals => {
    const liveOut = { atEnd: live, atLabels: [...atLabels, atLabel] };
    visit(sequence, liveOut);
    return liveBefore(sequence.instructions, liveOut, visit);
  };
  for (const { op, local, labels, sequences } of instructions.toReversed()) {
    const [first, second] = sequences as readonly [Sequence, Sequence?];
    const branched = labels.reduce((all, label) => all | (atLabels.at(-1 - label) as Locals), NONE);
    if (op === OP.localGet) live |= only(local);
    else if (op === OP.localSet || op === OP.localTee) live &= ~only(local);
    else if (op === OP.brIf) live |= branched;
    else if (op === OP.br || op === OP.brTable || op === OP.return || op === OP.unreachable) live = branched;
    else if (op === OP.block) live = before(first, live);
    else if (op === OP.if) live = before(first, live) | (second === undefined ? live : before(second, live));
    else if (op === OP.loop) {
      let atStart = NONE;
      for (let last: Locals | undefined; last !== atStart; ) {
        last = atStart;
        atStart = before(first, last);
      }
      live = atStart;
    }
  }
  return live;
}
