/**
 * Reads and writes WebAssembly modules: the parts that moving code needs, and everything else as it is.
 * https://webassembly.github.io/spec/core/binary/modules.html
 */

/** "\0asm", version 1. */
const PREAMBLE = [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00];
const FUNCTION_TYPE = 0x60;
export const SECTION = {
  custom: 0,
  types: 1,
  imports: 2,
  functions: 3,
  memories: 5,
  globals: 6,
  exports: 7,
  start: 8,
  elements: 9,
  code: 10,
} as const;
export const KIND = { function: 0, table: 1, memory: 2, global: 3 } as const;
/** Those of one byte. */
export const VALUE = {
  i32: 0x7f,
  i64: 0x7e,
  f32: 0x7d,
  f64: 0x7c,
  v128: 0x7b,
  funcref: 0x70,
  externref: 0x6f,
} as const;
const VALUES: readonly number[] = Object.values(VALUE);
/** Flags of a table or memory. */
const HAS_MAXIMUM = 1;
const SHARED = 2;
/** The contents of a section without items. */
const NO_ITEMS = Uint8Array.of(0);
/** Custom sections that say nothing about the code. */
const HARMLESS = ['producers', 'target_features'];

export interface FunctionType {
  readonly params: readonly number[];
  readonly results: readonly number[];
}

export interface Section {
  readonly id: number;
  readonly contents: Uint8Array;
}

export interface WasmModule {
  /** In the file's order. For types, functions and code, the contents are stale; `writeModule` makes them anew. */
  readonly sections: readonly Section[];
  readonly types: readonly FunctionType[];
  /** The index in `types` of each function; imported functions come first. */
  readonly functions: readonly number[];
  readonly importedFunctions: number;
  /** The number of globals, imported ones included. */
  readonly globals: number;
  /** Locals and code of each function that is not imported. */
  readonly bodies: readonly Uint8Array[];
}

/** An error for a module with something that the code of this folder would move wrongly. */
export function unsupported(what: string): Error {
  return new Error(`onnxruntime-web has changed; adapt edge/build/wasm/: ${what}`);
}

/** Reads the binary format from a position. Every method throws an Error where the bytes end. */
export class Reader {
  readonly bytes: Uint8Array;
  at: number;

  constructor(bytes: Uint8Array, at = 0) {
    this.bytes = bytes;
    this.at = at;
  }

  byte(): number {
    this.skip(1);
    return this.bytes[this.at - 1] as number;
  }

  skip(bytes: number): void {
    this.at += bytes;
    if (this.at > this.bytes.length) throw new Error('the WebAssembly is cut short');
  }

  unsigned(): number {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = this.byte();
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return value >>> 0;
    }
  }

  /** A number of any size and sign. */
  skipNumber(): void {
    while (this.byte() >= 0x80);
  }

  valueType(): number {
    const type = this.byte();
    if (VALUES.includes(type)) return type;
    throw unsupported(`there is a value of type 0x${type.toString(16)}`);
  }

  /** Bytes behind their number. */
  sized(): Uint8Array {
    const length = this.unsigned();
    this.skip(length);
    return this.bytes.subarray(this.at - length, this.at);
  }

  /** Items behind their number. */
  list<T>(read: () => T): T[] {
    return Array.from({ length: this.unsigned() }, read);
  }
}

/** LEB128, as all numbers of the format. */
export function unsigned(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  for (; rest > 0x7f; rest >>>= 7) bytes.push((rest & 0x7f) | 0x80);
  return [...bytes, rest];
}

/** A number of at least 0 where the format has a signed one. */
export function signed(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  for (; rest > 0x3f; rest >>>= 7) bytes.push((rest & 0x7f) | 0x80);
  return [...bytes, rest];
}

/** Bytes behind their number. */
export const sized = (bytes: readonly number[]) => [...unsigned(bytes.length), ...bytes];

/** @throws Error when it is no module, or has what would be wrong after code has moved. */
export function readModule(file: Uint8Array): WasmModule {
  const sections = readSections(file);
  for (const { contents } of sections.filter(({ id }) => id === SECTION.custom)) {
    const name = new TextDecoder().decode(new Reader(contents).sized());
    if (!HARMLESS.includes(name)) throw unsupported(`there is a section "${name}"`);
  }
  const imports = readItems(sections, SECTION.imports, readImport);
  const imported = imports.flatMap(({ kind, type }) => (kind === KIND.function ? [type] : []));
  return {
    sections,
    types: readItems(sections, SECTION.types, readType),
    functions: [...imported, ...readItems(sections, SECTION.functions, (items) => items.unsigned())],
    importedFunctions: imported.length,
    globals:
      imports.filter(({ kind }) => kind === KIND.global).length +
      new Reader(contentsOf(sections, SECTION.globals)).unsigned(),
    bodies: readItems(sections, SECTION.code, (items) => items.sized()),
  };
}

/**
 * A copy of a module, whose imported memory is shared between threads or not. Instructions are the same for both.
 * @throws Error when it imports no memory.
 */
export function withMemory(file: Uint8Array, isShared: boolean): Uint8Array<ArrayBuffer> {
  const copy = new Uint8Array(file);
  const contents = contentsOf(readSections(copy), SECTION.imports);
  const imports = new Reader(contents);
  const memory = imports.list(() => readImport(imports)).find(({ kind }) => kind === KIND.memory);
  if (memory === undefined) throw unsupported('the memory is not imported');
  contents[memory.flagsAt] = HAS_MAXIMUM | (isShared ? SHARED : 0);
  return copy;
}

function readSections(file: Uint8Array): Section[] {
  if (PREAMBLE.some((byte, at) => file[at] !== byte)) throw new Error('this is no WebAssembly of version 1');
  const sections: Section[] = [];
  const reader = new Reader(file, PREAMBLE.length);
  while (reader.at < file.length) sections.push({ id: reader.byte(), contents: reader.sized() });
  return sections;
}

function contentsOf(sections: readonly Section[], section: number): Uint8Array {
  return sections.find(({ id }) => id === section)?.contents ?? NO_ITEMS;
}

/** @returns no items if there is no such section. */
export function readItems<T>(sections: readonly Section[], section: number, read: (items: Reader) => T): T[] {
  const items = new Reader(contentsOf(sections, section));
  const list = items.list(() => read(items));
  if (items.at !== items.bytes.length) throw new Error(`section ${section} has more than its items`);
  return list;
}

function readType(reader: Reader): FunctionType {
  if (reader.byte() !== FUNCTION_TYPE) throw unsupported('there is a type that is not a function');
  const values = () => reader.list(() => reader.valueType());
  return { params: values(), results: values() };
}

/** @returns also the index of a function's type, and the place of the flags of a table or memory; -1 for others. */
function readImport(reader: Reader): { readonly kind: number; readonly type: number; readonly flagsAt: number } {
  reader.sized(); // module
  reader.sized(); // name
  const kind = reader.byte();
  let flagsAt = -1;
  if (kind === KIND.function) return { kind, type: reader.unsigned(), flagsAt };
  if (kind === KIND.global) {
    reader.valueType();
    reader.skip(1); // mutable
  } else if (kind === KIND.table || kind === KIND.memory) {
    if (kind === KIND.table) reader.valueType();
    flagsAt = reader.at;
    const flags = reader.byte();
    if (flags > (HAS_MAXIMUM | SHARED)) throw unsupported(`there is an import with flags ${flags}`);
    reader.skipNumber();
    if ((flags & HAS_MAXIMUM) !== 0) reader.skipNumber();
  } else throw unsupported(`there is an import of kind ${kind}`);
  return { kind, type: -1, flagsAt };
}

/** @returns a function that gives a type's index in `types`, and adds the type if it is missing. */
export function typeIndexes(types: FunctionType[]): (type: FunctionType) => number {
  const indexes = new Map(types.map((type, index) => [JSON.stringify(type), index]));
  return (type) => {
    const key = JSON.stringify(type);
    const index = indexes.get(key) ?? types.push(type) - 1;
    indexes.set(key, index);
    return index;
  };
}

/** An item of the section of exports. */
export function exportOf(name: string, kind: number, index: number): number[] {
  return [...sized([...Buffer.from(name)]), kind, ...unsigned(index)];
}

/** A module of functions of one type, which it exports by their number, and of a memory of one page, which it exports too. */
export function moduleOf(type: FunctionType, bodies: readonly Uint8Array[]): WasmModule {
  const exports = [exportOf('memory', KIND.memory, 0), ...bodies.map((_, at) => exportOf(`${at}`, KIND.function, at))];
  const written = new Map([
    [SECTION.memories, itemsOf([[0, 1]])], // at least one page, without a maximum
    [SECTION.exports, itemsOf(exports)],
  ] as [number, Uint8Array][]);
  return {
    sections: [SECTION.types, SECTION.functions, SECTION.memories, SECTION.exports, SECTION.code].map((id) => ({
      id,
      contents: written.get(id) ?? NO_ITEMS,
    })),
    types: [type],
    functions: bodies.map(() => 0),
    importedFunctions: 0,
    globals: 0,
    bodies,
  };
}

/** @returns the module with more globals or exports, of which it has some. */
export function withItems(
  module: WasmModule,
  section: typeof SECTION.globals | typeof SECTION.exports,
  items: readonly number[][],
): WasmModule {
  if (!module.sections.some(({ id }) => id === section)) throw new Error(`the module has no section ${section}`);
  return {
    ...module,
    sections: module.sections.map(({ id, contents }) => ({
      id,
      contents: id === section ? append(contents, items) : contents,
    })),
    globals: module.globals + (section === SECTION.globals ? items.length : 0),
  };
}

export function writeModule({
  sections,
  types,
  functions,
  importedFunctions,
  bodies,
}: WasmModule): Uint8Array<ArrayBuffer> {
  const anew = new Map([
    [SECTION.types, itemsOf(types.map(({ params, results }) => [FUNCTION_TYPE, ...sized(params), ...sized(results)]))],
    [SECTION.functions, itemsOf(functions.slice(importedFunctions).map(unsigned))],
    [SECTION.code, concatenate([unsigned(bodies.length), ...bodies.flatMap((one) => [unsigned(one.length), one])])],
  ] as [number, Uint8Array][]);
  for (const section of anew.keys()) {
    if (!sections.some(({ id }) => id === section)) throw new Error(`the module has no section ${section}`);
  }
  return concatenate([
    PREAMBLE,
    ...sections.flatMap(({ id, contents }) => {
      const bytes = anew.get(id) ?? contents;
      return [[id, ...unsigned(bytes.length)], bytes];
    }),
  ]);
}

/** The contents of a section. */
export function itemsOf(items: readonly number[][]): Uint8Array {
  return concatenate([unsigned(items.length), ...items]);
}

function append(contents: Uint8Array, items: readonly number[][]): Uint8Array {
  const reader = new Reader(contents);
  const count = reader.unsigned();
  return concatenate([unsigned(count + items.length), contents.subarray(reader.at), ...items]);
}

export function concatenate(parts: readonly ArrayLike<number>[]): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}
