/**
 * Fills a module's table of functions lazily. V8 would fill it whenever it makes an instance, which takes longer than most runs, and
 * a run reads about a hundred of its 22,266 entries.
 *
 * Hot functions are those that runs call. In them, `call_indirect` becomes the call of a function that is made here: it knows which
 * functions are in the entries that runs read, and fills the table for any other entry. All other functions are entered from hot ones,
 * from outside or through the table. So each that a hot one calls, or that is exported, begins with filling the table. Whatever
 * functions and entries are chosen, the module does the same.
 *
 * JavaScript reads the table too. Where it finds an empty entry, it calls the export `fillTable` (`edge/build/glue.ts`).
 */
import { type Body, OP, parseBody, startOfCode, VOID, walk } from './body.ts';
import { call, constant, forward, get, VARIABLE } from './code.ts';
import {
  concatenate,
  exportOf,
  type FunctionType,
  itemsOf,
  KIND,
  Reader,
  readItems,
  SECTION,
  typeIndexes,
  unsigned,
  unsupported,
  VALUE,
  type WasmModule,
  withItems,
} from './module.ts';
import { findFunctions, type Use } from './probes.ts';

const TABLE_INIT = [0xfc, 0x0c];
/** Kinds of segments: one for the first table, and one for `table.init`, of functions. */
const ACTIVE = 0;
const PASSIVE = [1, 0];

/** @returns the indexes of the entries that a use reads. */
export async function findEntries(module: WasmModule, use: Use): Promise<ReadonlySet<number>> {
  const table = readTable(module);
  // In a copy, each entry has a function of its own.
  const typesOf = table.map(([, callee]) => module.functions[callee] as number);
  const bodies = table.map(([, callee], at) => {
    const type = module.types[typesOf[at] as number] as FunctionType;
    return Uint8Array.from([0, ...forward(type), ...call(callee), OP.end]);
  });
  const copy = { ...module, functions: [...module.functions, ...typesOf], bodies: [...module.bodies, ...bodies] };
  const segment = [
    ACTIVE,
    ...constant(firstOf(table)),
    OP.end,
    ...list(bodies.map((_, at) => module.functions.length + at)),
  ];
  const run = await findFunctions(withSegments(copy, [segment]), use);
  return new Set(table.flatMap(([entry], at) => (run.has(module.functions.length + at) ? [entry] : [])));
}

/**
 * @param hot indexes of functions that are not imported.
 * @param entries that hot functions find without the table; few, because a call looks for its own among them one by one.
 */
export function withLazyTable(module: WasmModule, hot: ReadonlySet<number>, entries: ReadonlySet<number>): WasmModule {
  const table = readTable(module);
  const found = table.filter(([entry]) => entries.has(entry));
  const types = [...module.types];
  const typeIndexOf = typeIndexes(types);
  const functions = [...module.functions];
  const bodies = [...module.bodies];
  const add = (type: FunctionType, body: readonly number[]): number => {
    bodies.push(Uint8Array.from(body));
    return functions.push(typeIndexOf(type)) - 1;
  };

  const isFilled = module.globals;
  const fill = add({ params: [], results: [] }, [
    ...[0, OP.globalGet, ...unsigned(isFilled), OP.i32EqualsZero, OP.if, VOID],
    ...[...constant(1), OP.globalSet, ...unsigned(isFilled)],
    ...[...constant(firstOf(table)), ...constant(0), ...constant(table.length), ...TABLE_INIT, 0, 0],
    ...[OP.end, OP.end],
  ]);

  const dispatchers = new Map<number, number>();
  /** The function in the place of `call_indirect` with this type. Its last parameter is the index of the entry. */
  function dispatcherOf(typeIndex: number): number {
    const dispatcher = dispatchers.get(typeIndex) ?? addDispatcher(typeIndex);
    dispatchers.set(typeIndex, dispatcher);
    return dispatcher;
  }
  function addDispatcher(typeIndex: number): number {
    const type = types[typeIndex] as FunctionType;
    const entry = get(type.params.length);
    const isOfType = (callee: number) =>
      typeIndexOf(types[functions[callee] as number] as FunctionType) === typeIndexOf(type);
    const calls = found.flatMap(([index, callee]) =>
      isOfType(callee)
        ? [...entry, ...constant(index), OP.i32Equal, OP.if, VOID, ...forward(type), ...call(callee), OP.return, OP.end]
        : [],
    );
    const other = [...call(fill), ...forward(type), ...entry, OP.callIndirect, ...unsigned(typeIndex), 0, OP.end];
    return add({ ...type, params: [...type.params, VALUE.i32] }, [0, ...calls, ...other]);
  }

  const entered = new Set([...enteredFromOutside(module), ...found.map(([, callee]) => callee)]);
  for (const index of hot) {
    const body = parseBody(module, index);
    for (const callee of calledBy(body)) entered.add(callee);
    bodies[index - module.importedFunctions] = withDispatchers(body, dispatcherOf);
  }
  for (const index of entered) {
    if (index < module.importedFunctions || hot.has(index)) continue;
    const body = bodies[index - module.importedFunctions] as Uint8Array;
    const start = startOfCode(body);
    bodies[index - module.importedFunctions] = concatenate([body.subarray(0, start), call(fill), body.subarray(start)]);
  }

  const lazy = withSegments({ ...module, types, functions, bodies }, [
    [...PASSIVE, ...list(table.map(([, callee]) => callee))],
    ...found.map(([entry, callee]) => [ACTIVE, ...constant(entry), OP.end, ...list([callee])]),
  ]);
  const withFlag = withItems(lazy, SECTION.globals, [VARIABLE]);
  return withItems(withFlag, SECTION.exports, [exportOf('fillTable', KIND.function, fill)]);
}

function calledBy({ bytes, sequence }: Body): number[] {
  return [...walk(sequence.instructions)].flatMap(({ instruction: { op, from } }) =>
    op === OP.call ? [new Reader(bytes, from + 1).unsigned()] : [],
  );
}

function withDispatchers({ bytes, sequence }: Body, dispatcherOf: (type: number) => number): Uint8Array {
  const kept: ArrayLike<number>[] = [];
  let done = 0;
  for (const { instruction } of walk(sequence.instructions)) {
    const { op, from, to } = instruction;
    if (op !== OP.callIndirect) continue;
    const immediates = new Reader(bytes, from + 1);
    kept.push(bytes.subarray(done, from), call(dispatcherOf(immediates.unsigned())));
    if (immediates.unsigned() !== 0) throw unsupported('there is a second table');
    done = to;
  }
  return concatenate([...kept, bytes.subarray(done)]);
}

const list = (indexes: readonly number[]) => [...itemsOf(indexes.map(unsigned))];

/** An entry's index and its function. */
type Entry = readonly [index: number, callee: number];

function firstOf([first]: readonly Entry[]): number {
  return first?.[0] ?? 0;
}

function withSegments(module: WasmModule, segments: readonly number[][]): WasmModule {
  const contents = itemsOf(segments);
  const sections = module.sections.map((one) => (one.id === SECTION.elements ? { ...one, contents } : one));
  return { ...module, sections };
}

/** @throws Error unless the table is filled by one segment. */
function readTable({ sections }: WasmModule): readonly Entry[] {
  const [segment, ...others] = readItems(sections, SECTION.elements, (items) => {
    if (items.unsigned() !== ACTIVE) throw unsupported('the table has a segment of another kind');
    if (items.byte() !== OP.i32Const) throw unsupported('the table begins at an index that is not a constant');
    const first = items.unsigned();
    if (items.byte() !== OP.end) throw unsupported('the table begins at an index that is computed');
    return items.list(() => items.unsigned()).map((callee, at) => [first + at, callee] as const);
  });
  if (segment === undefined || others.length > 0) throw unsupported('the table is not filled by one segment');
  return segment;
}

/** The exported functions, and the one that starts the module, if there is one. */
function enteredFromOutside({ sections }: WasmModule): number[] {
  const exports = readItems(sections, SECTION.exports, (items) => {
    items.sized(); // its name
    return { kind: items.byte(), index: items.unsigned() };
  });
  const start = sections.flatMap(({ id, contents }) => (id === SECTION.start ? [new Reader(contents).unsigned()] : []));
  return [...start, ...exports.flatMap(({ kind, index }) => (kind === KIND.function ? [index] : []))];
}
