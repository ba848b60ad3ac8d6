/** `npm run predict`: classifies one text, every line of standard input, or every record of a file. */
import path from 'node:path';
import { EXIT, UsageError, UserError } from '../../cli/errors.ts';
import { exists, refuseToReplace } from '../../cli/files.ts';
import type { Flags, FlagValues } from '../../cli/flags.ts';
import { COMMON_FLAGS } from '../../cli/flags.ts';
import { askedBy, extensionOf, formatOf, readTexts, TEXT_FLAGS, unknownFormat, wantedText } from '../../cli/input.ts';
import { duration, progressLine } from '../../cli/progress.ts';
import type { Io } from '../../cli/run.ts';
import { folderUrl, openClassifier, readBundle } from '../../edge/runtime/files.ts';
import { MODEL_FOLDER } from '../../edge/runtime/shipped.ts';
import { openBundle } from '../../shared/bundle.ts';
import { count, counted } from '../../shared/counted.ts';
import { adviceFor } from '../../shared/files/beginning.ts';
import { labelFile } from '../prediction/file.ts';
import { askedLabels, command, MODEL_FLAGS } from './command.ts';

const FLAGS = {
  out: { kind: 'text', value: '<file>', help: 'label a file: its records with their answers, as .csv, .tsv or .jsonl' },
  force: { kind: 'switch', help: 'replace the file --out that is there already, or what another run left of it' },
  model: { kind: 'text', value: '<folder>', help: 'the folder of a bundle (default: the one that ships)' },
  sentences: { kind: 'switch', help: 'each sentence too; in a file, only .jsonl has a place for them' },
  ...MODEL_FLAGS,
  ...TEXT_FLAGS,
  ...COMMON_FLAGS,
} as const satisfies Flags;

const FLAGS_OF_FILES = ['force', 'text-column', 'no-header', 'no-quotes', 'delimiter'] as const;

export const predictCommand = command({
  usage: 'npm run predict -- [flags] ["a text" | <file> --out <file>]',
  summary: `Classifies a text, every line of standard input, or every record of a .csv, .tsv, .jsonl, .json or .txt (--out).
A file is worked on by all cores; Ctrl-C stops, and the same command goes on from there.`,
  flags: FLAGS,
  run,
});

async function run(flags: FlagValues<typeof FLAGS>, positionals: readonly string[], io: Io): Promise<number> {
  if (flags.out !== undefined) return runFile(flags, positionals, flags.out, io);
  const { print, say, stdin } = io;
  if (positionals.length > 1)
    throw new UsageError('one text at a time, in quotes; give more of them one a line on stdin');
  if (positionals[0]?.trim() === '') throw new UsageError('the text is empty');
  const unused = FLAGS_OF_FILES.find((flag) => flags[flag] !== undefined);
  if (unused !== undefined) throw new UsageError(`--${unused} is for a file; give it with --out`);
  await refuseFile(positionals[0]);
  const { classifier, manifest } = await openClassifier(modelFolder(flags.model));
  const labels = askedLabels(flags, manifest.labels);
  const texts = positionals.length > 0 ? positionals : readTexts(undefined, flags, stdin);
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

const modelFolder = (given: string | undefined): URL => (given === undefined ? MODEL_FOLDER : folderUrl(given));

/** @throws UserError when what should be a text is the name of a file, there or not. */
async function refuseFile(text: string | undefined): Promise<void> {
  if (text === undefined || (formatOf(text) ?? adviceFor(extensionOf(text))) === undefined) return;
  if (await exists(text)) throw new UsageError(`${text} is a file; --out says where its records go with their answers`);
  if (!/\s/.test(text)) throw new UserError(`${text}: no such file`);
}

async function runFile(
  flags: FlagValues<typeof FLAGS>,
  [file, ...more]: readonly string[],
  out: string,
  io: Io,
): Promise<number> {
  if (file === undefined || more.length > 0) throw new UsageError('--out takes one file to label');
  const format = formatOf(file);
  if (format === undefined) throw new UserError(unknownFormat(file));
  const outType = outTypeOf(out);
  if (outType !== 'jsonl' && (format === 'jsonl' || format === 'json')) {
    throw new UsageError('--out must end in .jsonl, as objects may have fields of any kind');
  }
  if (flags.sentences && outType !== 'jsonl') throw new UsageError('with --sentences, --out must end in .jsonl');
  if (path.resolve(out) === path.resolve(file)) throw new UsageError('--out is the input file');
  if (!flags.force) await refuseToReplace(out);
  const folder = modelFolder(flags.model);
  const { manifest } = await openBundle(await readBundle(folder));
  const labels = askedLabels(flags, manifest.labels);
  const stopping = new AbortController();
  io.onInterrupt(() => stopping.abort());
  const line = progressLine('labelling', io.stderr);
  const started = performance.now();
  const tally = await labelFile({
    ...{ file, out, outType, force: flags.force, signal: stopping.signal },
    asked: { ...askedBy(flags), format },
    text: wantedText(flags['text-column']),
    model: { folder: folder.href, version: manifest.version, labels, sentences: flags.sentences },
    onProgress: (share, { records }) => line.update(share, counted(records, 'record')),
  }).finally(() => line.done());
  if (tally === undefined) {
    io.say('stopped; the same command goes on from there');
    return EXIT.stopped;
  }
  const { records, failed } = tally;
  if (flags.json) io.print(JSON.stringify({ model: manifest.id, version: manifest.version, out, records, failed }));
  else {
    const bad =
      failed > 0
        ? `, of which ${count(failed)} ${failed === 1 ? 'has' : 'have'} no answer (predicted_error says why)`
        : '';
    io.print(`${counted(records, 'record')}${bad}, in ${duration(performance.now() - started)}: ${out}`);
  }
  return failed > 0 && failed === records ? EXIT.failed : EXIT.done;
}

function outTypeOf(out: string): 'csv' | 'tsv' | 'jsonl' {
  const format = /\.gz$/i.test(out) ? undefined : formatOf(out);
  if (format === 'csv' || format === 'tsv' || format === 'jsonl') return format;
  throw new UsageError('--out must end in .csv, .tsv or .jsonl');
}
