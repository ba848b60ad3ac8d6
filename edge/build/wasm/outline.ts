/**
 * Moves instructions that hardly ever run to functions of their own, which V8 does not compile until they are called. Whatever is
 * moved, the module does the same: a wrong guess costs a call.
 *
 * The new function gets the locals that its instructions read, and returns those that they wrote and that are read later. If they
 * may leave in more than one way, by branches out of the list, `return` or its end, it also returns which way they took.
 */
import { type Body, type Instruction, type List, OP, VOID } from './body.ts';
import { type Ahead, indexesOf, type Locals, liveBefore, livenessOf, NONE, only } from './liveness.ts';
import { concatenate, type FunctionType, I32, signed, unsigned, type WasmModule } from './module.ts';

/** For lists, where the instructions start that hardly ever run; they are the rest of the list. */
export type ColdParts = ReadonlyMap<List, number>;

/** Ways out of instructions, beside the labels of branches. */
const RETURN = -1;
const END = -2;
/** What a function costs beside its instructions and the call, in bytes. */
const OVERHEAD = 12;

const get = (local: number) => [OP.localGet, ...unsigned(local)];
const set = (local: number) => [OP.localSet, ...unsigned(local)];
const constant = (value: number) => [OP.i32Const, ...signed(value)];

/** The instructions at the end of a list. */
interface Part {
  readonly list: List;
  readonly instructions: readonly Instruction[];
  /** The list and those around it; the innermost is the last. */
  readonly lists: readonly List[];
  readonly ahead: Ahead;
}

/** What a new function takes and returns. Locals are those of the function that calls it. */
interface Signature {
  readonly params: readonly number[];
  /** The types of the values that the part leaves on the operand stack, and of those that it returns from the calling function. */
  readonly results: readonly number[];
  readonly returned: readonly number[];
  /** The ways out of the part; if there are several, the function returns the position of that which it took. */
  readonly ways: readonly number[];
  /** The locals whose new values it returns. */
  readonly back: readonly number[];
}

/** @param functions by their index. @returns the module with more functions. */
export function outline(module: WasmModule, functions: ReadonlyMap<number, Body>, cold: ColdParts): WasmModule {
  const types = [...module.types];
  const typeIndexes = new Map(types.map((type, index) => [JSON.stringify(type), index]));
  const indexOf = (type: FunctionType): number => {
    const key = JSON.stringify(type);
    const index = typeIndexes.get(key) ?? types.push(type) - 1;
    typeIndexes.set(key, index);
    return index;
  };
  const indexes = [...module.functions];
  const bodies = [...module.bodies];
  for (const [index, body] of functions) {
    bodies[index - module.importedFunctions] = withoutCold(body, cold, indexes.length, (type, bytes) => {
      indexes.push(indexOf(type));
      bodies.push(bytes);
    });
  }
  return { ...module, types, functions: indexes, bodies };
}

/** @param next the index of the first function that is added. @returns what is left of the body. */
function withoutCold(
  body: Body,
  cold: ColdParts,
  next: number,
  add: (type: FunctionType, bytes: Uint8Array) => void,
): Uint8Array {
  const aheads = livenessOf(body);
  const locals = [...body.locals];
  const left: ArrayLike<number>[] = [];
  let done = body.code;
  let index = next;

  function visit(list: List, around: readonly List[]): void {
    const lists = [...around, list];
    const visitIn = (instructions: readonly Instruction[]) => {
      for (const instruction of instructions) for (const inner of instruction.lists) visit(inner, lists);
    };
    const start = cold.get(list) ?? list.instructions.length;
    // A function cannot take the values of an expression that has begun: the expression stays.
    const first = list.instructions.findIndex(({ height }, at) => at >= start && height === 0);
    visitIn(list.instructions.slice(0, first < 0 ? undefined : first));
    if (first < 0) return;
    const part = { list, instructions: list.instructions.slice(first), lists, ahead: aheads.get(list) as Ahead };
    if (!move(part)) visitIn(part.instructions);
  }

  function move(part: Part): boolean {
    const { from } = part.instructions[0] as Instruction;
    const { to } = part.list;
    const signature = signatureOf(part, body.type);
    if (signature === undefined) return false;
    const added: number[] = [];
    const call = callOf(index, signature, (type) => locals.length + added.push(type) - 1);
    if (call.length + OVERHEAD > to - from) return false;
    locals.push(...added);
    left.push(body.bytes.subarray(done, from), call);
    done = to;
    add(...functionOf(part, signature, body));
    index++;
    return true;
  }
  visit(body.list, []);
  return concatenate([declare(locals.slice(body.type.params.length)), ...left, body.bytes.subarray(done)]);
}

/** Where a branch to a label leads, if the label is outside the part. */
function wayTo({ list, lists }: Part, label: number): number {
  if (label === lists.length - 1) return RETURN;
  return label === 0 && list.parent !== OP.loop ? END : label;
}

/** @returns undefined when a branch out of the part carries values. */
function signatureOf(part: Part, { results: returned }: FunctionType): Signature | undefined {
  const { list, lists, instructions, ahead } = part;
  const ways = new Set<number>();
  let read = list.isEndReached ? ahead.after : NONE;
  let written = NONE;
  for (const { instruction, depth } of all(instructions)) {
    const { op, index, labels } = instruction;
    if (op === OP.localSet || op === OP.localTee) written |= only(index);
    if (op === OP.return) ways.add(RETURN);
    for (const label of op === OP.br || op === OP.brIf ? [index, ...labels] : labels) {
      if (label < depth) continue;
      const target = lists.at(depth - label - 1) as List;
      if (target.parent !== OP.loop && target.results.length > 0) return;
      ways.add(wayTo(part, label - depth));
      read |= ahead.labels.at(depth - label - 1) as Locals;
    }
  }
  if (list.isEndReached) ways.add(END);
  return {
    params: indexesOf(
      liveBefore(instructions, { after: ahead.after & written, labels: ahead.labels.map((live) => live & written) }),
    ),
    results: list.isEndReached ? list.results : [],
    returned: ways.has(RETURN) ? returned : [],
    ways: [...ways].sort((a, b) => b - a), // the end is the last, which needs no branch
    back: indexesOf(read & written),
  };
}

/** What takes the part's place. @param newLocal makes a local of a type in the function that calls. */
function callOf(index: number, signature: Signature, newLocal: (type: number) => number): number[] {
  const { params, returned, ways, back } = signature;
  const values = returned.map(newLocal);
  const which = ways.length > 1 ? newLocal(I32) : undefined;
  const leave = (way: number | undefined) => {
    if (way === undefined) return [OP.unreachable];
    if (way === END) return [];
    return way === RETURN ? [...values.flatMap(get), OP.return] : [OP.br, ...unsigned(way)];
  };
  return [
    ...params.flatMap(get),
    ...[OP.call, ...unsigned(index)],
    ...back.toReversed().flatMap(set),
    ...(which === undefined ? [] : set(which)),
    ...values.toReversed().flatMap(set),
    ...ways.slice(0, -1).flatMap((way, at) => {
      const isTaken = [...get(which as number), ...constant(at), OP.i32Equal];
      if (way === RETURN) return [...isTaken, OP.if, VOID, ...leave(way), OP.end];
      return [...isTaken, OP.brIf, ...unsigned(way)];
    }),
    ...leave(ways.at(-1)),
  ];
}

/** A block for each way out surrounds the part's instructions. */
function functionOf(
  part: Part,
  signature: Signature,
  { bytes, locals }: Body,
): [type: FunctionType, bytes: Uint8Array] {
  const { params, results, returned, ways, back } = signature;
  const own = new Map(params.map((local, at) => [local, at]));
  const added: number[] = [];
  const newLocal = (type: number) => params.length + added.push(type) - 1;
  const typeOf = (local: number) => locals[local] as number;
  const ownOf = (local: number): number => {
    const found = own.get(local) ?? newLocal(typeOf(local));
    own.set(local, found);
    return found;
  };
  const blanks = results.map(newLocal); // where a way out has no results
  const values = returned.map(newLocal);

  const rewrite = (instructions: readonly Instruction[], depth: number): number[] =>
    instructions.flatMap((instruction) => {
      const { op, from, to, index, labels, lists } = instruction;
      const branch = (label: number) =>
        unsigned(label < depth ? label : depth + ways.indexOf(wayTo(part, label - depth)));
      if (op === OP.localGet || op === OP.localSet || op === OP.localTee) return [op, ...unsigned(ownOf(index))];
      if (op === OP.br || op === OP.brIf) return [op, ...branch(index)];
      if (op === OP.brTable) return [op, ...unsigned(labels.length - 1), ...labels.flatMap(branch)];
      if (op === OP.return) {
        return [...values.toReversed().flatMap(set), OP.br, ...unsigned(depth + ways.indexOf(RETURN))];
      }
      const start = bytes.subarray(from, to);
      if (lists.length === 0) return [...start];
      const [first, second] = lists.map((list) => rewrite(list.instructions, depth + 1)) as [number[], number[]?];
      return [...start, ...first, ...(second ? [OP.else, ...second] : []), OP.end];
    });
  const leave = (way: number) => [
    ...values.flatMap(get),
    ...(ways.length > 1 ? constant(ways.indexOf(way)) : []),
    ...back.flatMap((local) => get(ownOf(local))),
    OP.return,
  ];
  const code = [
    ...ways.flatMap(() => [OP.block, VOID]),
    ...rewrite(part.instructions, 0),
    ...(part.list.isEndReached ? leave(END) : []),
    ...ways.flatMap((way) => [OP.end, ...blanks.flatMap(get), ...leave(way)]),
    OP.end,
  ];
  const type = {
    params: params.map(typeOf),
    results: [...results, ...returned, ...(ways.length > 1 ? [I32] : []), ...back.map(typeOf)],
  };
  return [type, concatenate([declare(added), code])];
}

/** Every instruction, and how many of the part's lists surround it. */
function* all(instructions: readonly Instruction[], depth = 0): Generator<{ instruction: Instruction; depth: number }> {
  for (const instruction of instructions) {
    yield { instruction, depth };
    for (const { instructions: inner } of instruction.lists) yield* all(inner, depth + 1);
  }
}

/** A declaration of locals, in groups of one type. */
function declare(types: readonly number[]): number[] {
  const groups: { count: number; type: number }[] = [];
  for (const type of types) {
    const last = groups.at(-1);
    if (last?.type === type) last.count++;
    else groups.push({ count: 1, type });
  }
  return [...unsigned(groups.length), ...groups.flatMap(({ count, type }) => [...unsigned(count), type])];
}
