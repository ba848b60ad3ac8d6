/** Finds what a module runs: in a copy of it, each probe sets a global variable when it is passed. */
import { type Body, OP, parseBody, type Sequence, startOfCode } from './body.ts';
import { constant, VARIABLE } from './code.ts';
import { concatenate, exportOf, KIND, SECTION, unsigned, type WasmModule, withItems, writeModule } from './module.ts';
import type { ColdParts } from './outline.ts';

/** Instantiates a module and uses it. @returns its exports. */
export type Use = (file: Uint8Array<ArrayBuffer>) => Promise<object>;

interface Probe {
  readonly index: number;
  /** Its place in the function's body. */
  readonly byte: number;
}

interface SequenceProbe extends Probe {
  readonly sequence: Sequence;
  /** The instruction before which it is. */
  readonly at: number;
}

/** @returns the functions that ran, by their index, and the parts of them that did not. @throws Error when none ran. */
export async function findCold(
  module: WasmModule,
  use: Use,
): Promise<{ readonly functions: ReadonlyMap<number, Body>; readonly cold: ColdParts }> {
  const functions = new Map([...(await findFunctions(module, use))].map((index) => [index, parseBody(module, index)]));
  const probes = [...functions].flatMap(([index, { sequence }]) => probesOf(index, sequence));
  const passed = await passedProbes(module, probes, use);
  const cold = new Map<Sequence, number>();
  for (const probe of probes) {
    // Nothing leads into the middle of a sequence: what follows a probe that was not passed did not run.
    if (!passed.has(probe) && !cold.has(probe.sequence)) cold.set(probe.sequence, probe.at);
  }
  return { functions, cold };
}

/** @returns the functions that ran, by their index. @throws Error when none ran. */
export async function findFunctions(module: WasmModule, use: Use): Promise<ReadonlySet<number>> {
  const starts = module.bodies.map((bytes, at) => ({ index: module.importedFunctions + at, byte: startOfCode(bytes) }));
  const run = await passedProbes(module, starts, use);
  if (run.size === 0) throw new Error('no function of the WebAssembly ran');
  return new Set([...run].map(({ index }) => index));
}

/** At the start of every sequence, and wherever instructions before may have branched away; in the order of the bytes. */
function probesOf(index: number, sequence: Sequence): SequenceProbe[] {
  return [
    { index, sequence, at: 0, byte: sequence.from },
    ...sequence.instructions.flatMap(({ op, sequences }, at) => {
      const inner = sequences.flatMap((one) => probesOf(index, one));
      const next = sequence.instructions[at + 1];
      const mayBranch = op === OP.brIf || sequences.length > 0;
      return next && mayBranch ? [...inner, { index, sequence, at: at + 1, byte: next.from }] : inner;
    }),
  ];
}

/** Uses a copy with the probes. @param probes of one function in the order of their bytes. */
async function passedProbes<P extends Probe>(
  module: WasmModule,
  probes: readonly P[],
  use: Use,
): Promise<ReadonlySet<P>> {
  const bodies = [...module.bodies];
  const numbered = probes.map(({ index, byte }, at) => ({ index, byte, global: module.globals + at }));
  for (const [index, ofFunction] of Map.groupBy(numbered, ({ index }) => index)) {
    const body = bodies[index - module.importedFunctions] as Uint8Array;
    let done = 0;
    const parts = ofFunction.flatMap(({ byte, global }) => {
      const before = body.subarray(done, byte);
      done = byte;
      return [before, [...constant(1), OP.globalSet, ...unsigned(global)]];
    });
    bodies[index - module.importedFunctions] = concatenate([...parts, body.subarray(done)]);
  }
  const nameOf = (global: number) => `probe ${global}`;
  const withVariables = withItems(
    { ...module, bodies },
    SECTION.globals,
    numbered.map(() => VARIABLE),
  );
  const exported = numbered.map(({ global }) => exportOf(nameOf(global), KIND.global, global));
  const exports = (await use(writeModule(withItems(withVariables, SECTION.exports, exported)))) as Record<
    string,
    { value: number }
  >;
  return new Set(probes.filter((_, at) => (exports[nameOf(module.globals + at)] as { value: number }).value === 1));
}
