/**
 * Fills a module's table of functions when it is first needed. V8 would fill it whenever it makes an instance, which takes longer
 * than most runs, and a run needs some hundred of its 22,266 places.
 *
 * Hot functions are those that runs call. In them, `call_indirect` becomes the call of a function that is made here: it knows which
 * functions are in the places that runs read, and fills the table for any other place. All other functions are entered from hot ones,
 * by an export or through the table. So each that a hot one calls, or that is exported, begins with filling the table. Whatever
 * functions and places are chosen, the module does the same.
 *
 * JavaScript reads the table too. Where it finds an empty place, it calls the export `fillTable` (`edge/build/glue.ts`).
 */
import { isDeepStrictEqual } from 'node:util';
import { type Body, OP, parseBody, startOfCode, VOID, walk } from './body.ts';
import { constant, get } from './code.ts';
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

/** @returns the places in the table that a use reads. */
export async function findPlaces(module: WasmModule, use: Use): Promise<ReadonlySet<number>> {
  const table = readTable(module);
  const entries = [...table];
  // In a copy, each place has a function of its own.
  const forwarding = entries.map(([, index]) => {
    const { params } = module.types[module.functions[index] as number] as FunctionType;
    return Uint8Array.from([0, ...params.flatMap((_, parameter) => get(parameter)), ...call(index), OP.end]);
  });
  const copy = withTable(
    {
      ...module,
      functions: [...module.functions, ...entries.map(([, index]) => module.functions[index] as number)],
      bodies: [...module.bodies, ...forwarding],
    },
    [[ACTIVE, ...constant(firstOf(table)), OP.end, ...indexes(entries.map((_, at) => module.functions.length + at))]],
  );
  const run = await findFunctions(copy, use);
  return new Set(entries.flatMap(([place], at) => (run.has(module.functions.length + at) ? [place] : [])));
}

/**
 * @param hot indexes of functions that are not imported.
 * @param places that hot functions find without the table; few, because their functions are looked for one after the other.
 */
export function withLateTable(module: WasmModule, hot: ReadonlySet<number>, places: ReadonlySet<number>): WasmModule {
  const table = readTable(module);
  const found = [...table].filter(([place]) => places.has(place));
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
    ...[...constant(firstOf(table)), ...constant(0), ...constant(table.size), ...TABLE_INIT, 0, 0],
    ...[OP.end, OP.end],
  ]);

  /** The functions in the place of `call_indirect`, by its type: they take the place in the table as their last parameter. */
  const dispatchers = new Map<number, number>();
  function dispatcherOf(typeIndex: number): number {
    const type = types[typeIndex] as FunctionType;
    const forward = type.params.flatMap((_, parameter) => get(parameter));
    const place = get(type.params.length);
    const isOfType = (index: number) => isDeepStrictEqual(types[functions[index] as number], type);
    const calls = found.flatMap(([at, index]) =>
      isOfType(index)
        ? [...place, ...constant(at), OP.i32Equal, OP.if, VOID, ...forward, ...call(index), OP.return, OP.end]
        : [],
    );
    return add({ ...type, params: [...type.params, VALUE.i32] }, [
      ...[0, ...calls, ...call(fill)],
      ...[...forward, ...place, OP.callIndirect, ...unsigned(typeIndex), 0, OP.end],
    ]);
  }

  const entered = new Set([...exportedFunctions(module), ...found.map(([, index]) => index)]);
  for (const index of hot) {
    const body = parseBody(module, index);
    for (const called of calledBy(body)) entered.add(called);
    bodies[index - module.importedFunctions] = withDispatchers(body, (type) => {
      const dispatcher = dispatchers.get(type) ?? dispatcherOf(type);
      dispatchers.set(type, dispatcher);
      return dispatcher;
    });
  }
  for (const index of entered) {
    if (index < module.importedFunctions || hot.has(index)) continue;
    const body = bodies[index - module.importedFunctions] as Uint8Array;
    const start = startOfCode(body);
    bodies[index - module.importedFunctions] = concatenate([body.subarray(0, start), call(fill), body.subarray(start)]);
  }

  const late = withTable({ ...module, types, functions, bodies }, [
    [...PASSIVE, ...indexes([...table.values()])],
    ...found.map(([place, index]) => [ACTIVE, ...constant(place), OP.end, ...indexes([index])]),
  ]);
  const withFlag = withItems(late, SECTION.globals, [[VALUE.i32, 1, ...constant(0), OP.end]]);
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

const call = (index: number) => [OP.call, ...unsigned(index)];

const indexes = (functions: readonly number[]) => [...unsigned(functions.length), ...functions.flatMap(unsigned)];

function firstOf(table: ReadonlyMap<number, number>): number {
  return table.keys().next().value ?? 0;
}

function withTable(module: WasmModule, segments: readonly number[][]): WasmModule {
  const contents = itemsOf(segments);
  const sections = module.sections.map((one) => (one.id === SECTION.elements ? { ...one, contents } : one));
  return { ...module, sections };
}

/** @returns the functions by their place. @throws Error unless the table is filled by one segment. */
function readTable({ sections }: WasmModule): ReadonlyMap<number, number> {
  const [segment, ...others] = readItems(sections, SECTION.elements, (items) => {
    if (items.unsigned() !== ACTIVE) throw unsupported('the table has a segment of another kind');
    if (items.byte() !== OP.i32Const) throw unsupported('the table begins at a place that is not a constant');
    const start = items.unsigned();
    if (items.byte() !== OP.end) throw unsupported('the table begins at a place that is computed');
    return items.list(() => items.unsigned()).map((index, at) => [start + at, index] as const);
  });
  if (segment === undefined || others.length > 0) throw unsupported('the table is not filled by one segment');
  return new Map(segment);
}

function exportedFunctions({ sections }: WasmModule): number[] {
  const exports = readItems(sections, SECTION.exports, (items) => {
    items.sized(); // its name
    return { kind: items.byte(), index: items.unsigned() };
  });
  return exports.flatMap(({ kind, index }) => (kind === KIND.function ? [index] : []));
}
