/** The type of a command, and what several commands share. `cli.ts` parses arguments; `cli/run.ts` turns errors into exit codes. */

import { UsageError } from '../../cli/errors.ts';
import type { Flags, FlagValues } from '../../cli/flags.ts';
import type { Io } from '../../cli/run.ts';
import type { Manifest } from '../../shared/bundle.ts';
import { counted } from '../../shared/counted.ts';
import { labelsIn } from '../../shared/labels.ts';
import { quoted } from '../../shared/quoted.ts';
import { listed } from '../data/labels.ts';

export interface Command<F extends Flags = Flags> {
  readonly usage: string;
  readonly summary: string;
  readonly flags: F;
  /** Resolves with the exit code. */
  readonly run: (flags: FlagValues<F>, positionals: readonly string[], io: Io) => Promise<number>;
}

/** Drops the types of a command's flags, which only its own `run` needs. */
export function command<F extends Flags>(definition: Command<F>): Command {
  return definition as unknown as Command;
}

/** The flag of every command that asks a model. (In `train`, `--labels` is the order of the file's labels.) */
export const MODEL_FLAGS = {
  labels: { kind: 'text', value: '<a,b,…>', help: "choose from these of the model's labels only (default: all)" },
} as const satisfies Flags;

/**
 * The labels that `--labels` names, in the model's order; all without the flag.
 * @param labels the model's.
 * @throws UsageError when the model lacks one, or when there are fewer than two.
 */
export function askedLabels(flags: FlagValues<typeof MODEL_FLAGS>, labels: readonly string[]): readonly string[] {
  if (flags.labels === undefined) return labels;
  const asked = new Set(labelsIn(flags.labels));
  const unknown = [...asked].find((label) => !labels.includes(label));
  if (unknown !== undefined) {
    throw new UsageError(`--labels: unknown label ${quoted(unknown)}; the model has ${listed(labels)}`);
  }
  if (asked.size < 2) throw new UsageError('--labels needs at least two labels, separated by commas');
  return labels.filter((label) => asked.has(label));
}

/** @throws UsageError when there are arguments: the command takes flags only. */
export function refuseArguments(positionals: readonly string[]): void {
  if (positionals.length > 0) throw new UsageError(`unexpected argument "${positionals[0]}"`);
}

/** One line about a bundle that was written. */
export function describeBundle(manifest: Manifest, folder: string, json: boolean | undefined): string {
  const { id, version, training, parity } = manifest;
  if (json) return JSON.stringify({ model: id, version, folder, epochs: training.epochs, parity });
  const difference = parity.maxDifference.toExponential(1);
  return `${id} ${version} is in ${folder}; ONNX and tfjs differ by at most ${difference} on ${counted(parity.inputs, 'input')}`;
}
