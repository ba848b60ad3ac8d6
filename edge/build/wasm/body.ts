/**
 * The body of a WebAssembly function as a tree of instructions.
 * https://webassembly.github.io/spec/core/binary/instructions.html
 */
import { type FunctionType, Reader, type WasmModule } from './module.ts';

export const OP = {
  unreachable: 0x00,
  block: 0x02,
  loop: 0x03,
  if: 0x04,
  else: 0x05,
  end: 0x0b,
  br: 0x0c,
  brIf: 0x0d,
  brTable: 0x0e,
  return: 0x0f,
  call: 0x10,
  callIndirect: 0x11,
  localGet: 0x20,
  localSet: 0x21,
  localTee: 0x22,
  globalSet: 0x24,
  i32Const: 0x41,
  i32Equal: 0x46,
} as const;
/** The type of a block without results. */
export const VOID = 0x40;
const PREFIXES = [0xfc, 0xfd, 0xfe];
/** An instruction behind a prefix: 0xfd 12 is 0xfd00c. */
const PREFIX = 0x1000;

export interface Instruction {
  readonly op: number;
  /** Its bytes in the body, without its lists. */
  readonly from: number;
  readonly to: number;
  /** The local, the function or the label that it names. */
  readonly index: number;
  /** The labels of a br_table. */
  readonly labels: readonly number[];
  /** How many values its list has put on the operand stack before it. */
  readonly height: number;
  /** The instructions in a block or a loop, or in the arms of an if. */
  readonly lists: readonly List[];
}

/** Instructions that run one after the other, until a branch leaves the list. */
export interface List {
  /** The instruction that it is in; undefined for a whole function. */
  readonly parent: number | undefined;
  readonly instructions: readonly Instruction[];
  /** Its bytes in the body, without the `end` or `else`. */
  readonly from: number;
  readonly to: number;
  /** The types of the values that it leaves on the operand stack. */
  readonly results: readonly number[];
  /** Whether it ends without a branch, which is always taken. */
  readonly isEndReached: boolean;
}

export interface Body {
  readonly type: FunctionType;
  readonly bytes: Uint8Array;
  /** The types of parameters and locals. */
  readonly locals: readonly number[];
  /** Where the locals' declaration ends. */
  readonly code: number;
  readonly list: List;
}

/**
 * For ranges of instructions: the values that they take from the operand stack and put on it, and what follows the opcode:
 * a number of LEB128 numbers, and then of bytes.
 */
const INSTRUCTIONS: readonly [
  first: number,
  last: number,
  takes: number,
  puts: number,
  numbers?: number,
  bytes?: number,
][] = [
  [0x01, 0x01, 0, 0], // nop
  [0x1a, 0x1a, 1, 0], // drop
  [0x1b, 0x1b, 3, 1], // select
  [0x20, 0x20, 0, 1, 1], // locals, globals, tables
  [0x21, 0x21, 1, 0, 1],
  [0x22, 0x22, 1, 1, 1],
  [0x23, 0x23, 0, 1, 1],
  [0x24, 0x24, 1, 0, 1],
  [0x25, 0x25, 1, 1, 1],
  [0x26, 0x26, 2, 0, 1],
  [0x28, 0x35, 1, 1, 2], // loads
  [0x36, 0x3e, 2, 0, 2], // stores
  [0x3f, 0x3f, 0, 1, 1], // memory.size, memory.grow
  [0x40, 0x40, 1, 1, 1],
  [0x41, 0x42, 0, 1, 1], // constants
  [0x43, 0x43, 0, 1, 0, 4],
  [0x44, 0x44, 0, 1, 0, 8],
  [0x45, 0x45, 1, 1], // comparisons
  [0x46, 0x4f, 2, 1],
  [0x50, 0x50, 1, 1],
  [0x51, 0x66, 2, 1],
  [0x67, 0x69, 1, 1], // arithmetic
  [0x6a, 0x78, 2, 1],
  [0x79, 0x7b, 1, 1],
  [0x7c, 0x8a, 2, 1],
  [0x8b, 0x91, 1, 1],
  [0x92, 0x98, 2, 1],
  [0x99, 0x9f, 1, 1],
  [0xa0, 0xa6, 2, 1],
  [0xa7, 0xc4, 1, 1], // conversions
  [0xfc000, 0xfc007, 1, 1],
  [0xfc008, 0xfc008, 3, 0, 2], // memory.init, data.drop, memory.copy, memory.fill
  [0xfc009, 0xfc009, 0, 0, 1],
  [0xfc00a, 0xfc00a, 3, 0, 2],
  [0xfc00b, 0xfc00b, 3, 0, 1],
  [0xfd000, 0xfd00a, 1, 1, 2], // v128: loads, stores, constants, lanes
  [0xfd00b, 0xfd00b, 2, 0, 2],
  [0xfd00c, 0xfd00c, 0, 1, 0, 16],
  [0xfd00d, 0xfd00d, 2, 1, 0, 16],
  [0xfd00e, 0xfd00e, 2, 1],
  [0xfd00f, 0xfd014, 1, 1],
  [0xfd015, 0xfd016, 1, 1, 0, 1],
  [0xfd017, 0xfd017, 2, 1, 0, 1],
  [0xfd018, 0xfd019, 1, 1, 0, 1],
  [0xfd01a, 0xfd01a, 2, 1, 0, 1],
  [0xfd01b, 0xfd01b, 1, 1, 0, 1],
  [0xfd01c, 0xfd01c, 2, 1, 0, 1],
  [0xfd01d, 0xfd01d, 1, 1, 0, 1],
  [0xfd01e, 0xfd01e, 2, 1, 0, 1],
  [0xfd01f, 0xfd01f, 1, 1, 0, 1],
  [0xfd020, 0xfd020, 2, 1, 0, 1],
  [0xfd021, 0xfd021, 1, 1, 0, 1],
  [0xfd022, 0xfd022, 2, 1, 0, 1],
  [0xfd023, 0xfd04c, 2, 1], // v128: comparisons, bits
  [0xfd04d, 0xfd04d, 1, 1],
  [0xfd04e, 0xfd051, 2, 1],
  [0xfd052, 0xfd052, 3, 1],
  [0xfd053, 0xfd053, 1, 1],
  [0xfd054, 0xfd057, 2, 1, 2, 1], // v128: loads and stores of a lane
  [0xfd058, 0xfd05b, 2, 0, 2, 1],
  [0xfd05c, 0xfd05d, 1, 1, 2],
  [0xfd05e, 0xfd064, 1, 1], // v128: arithmetic
  [0xfd065, 0xfd066, 2, 1],
  [0xfd067, 0xfd06a, 1, 1],
  [0xfd06b, 0xfd073, 2, 1],
  [0xfd074, 0xfd075, 1, 1],
  [0xfd076, 0xfd079, 2, 1],
  [0xfd07a, 0xfd07a, 1, 1],
  [0xfd07b, 0xfd07b, 2, 1],
  [0xfd07c, 0xfd081, 1, 1],
  [0xfd082, 0xfd082, 2, 1],
  [0xfd083, 0xfd084, 1, 1],
  [0xfd085, 0xfd086, 2, 1],
  [0xfd087, 0xfd08a, 1, 1],
  [0xfd08b, 0xfd093, 2, 1],
  [0xfd094, 0xfd094, 1, 1],
  [0xfd095, 0xfd09f, 2, 1],
  [0xfd0a0, 0xfd0a4, 1, 1],
  [0xfd0a7, 0xfd0aa, 1, 1],
  [0xfd0ab, 0xfd0bf, 2, 1],
  [0xfd0c0, 0xfd0c4, 1, 1],
  [0xfd0c7, 0xfd0ca, 1, 1],
  [0xfd0cb, 0xfd0df, 2, 1],
  [0xfd0e0, 0xfd0e1, 1, 1],
  [0xfd0e3, 0xfd0e3, 1, 1],
  [0xfd0e4, 0xfd0eb, 2, 1],
  [0xfd0ec, 0xfd0ed, 1, 1],
  [0xfd0ef, 0xfd0ef, 1, 1],
  [0xfd0f0, 0xfd0f7, 2, 1],
  [0xfd0f8, 0xfd0ff, 1, 1],
  [0xfe000, 0xfe000, 2, 1, 2], // atomics
  [0xfe001, 0xfe002, 3, 1, 2],
  [0xfe003, 0xfe003, 0, 0, 0, 1],
  [0xfe010, 0xfe016, 1, 1, 2],
  [0xfe017, 0xfe01d, 2, 0, 2],
  [0xfe01e, 0xfe047, 2, 1, 2],
  [0xfe048, 0xfe04e, 3, 1, 2],
];
const SHAPES = new Map<
  number,
  { readonly takes: number; readonly puts: number; readonly numbers: number; readonly bytes: number }
>();
for (const [first, last, takes, puts, numbers = 0, bytes = 0] of INSTRUCTIONS) {
  for (let op = first; op <= last; op++) SHAPES.set(op, { takes, puts, numbers, bytes });
}

/** Where the declaration of locals ends. */
export function startOfCode(body: Uint8Array): number {
  const reader = new Reader(body);
  readLocals(reader);
  return reader.at;
}

function readLocals(reader: Reader): number[] {
  const groups = reader.list(() => ({ count: reader.unsigned(), type: reader.byte() }));
  return groups.flatMap(({ count, type }) => Array<number>(count).fill(type));
}

interface Operands {
  readonly takes: number;
  readonly puts: number;
  readonly index?: number;
  readonly labels?: readonly number[];
}

/** @param index of a function that is not imported. @throws Error at an instruction that is not in the table above. */
export function parseBody(module: WasmModule, index: number): Body {
  const bytes = module.bodies[index - module.importedFunctions] as Uint8Array;
  const typeAt = (at: number) => module.types[at] as FunctionType;
  const typeOf = (called: number) => typeAt(module.functions[called] as number);
  const reader = new Reader(bytes);
  const misfit = (what: string) =>
    new Error(`function ${index}, byte ${reader.at}: ${what}; adapt edge/build/wasm/body.ts`);

  function readList(parent: number | undefined, results: readonly number[]): { list: List; end: number } {
    const from = reader.at;
    const instructions: Instruction[] = [];
    let height = 0;
    let isEndReached = true;
    for (;;) {
      const at = reader.at;
      const op = readOp();
      if (op === OP.end || op === OP.else) {
        if (isEndReached && height !== results.length) throw misfit('values are left over or missing');
        return { list: { parent, instructions, from, to: at, results, isEndReached }, end: op };
      }
      const isBlock = op === OP.block || op === OP.loop || op === OP.if;
      const blockResults = isBlock ? readBlockResults() : [];
      const {
        takes,
        puts,
        index = 0,
        labels = [],
      } = isBlock ? { takes: op === OP.if ? 1 : 0, puts: blockResults.length } : readOperands(op);
      const to = reader.at;
      const lists = isBlock ? readLists(op, blockResults) : [];
      if (!isEndReached) continue; // it never runs
      if (height < takes) throw misfit('values are missing');
      instructions.push({ op, from: at, to, index, labels, height, lists });
      height += puts - takes;
      isEndReached = op !== OP.br && op !== OP.brTable && op !== OP.return && op !== OP.unreachable;
    }
  }

  function readLists(op: number, results: readonly number[]): List[] {
    const { list, end } = readList(op, results);
    return end === OP.else ? [list, readList(op, results).list] : [list];
  }

  function readOp(): number {
    const op = reader.byte();
    return PREFIXES.includes(op) ? op * PREFIX + reader.unsigned() : op;
  }

  function readBlockResults(): readonly number[] {
    const type = reader.byte();
    if (type === VOID) return [];
    if (type > VOID) return [type];
    reader.at--;
    const { params, results } = typeAt(reader.unsigned());
    if (params.length > 0) throw misfit('a block has parameters');
    return results;
  }

  function readOperands(op: number): Operands {
    switch (op) {
      case OP.unreachable:
      case OP.return:
        return { takes: 0, puts: 0 };
      case OP.br:
        return { takes: 0, puts: 0, index: reader.unsigned() };
      case OP.brIf:
        return { takes: 1, puts: 0, index: reader.unsigned() };
      case OP.brTable: {
        const labels = reader.list(() => reader.unsigned());
        return { takes: 1, puts: 0, labels: [...labels, reader.unsigned()] };
      }
      case OP.call: {
        const called = reader.unsigned();
        const { params, results } = typeOf(called);
        return { takes: params.length, puts: results.length, index: called };
      }
      case OP.callIndirect: {
        const { params, results } = typeAt(reader.unsigned());
        reader.skipNumber(); // the table
        return { takes: params.length + 1, puts: results.length };
      }
    }
    const shape = SHAPES.get(op);
    if (shape === undefined) throw misfit(`instruction 0x${op.toString(16)} is not known`);
    const { takes, puts, numbers, bytes } = shape;
    const start = reader.at;
    for (let number = 0; number < numbers; number++) reader.skipNumber();
    reader.at += bytes;
    const isLocal = op >= OP.localGet && op <= OP.localTee;
    return { takes, puts, index: isLocal ? new Reader(reader.bytes, start).unsigned() : 0 };
  }

  const type = typeOf(index);
  const locals = [...type.params, ...readLocals(reader)];
  return { type, bytes, locals, code: reader.at, list: readList(undefined, type.results).list };
}
