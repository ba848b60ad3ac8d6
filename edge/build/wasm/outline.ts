/**
 * Moves instructions to functions of their own, which V8 does not compile until they are called. Whatever is moved, the module does
 * the same: a wrong guess costs a call. Compilers call it outlining, the opposite of inlining.
 *
 * The new function gets the locals that its instructions read, and returns those that they wrote and that are read later. Instructions
 * can be left by their end, by `return` and by branches. If there are several such exits, the function also returns which one it took.
 */
import { type Body, type Instruction, isLocal, OP, type Sequence, VOID, walk } from './body.ts';
import { call, constant, declare, get, set } from './code.ts';
import { indexesOf, type LiveOut, type Locals, liveBefore, livenessOf, NONE, only } from './liveness.ts';
import { concatenate, type FunctionType, typeIndexes, unsigned, VALUE, type WasmModule } from './module.ts';

/** For sequences, the index of the first cold instruction; all that follow are cold too. */
export type ColdParts = ReadonlyMap<Sequence, number>;

/** Exits besides branches, which have the label's number. */
const RETURN = -1;
const END = -2;
/** The bytes that a new function takes beside its instructions and the call. */
const OVERHEAD = 12;

/** The instructions at the end of a sequence. */
interface Region {
  readonly sequence: Sequence;
  readonly instructions: readonly Instruction[];
  /** The sequences that labels name, label 0 last, which is this one. */
  readonly labels: readonly Sequence[];
  readonly liveOut: LiveOut;
}

/** The parameters and results of a new function. Locals are those of the function that calls it. */
interface Signature {
  readonly params: readonly number[];
  /** The types of the values that the region leaves on the operand stack. */
  readonly results: readonly number[];
  /** The types of the values of its `return`. */
  readonly returned: readonly number[];
  /** The region's exits, of which the function returns the index if there are several. */
  readonly exits: readonly number[];
  readonly writtenBack: readonly number[];
}

/** @param functions by their index. @returns the module with more functions at its end. */
export function outline(module: WasmModule, functions: ReadonlyMap<number, Body>, cold: ColdParts): WasmModule {
  const types = [...module.types];
  const typeIndexOf = typeIndexes(types);
  const typesOf = [...module.functions];
  const bodies = [...module.bodies];
  for (const [index, body] of functions) {
    bodies[index - module.importedFunctions] = outlineBody(body, cold, typesOf.length, (type, bytes) => {
      typesOf.push(typeIndexOf(type));
      bodies.push(bytes);
    });
  }
  return { ...module, types, functions: typesOf, bodies };
}

/** @param next the index of the first function that is added. @returns what remains of the body. */
function outlineBody(
  body: Body,
  cold: ColdParts,
  next: number,
  add: (type: FunctionType, bytes: Uint8Array) => void,
): Uint8Array {
  const liveness = livenessOf(body);
  const locals = [...body.locals];
  const kept: ArrayLike<number>[] = [];
  let done = body.code;
  let index = next;

  function visit(sequence: Sequence, around: readonly Sequence[]): void {
    const labels = [...around, sequence];
    const visitIn = (instructions: readonly Instruction[]) => {
      for (const instruction of instructions) for (const inner of instruction.sequences) visit(inner, labels);
    };
    const start = cold.get(sequence) ?? sequence.instructions.length;
    // A function cannot take the values of an expression that has begun: the expression stays.
    const first = sequence.instructions.findIndex(({ height }, at) => at >= start && height === 0);
    visitIn(sequence.instructions.slice(0, first < 0 ? undefined : first));
    if (first < 0) return;
    const instructions = sequence.instructions.slice(first);
    const region = { sequence, instructions, labels, liveOut: liveness.get(sequence) as LiveOut };
    if (!move(region)) visitIn(instructions);
  }

  function move(region: Region): boolean {
    const { from } = region.instructions[0] as Instruction;
    const { to } = region.sequence;
    const signature = signatureOf(region, body.type);
    if (signature === undefined) return false;
    const added: number[] = [];
    const call = callOf(index, signature, (type) => locals.length + added.push(type) - 1);
    if (call.length + OVERHEAD > to - from) return false;
    locals.push(...added);
    kept.push(body.bytes.subarray(done, from), call);
    done = to;
    add(...functionOf(region, signature, body));
    index++;
    return true;
  }
  visit(body.sequence, []);
  return concatenate([declare(locals.slice(body.type.params.length)), ...kept, body.bytes.subarray(done)]);
}

/** The exit that a branch takes to a label outside the region. */
function exitTo({ sequence }: Region, label: number): number {
  const isEnd = label === 0 && sequence.parent !== OP.loop;
  return isEnd ? END : label;
}

/** @returns undefined when a branch out of the region carries values. */
function signatureOf(region: Region, { results: returned }: FunctionType): Signature | undefined {
  const { sequence, labels, instructions, liveOut } = region;
  const exits = new Set<number>();
  let readLater = sequence.isEndReached ? liveOut.atEnd : NONE;
  let written = NONE;
  for (const { instruction, depth } of walk(instructions)) {
    const { op, local } = instruction;
    if (op === OP.localSet || op === OP.localTee) written |= only(local);
    if (op === OP.return) exits.add(RETURN);
    for (const label of instruction.labels) {
      if (label < depth) continue;
      const target = labels.at(depth - label - 1) as Sequence;
      if (target.parent !== OP.loop && target.results.length > 0) return;
      exits.add(exitTo(region, label - depth));
      readLater |= liveOut.atLabels.at(depth - label - 1) as Locals;
    }
  }
  if (sequence.isEndReached) exits.add(END);
  const { atEnd, atLabels } = liveOut;
  return {
    // A local that is written on one way only has to come in, to go out on the other ways.
    params: indexesOf(
      liveBefore(instructions, { atEnd: atEnd & written, atLabels: atLabels.map((live) => live & written) }),
    ),
    results: sequence.isEndReached ? sequence.results : [],
    returned: exits.has(RETURN) ? returned : [],
    exits: [...exits].sort((a, b) => b - a), // the end comes last, because it needs no branch
    writtenBack: indexesOf(readLater & written),
  };
}

/** The instructions in the region's place: they call the new function, and go on as it says. @param newLocal makes a local of a type in the function that calls. */
function callOf(index: number, signature: Signature, newLocal: (type: number) => number): number[] {
  const { params, returned, exits, writtenBack } = signature;
  const values = returned.map(newLocal);
  const taken = exits.length > 1 ? newLocal(VALUE.i32) : undefined;
  const jump = (exit: number | undefined) => {
    if (exit === undefined) return [OP.unreachable];
    if (exit === END) return [];
    return exit === RETURN ? [...values.flatMap(get), OP.return] : [OP.br, ...unsigned(exit)];
  };
  return [
    ...params.flatMap(get),
    ...call(index),
    ...writtenBack.toReversed().flatMap(set),
    ...(taken === undefined ? [] : set(taken)),
    ...values.toReversed().flatMap(set),
    ...exits.slice(0, -1).flatMap((exit, at) => {
      const isTaken = [...get(taken as number), ...constant(at), OP.i32Equal];
      if (exit === RETURN) return [...isTaken, OP.if, VOID, ...jump(exit), OP.end];
      return [...isTaken, OP.brIf, ...unsigned(exit)];
    }),
    ...jump(exits.at(-1)),
  ];
}

/** A block for each exit surrounds the region's instructions. */
function functionOf(region: Region, signature: Signature, { bytes, locals }: Body): [FunctionType, Uint8Array] {
  const { params, results, returned, exits, writtenBack } = signature;
  const own = new Map(params.map((local, at) => [local, at]));
  const added: number[] = [];
  const newLocal = (type: number) => params.length + added.push(type) - 1;
  const typeOf = (local: number) => locals[local] as number;
  const ownOf = (local: number): number => {
    const found = own.get(local) ?? newLocal(typeOf(local));
    own.set(local, found);
    return found;
  };
  const placeholders = results.map(newLocal); // returned by the exits that have no results
  const values = returned.map(newLocal);

  const rewrite = (instructions: readonly Instruction[], depth: number): number[] =>
    instructions.flatMap((instruction) => {
      const { op, from, to, local, labels, sequences } = instruction;
      const [first, second] = sequences.map(({ instructions }) => rewrite(instructions, depth + 1));
      const branches = labels.flatMap((label) =>
        unsigned(label < depth ? label : depth + exits.indexOf(exitTo(region, label - depth))),
      );
      if (isLocal(op)) return [op, ...unsigned(ownOf(local))];
      if (op === OP.br || op === OP.brIf) return [op, ...branches];
      if (op === OP.brTable) return [op, ...unsigned(labels.length - 1), ...branches];
      if (op === OP.return) {
        return [...values.toReversed().flatMap(set), OP.br, ...unsigned(depth + exits.indexOf(RETURN))];
      }
      const head = bytes.subarray(from, to);
      if (first === undefined) return [...head];
      return [...head, ...first, ...(second === undefined ? [] : [OP.else, ...second]), OP.end];
    });
  const returnBy = (exit: number) => [
    ...values.flatMap(get),
    ...(exits.length > 1 ? constant(exits.indexOf(exit)) : []),
    ...writtenBack.flatMap((local) => get(ownOf(local))),
    OP.return,
  ];
  const code = [
    ...exits.flatMap(() => [OP.block, VOID]),
    ...rewrite(region.instructions, 0),
    ...(region.sequence.isEndReached ? returnBy(END) : []),
    ...exits.flatMap((exit) => [OP.end, ...placeholders.flatMap(get), ...returnBy(exit)]),
    OP.end,
  ];
  const type = {
    params: params.map(typeOf),
    results: [...results, ...returned, ...(exits.length > 1 ? [VALUE.i32] : []), ...writtenBack.map(typeOf)],
  };
  return [type, concatenate([declare(added), code])];
}
