/** A target of fuzzing: inputs, and a property of every one. `targets.ts` lists them. */
import fc from 'fast-check';

export interface Target<Input = any> {
  /** For `--only`. */
  readonly name: string;
  readonly inputs: fc.Arbitrary<Input>;
  /** Throws, or rejects, where something does not hold. */
  readonly holds: (input: Input) => unknown;
  /** Ends what `holds` has started. */
  readonly close?: () => Promise<void>;
}

/** Checks the inputs to one target's type. */
export function target<Input>(target: Target<Input>): Target {
  return target;
}

/** After this time a call counts as hanging. */
const TIMEOUT_MS = 20_000;

/**
 * Tries so many inputs. The same seed tries the same ones.
 * @returns the smallest input found for which something does not hold, and what, as fast-check reports it; nothing when all is well.
 */
export async function fuzz(
  { inputs, holds }: Target,
  { seed, count }: { readonly seed: number; readonly count: number },
): Promise<string | undefined> {
  const property = fc.asyncProperty(inputs, async (input) => void (await holds(input)));
  const options = { seed, numRuns: count, includeErrorInReport: true, timeout: TIMEOUT_MS };
  const details = await fc.check(property, options);
  return details.failed ? await fc.asyncDefaultReportMessage(details) : undefined;
}
