/**
 * The body of a WebAssembly function as a tree of instructions.
 * https://webassembly.github.io/spec/core/binary/instructions.html
 */
import { type FunctionType, Reader, unsupported, type WasmModule } from './module.ts';

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
  globalGet: 0x23,
  globalSet: 0x24,
  i32Const: 0x41,
  i32EqualsZero: 0x45,
  i32Equal: 0x46,
} as const;
/** The type of a block without results. */
export const VOID = 0x40;
const PREFIXES = [0xfc, 0xfd, 0xfe];
/** An instruction behind a prefix: 0xfd 12 is 0xfd00c. */
const PREFIX = 0x1000;

export interface Instruction {
  readonly op: number;
  /** Its bytes in the body, without its sequences. */
  readonly from: number;
  readonly to: number;
  /** The local that it names. */
  readonly local: number;
  /** The labels that it branches to: 0 is that of the innermost block. */
  readonly labels: readonly number[];
  /** The height of the operand stack before it, from the start of its sequence. */
  readonly height: number;
  /** The instructions in a block or a loop, or in the arms of an if. */
  readonly sequences: readonly Sequence[];
}

/** Instructions that run one after the other, until a branch leaves the sequence. */
export interface Sequence {
  /** The opcode of the block that it is in; undefined for a whole function. */
  readonly parent: number | undefined;
  /** Those that can run: what follows an unconditional branch is left out. */
  readonly instructions: readonly Instruction[];
  /** Its bytes in the body, without the `end` or `else`. */
  readonly from: number;
  readonly to: number;
  /** The types of the values that it leaves on the operand stack. */
  readonly results: readonly number[];
  /** False if an unconditional branch, `return` or `unreachable` ends it. */
  readonly isEndReached: boolean;
}

export interface Body {
  readonly type: FunctionType;
  readonly bytes: Uint8Array;
  /** The types of parameters and locals. */
  readonly locals: readonly number[];
  /** The first byte behind the declaration of locals. */
  readonly code: number;
  readonly sequence: Sequence;
}

/**
 * For ranges of instructions that neither branch, call nor contain others: the values that they take from the operand stack and put
 * on it, and what follows the opcode.
 */
const INSTRUCTIONS: readonly [first: number, last: number, takes: number, puts: number, ...Immediate[]][] = [
  [0x01, 0x01, 0, 0], // nop
  [0x1a, 0x1a, 1, 0], // drop
  [0x1b, 0x1b, 3, 1], // select
  [0x20, 0x20, 0, 1, 'number'], // locals, globals
  [0x21, 0x21, 1, 0, 'number'],
  [0x22, 0x22, 1, 1, 'number'],
  [0x23, 0x23, 0, 1, 'number'],
  [0x24, 0x24, 1, 0, 'number'],
  [0x28, 0x35, 1, 1, 'memory'], // loads
  [0x36, 0x3e, 2, 0, 'memory'], // stores
  [0x3f, 0x3f, 0, 1, 'number'], // memory.size, memory.grow
  [0x40, 0x40, 1, 1, 'number'],
  [0x41, 0x42, 0, 1, 'number'], // constants
  [0x43, 0x43, 0, 1, 4],
  [0x44, 0x44, 0, 1, 8],
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
  [0xfc008, 0xfc008, 3, 0, 'number', 'number'], // memory.init, data.drop, memory.copy, memory.fill
  [0xfc009, 0xfc009, 0, 0, 'number'],
  [0xfc00a, 0xfc00a, 3, 0, 'number', 'number'],
  [0xfc00b, 0xfc00b, 3, 0, 'number'],
  [0xfd000, 0xfd00a, 1, 1, 'memory'], // v128: loads, stores, constants, lanes
  [0xfd00b, 0xfd00b, 2, 0, 'memory'],
  [0xfd00c, 0xfd00c, 0, 1, 16],
  [0xfd00d, 0xfd00d, 2, 1, 16],
  [0xfd00e, 0xfd00e, 2, 1],
  [0xfd00f, 0xfd014, 1, 1],
  [0xfd015, 0xfd016, 1, 1, 1],
  [0xfd017, 0xfd017, 2, 1, 1],
  [0xfd018, 0xfd019, 1, 1, 1],
  [0xfd01a, 0xfd01a, 2, 1, 1],
  [0xfd01b, 0xfd01b, 1, 1, 1],
  [0xfd01c, 0xfd01c, 2, 1, 1],
  [0xfd01d, 0xfd01d, 1, 1, 1],
  [0xfd01e, 0xfd01e, 2, 1, 1],
  [0xfd01f, 0xfd01f, 1, 1, 1],
  [0xfd020, 0xfd020, 2, 1, 1],
  [0xfd021, 0xfd021, 1, 1, 1],
  [0xfd022, 0xfd022, 2, 1, 1],
  [0xfd023, 0xfd04c, 2, 1], // v128: comparisons, bits
  [0xfd04d, 0xfd04d, 1, 1],
  [0xfd04e, 0xfd051, 2, 1],
  [0xfd052, 0xfd052, 3, 1],
  [0xfd053, 0xfd053, 1, 1],
  [0xfd054, 0xfd057, 2, 1, 'memory', 1], // v128: loads and stores of a lane
  [0xfd058, 0xfd05b, 2, 0, 'memory', 1],
  [0xfd05c, 0xfd05d, 1, 1, 'memory'],
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
  [0xfe000, 0xfe000, 2, 1, 'memory'], // atomics
  [0xfe001, 0xfe002, 3, 1, 'memory'],
  [0xfe003, 0xfe003, 0, 0, 1],
  [0xfe010, 0xfe016, 1, 1, 'memory'],
  [0xfe017, 0xfe01d, 2, 0, 'memory'],
  [0xfe01e, 0xfe047, 2, 1, 'memory'],
  [0xfe048, 0xfe04e, 3, 1, 'memory'],
];
const SHAPES = new Map(
  INSTRUCTIONS.flatMap(([first, last, takes, puts, ...immediates]) =>
    Array.from({ length: last - first + 1 }, (_, at) => [first + at, { takes, puts, immediates }] as const),
  ),
);

/** A LEB128 number, the alignment and offset of a memory access, or so many bytes. */
type Immediate = 'number' | 'memory' | number;
/** More bits in the alignment name another memory, or an order. */
const MAX_ALIGNMENT = 0x1f;

/** @returns the first byte behind the declaration of locals. */
export function startOfCode(body: Uint8Array): number {
  const reader = new Reader(body);
  readLocals(reader);
  return reader.at;
}

function readLocals(reader: Reader): number[] {
  const groups = reader.list(() => ({ count: reader.unsigned(), type: reader.valueType() }));
  return groups.flatMap(({ count, type }) => Array<number>(count).fill(type));
}

interface Operands {
  readonly takes: number;
  readonly puts: number;
  readonly local?: number;
  readonly labels?: readonly number[];
}

/** @param index of a function that is not imported. @throws Error at what is not understood here. */
export function parseBody(module: WasmModule, index: number): Body {
  const bytes = module.bodies[index - module.importedFunctions] as Uint8Array;
  const reader = new Reader(bytes);
  const misfit = (what: string) => unsupported(`in function ${index}, before byte ${reader.at}: ${what}`);

  function typeAt(at: number): FunctionType {
    const type = module.types[at];
    if (type === undefined) throw misfit(`there is no type ${at}`);
    return type;
  }
  const typeOf = (called: number) => typeAt(module.functions[called] ?? -1);

  function readSequence(parent: number | undefined, results: readonly number[]): { sequence: Sequence; end: number } {
    const from = reader.at;
    const instructions: Instruction[] = [];
    let height = 0;
    let isEndReached = true;
    for (;;) {
      const at = reader.at;
      const op = readOp();
      if (op === OP.end || op === OP.else) {
        if (isEndReached && height !== results.length) throw misfit('values are left over or missing');
        return { sequence: { parent, instructions, from, to: at, results, isEndReached }, end: op };
      }
      const isBlock = op === OP.block || op === OP.loop || op === OP.if;
      const blockResults = isBlock ? readBlockResults() : [];
      const {
        takes,
        puts,
        local = -1,
        labels = [],
      } = isBlock ? { takes: op === OP.if ? 1 : 0, puts: blockResults.length } : readOperands(op);
      const to = reader.at;
      const sequences = isBlock ? readSequences(op, blockResults) : [];
      if (!isEndReached) continue;
      if (height < takes) throw misfit('values are missing');
      instructions.push({ op, from: at, to, local, labels, height, sequences });
      height += puts - takes;
      isEndReached = op !== OP.br && op !== OP.brTable && op !== OP.return && op !== OP.unreachable;
    }
  }

  function readSequences(op: number, results: readonly number[]): Sequence[] {
    const { sequence, end } = readSequence(op, results);
    return end === OP.else ? [sequence, readSequence(op, results).sequence] : [sequence];
  }

  function readOp(): number {
    const op = reader.byte();
    return PREFIXES.includes(op) ? op * PREFIX + reader.unsigned() : op;
  }

  function readBlockResults(): readonly number[] {
    const type = bytes[reader.at] as number;
    if (type === VOID) {
      reader.skip(1);
      return [];
    }
    const isIndex = type < VOID || type >= 0x80; // the first byte of a number above 0
    if (!isIndex) return [reader.valueType()];
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
        return { takes: 0, puts: 0, labels: [reader.unsigned()] };
      case OP.brIf:
        return { takes: 1, puts: 0, labels: [reader.unsigned()] };
      case OP.brTable: {
        const labels = reader.list(() => reader.unsigned());
        return { takes: 1, puts: 0, labels: [...labels, reader.unsigned()] };
      }
      case OP.call: {
        const { params, results } = typeOf(reader.unsigned());
        return { takes: params.length, puts: results.length };
      }
      case OP.callIndirect: {
        const { params, results } = typeAt(reader.unsigned());
        reader.skipNumber(); // the table
        return { takes: params.length + 1, puts: results.length };
      }
    }
    const shape = SHAPES.get(op);
    if (shape === undefined) throw misfit(`instruction 0x${op.toString(16)} is not known`);
    const { takes, puts, immediates } = shape;
    if (isLocal(op)) return { takes, puts, local: reader.unsigned() };
    for (const immediate of immediates) {
      if (typeof immediate === 'number') reader.skip(immediate);
      else if (immediate === 'memory' && reader.unsigned() > MAX_ALIGNMENT)
        throw misfit('there is more than one memory');
      else reader.skipNumber();
    }
    return { takes, puts };
  }

  const type = typeOf(index);
  const locals = [...type.params, ...readLocals(reader)];
  const code = reader.at;
  const { sequence, end } = readSequence(undefined, type.results);
  if (end !== OP.end || reader.at !== bytes.length) throw misfit('the function does not end there');
  return { type, bytes, locals, code, sequence };
}

/** All instructions that can run, in the order of the bytes, each with the number of blocks around it. */
export function* walk(
  instructions: readonly Instruction[],
  depth = 0,
): Generator<{ instruction: Instruction; depth: number }> {
  for (const instruction of instructions) {
    yield { instruction, depth };
    for (const inner of instruction.sequences) yield* walk(inner.instructions, depth + 1);
  }
}

export const isLocal = (op: number) => op === OP.localGet || op === OP.localSet || op === OP.localTee;
