/**
 * Reads and writes WebAssembly modules: the parts that moving code needs, and everything else as it is.
 * https://webassembly.github.io/spec/core/binary/modules.html
 */

/** Value types. */
export const I32 = 0x7f;
const FUNCTION_TYPE = 0x60;
const SECTION = { types: 1, imports: 2, functions: 3, globals: 6, exports: 7, code: 10 } as const;
const KIND = { function: 0, table: 1, memory: 2, global: 3 } as const;
const PREAMBLE_BYTES = 8;

export interface FunctionType {
  readonly params: readonly number[];
  readonly results: readonly number[];
}

export interface WasmModule {
  readonly preamble: Uint8Array;
  /** In the file's order. The contents of types, functions and code are those when the file was read. */
  readonly sections: readonly { readonly id: number; readonly contents: Uint8Array }[];
  readonly types: readonly FunctionType[];
  /** The index in `types` of each function; imported functions come first. */
  readonly functions: readonly number[];
  readonly importedFunctions: number;
  /** The number of globals, imported ones included. */
  readonly globals: number;
  /** Locals and code of each function that is not imported. */
  readonly bodies: readonly Uint8Array[];
}

/** A position in bytes. */
export class Reader {
  readonly bytes: Uint8Array;
  at: number;

  constructor(bytes: Uint8Array, at = 0) {
    this.bytes = bytes;
    this.at = at;
  }

  byte(): number {
    const byte = this.bytes[this.at++];
    if (byte === undefined) throw new Error('the WebAssembly is cut short');
    return byte;
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

  /** Bytes behind their number. */
  block(): Uint8Array {
    const length = this.unsigned();
    this.at += length;
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

/** @throws Error when it is not a module, or has what compilers do not make today. */
export function readModule(file: Uint8Array): WasmModule {
  const sections: { id: number; contents: Uint8Array }[] = [];
  const reader = new Reader(file, PREAMBLE_BYTES);
  while (reader.at < file.length) sections.push({ id: reader.byte(), contents: reader.block() });

  const itemsOf = <T>(section: number, read: (reader: Reader) => T): T[] => {
    const found = sections.find(({ id }) => id === section);
    if (found === undefined) return [];
    const items = new Reader(found.contents);
    return items.list(() => read(items));
  };
  const imports = itemsOf(SECTION.imports, readImport);
  const imported = imports.flatMap(({ kind, type }) => (kind === KIND.function ? [type] : []));
  const globals = sections.find(({ id }) => id === SECTION.globals);
  return {
    preamble: file.subarray(0, PREAMBLE_BYTES),
    sections,
    types: itemsOf(SECTION.types, readType),
    functions: [...imported, ...itemsOf(SECTION.functions, (items) => items.unsigned())],
    importedFunctions: imported.length,
    globals:
      imports.filter(({ kind }) => kind === KIND.global).length +
      (globals === undefined ? 0 : new Reader(globals.contents).unsigned()),
    bodies: itemsOf(SECTION.code, (items) => items.block()),
  };
}

function readType(reader: Reader): FunctionType {
  if (reader.byte() !== FUNCTION_TYPE) throw new Error('the WebAssembly has a type that is not a function');
  const values = () => reader.list(() => reader.byte());
  return { params: values(), results: values() };
}

function readImport(reader: Reader): { readonly kind: number; readonly type: number } {
  reader.block(); // module
  reader.block(); // name
  const kind = reader.byte();
  const skipLimits = () => {
    const hasMaximum = (reader.byte() & 1) !== 0;
    reader.skipNumber();
    if (hasMaximum) reader.skipNumber();
  };
  if (kind === KIND.function) return { kind, type: reader.unsigned() };
  if (kind === KIND.global)
    reader.at += 2; // type, mutable
  else {
    if (kind === KIND.table) reader.byte(); // type
    skipLimits();
  }
  return { kind, type: -1 };
}

/** @param added items at the end of a section. */
export function writeModule(
  module: WasmModule,
  added: ReadonlyMap<number, readonly number[][]> = new Map(),
): Uint8Array<ArrayBuffer> {
  const { types, functions, importedFunctions, bodies } = module;
  const rewritten = new Map<number, () => Uint8Array>([
    [
      SECTION.types,
      () => listOf(types.map((type) => [FUNCTION_TYPE, ...vector(type.params), ...vector(type.results)])),
    ],
    [SECTION.functions, () => listOf(functions.slice(importedFunctions).map(unsigned))],
    [
      SECTION.code,
      () =>
        listOf(
          bodies.flatMap((body) => [unsigned(body.length), body]),
          bodies.length,
        ),
    ],
  ]);
  return concatenate([
    module.preamble,
    ...module.sections.flatMap(({ id, contents }) => {
      const bytes = rewritten.get(id)?.() ?? append(contents, added.get(id) ?? []);
      return [[id, ...unsigned(bytes.length)], bytes];
    }),
  ]);
}

const vector = (bytes: readonly number[]) => [...unsigned(bytes.length), ...bytes];

function listOf(items: readonly ArrayLike<number>[], count = items.length): Uint8Array {
  return concatenate([unsigned(count), ...items]);
}

function append(contents: Uint8Array, items: readonly number[][]): Uint8Array {
  if (items.length === 0) return contents;
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

/** The module with a variable of type i32 for each name, exported, and the index of the first. */
export function writeWithVariables(module: WasmModule, names: readonly string[]): Uint8Array<ArrayBuffer> {
  const zero = [I32, 1, 0x41, 0, 0x0b]; // mutable, i32.const 0
  const exported = (name: string, index: number) => [
    ...vector([...new TextEncoder().encode(name)]),
    KIND.global,
    ...unsigned(module.globals + index),
  ];
  return writeModule(
    module,
    new Map([
      [SECTION.globals, names.map(() => zero)],
      [SECTION.exports, names.map(exported)],
    ]),
  );
}
