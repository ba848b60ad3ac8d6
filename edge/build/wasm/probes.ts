/** Finds what a module runs: in a copy of it, each probe sets a variable when it is passed. */
import { type Body, type List, OP, parseBody, startOfCode } from './body.ts';
import { concatenate, unsigned, type WasmModule, writeWithVariables } from './module.ts';
import type { ColdParts } from './outline.ts';

/** Instantiates a module and uses it. @returns its exports. */
export type Use = (file: Uint8Array<ArrayBuffer>) => Promise<object>;

interface Probe {
  readonly index: number;
  /** Its place in the function's body. */
  readonly byte: number;
}

interface ListProbe extends Probe {
  readonly list: List;
  /** The instruction before which it is. */
  readonly at: number;
}

/** @returns the functions that ran, by their index, and the parts of them that did not. */
export async function findCold(
  module: WasmModule,
  use: Use,
): Promise<{ readonly functions: ReadonlyMap<number, Body>; readonly cold: ColdParts }> {
  const starts = module.bodies.map((bytes, at) => ({ index: module.importedFunctions + at, byte: startOfCode(bytes) }));
  const run = await passedOf(module, starts, use);
  const functions = new Map([...run].map(({ index }) => [index, parseBody(module, index)]));
  const probes = [...functions].flatMap(([index, { list }]) => probesOf(index, list));
  const passed = await passedOf(module, probes, use);
  const cold = new Map<List, number>();
  for (const probe of probes) {
    // Nothing leads into the middle of a list: what follows a probe that was not passed did not run.
    if (!passed.has(probe) && !cold.has(probe.list)) cold.set(probe.list, probe.at);
  }
  return { functions, cold };
}

/** At the start of every list, and wherever instructions before may have branched away; in the order of the bytes. */
function probesOf(index: number, list: List): ListProbe[] {
  return [
    { index, list, at: 0, byte: list.from },
    ...list.instructions.flatMap(({ op, lists }, at) => {
      const inner = lists.flatMap((one) => probesOf(index, one));
      const next = list.instructions[at + 1];
      const mayPart = op === OP.brIf || lists.length > 0;
      return next && mayPart ? [...inner, { index, list, at: at + 1, byte: next.from }] : inner;
    }),
  ];
}

/** Runs a copy with the probes. @param probes of one function in the order of their bytes. */
async function passedOf<P extends Probe>(module: WasmModule, probes: readonly P[], use: Use): Promise<ReadonlySet<P>> {
  const bodies = [...module.bodies];
  const numbered = probes.map(({ index, byte }, variable) => ({ index, byte, variable }));
  for (const [index, within] of Map.groupBy(numbered, ({ index }) => index)) {
    const body = bodies[index - module.importedFunctions] as Uint8Array;
    let done = 0;
    const parts = within.flatMap(({ byte, variable }) => {
      const before = body.subarray(done, byte);
      done = byte;
      return [before, [OP.i32Const, 1, OP.globalSet, ...unsigned(module.globals + variable)]];
    });
    bodies[index - module.importedFunctions] = concatenate([...parts, body.subarray(done)]);
  }
  const names = probes.map((_, variable) => `probe ${variable}`);
  const variables = (await use(writeWithVariables({ ...module, bodies }, names))) as Record<string, { value: number }>;
  return new Set(probes.filter((_, variable) => variables[names[variable] as string]?.value === 1));
}
