/** `npm run predict`: classifies one text, or every line of standard input. */
import { createInterface } from 'node:readline';
import { EXIT, UsageError } from '../../cli/errors.ts';
import type { Flags, FlagValues } from '../../cli/flags.ts';
import { COMMON_FLAGS } from '../../cli/flags.ts';
import type { Io } from '../../cli/run.ts';
import { folderUrl, openClassifier } from '../../edge/runtime/files.ts';
import { MODEL_FOLDER } from '../../edge/runtime/shipped.ts';
import { askedLabels, command, MODEL_FLAGS } from './command.ts';

const FLAGS = {
  model: { kind: 'text', value: '<folder>', help: 'the folder of a bundle (default: the one that ships)' },
  sentences: { kind: 'switch', help: 'each sentence too, below its text' },
  ...MODEL_FLAGS,
  ...COMMON_FLAGS,
} as const satisfies Flags;

export const predictCommand = command({
  usage: 'npm run predict -- [flags] ["a text"]',
  summary: 'Classifies a text, or every line of standard input.',
  flags: FLAGS,
  run,
});

async function run(
  flags: FlagValues<typeof FLAGS>,
  positionals: readonly string[],
  { print, say, stdin }: Io,
): Promise<number> {
  if (positionals.length > 1) throw new UsageError('too many arguments; put quotes around the text');
  if (positionals[0]?.trim() === '') throw new UsageError('the text is empty');
  const { classifier, manifest } = await openClassifier(flags.model ? folderUrl(flags.model) : MODEL_FOLDER);
  const labels = askedLabels(flags, manifest.labels);
  const texts = positionals.length > 0 ? positionals : createInterface({ input: stdin });
  if (positionals.length === 0 && stdin.isTTY) say('enter one text a line; Ctrl-D ends');
  const results = [];
  for await (const text of texts) {
    const [answer] = await classifier.classify([{ text, labels, sentences: flags.sentences }]);
    if (answer === undefined) continue;
    const { logits: _, ...result } = answer;
    if (flags.json) {
      results.push(result);
      continue;
    }
    print(`${result.label}\t${result.score.toFixed(4)}\t${text}`);
    for (const { label, score, start, end } of result.sentences ?? []) {
      print(`  ${label}\t${score.toFixed(4)}\t${text.slice(start, end)}`);
    }
    if (result.mixed) print('  its sentences disagree');
  }
  if (flags.json) print(JSON.stringify({ model: manifest.id, version: manifest.version, results }));
  return EXIT.done;
}
