/**
 * `npm run bulk -- reviews.csv --url … --out results.csv`: classifies a file of any size as a job of an endpoint, and goes on
 * where it was stopped. Here are flags, printing and exit codes; the job is in `job.ts`.
 *
 * Exit codes: 0 done, 1 could not be done, 2 wrong usage, 130 stopped by Ctrl-C. A record that cannot be classified gets its error
 * and changes no exit code, unless every record failed: 1.
 */
import path from 'node:path';
import * as v from 'valibot';
import { endpointAddress } from '../../cli/endpoint.ts';
import { EXIT, UsageError } from '../../cli/errors.ts';
import { COMMON_FLAGS, type Flags, type FlagValues, helpOf, parseFlags } from '../../cli/flags.ts';
import { extensionOf, isCompressed, plainName } from '../../cli/input.ts';
import { duration, type ProgressLine, progressLine } from '../../cli/progress.ts';
import { type Io, oneLine, runMain } from '../../cli/run.ts';
import { Delimiter, type JobType } from '../../edge/http/schema.ts';
import { count, counted } from '../../shared/counted.ts';
import { labelsIn } from '../../shared/labels.ts';
import { createEndpoint, type Wait } from './endpoint.ts';
import { cancelJob, runJob, type Task } from './job.ts';
import type { TableType } from './results.ts';

const FLAGS = {
  url: { kind: 'text', value: '<url>', help: 'the endpoint (default: http://127.0.0.1:8787, which is `npm run dev`)' },
  out: {
    kind: 'text',
    value: '<file>',
    help: 'the results: .csv, .tsv, .ndjson or .jsonl (default: <name>.results.<ext>)',
  },
  type: {
    kind: 'text',
    value: '<type>',
    help: 'csv, tsv, ndjson, json or txt (default: by the extension of the file)',
  },
  delimiter: {
    kind: 'text',
    value: '<name>',
    help: 'of a table: comma, semicolon, tab or pipe (default: told from the header)',
  },
  'text-column': { kind: 'text', value: '<name>', help: 'the column or field of the text (default: text or review)' },
  'id-column': { kind: 'text', value: '<name>', help: 'the column or field of the id (default: id, if there is one)' },
  labels: {
    kind: 'text',
    value: '<a,b,…>',
    help: "those of the model's labels to choose from (default: the endpoint's)",
  },
  sentences: { kind: 'switch', help: 'the answer to each sentence too; the results are then .ndjson or .jsonl' },
  force: {
    kind: 'switch',
    help: 'replace a file of results that is there already; try given-up records again',
  },
  restart: { kind: 'switch', help: 'cancel the job that was begun, and begin a new one' },
  cancel: { kind: 'switch', help: 'cancel the job that was begun, and end' },
  ...COMMON_FLAGS,
} as const satisfies Flags;

const HELP = `Classifies a file of reviews, of any size, as a job of an endpoint.

usage: npm run bulk -- <file> [flags]

${helpOf(FLAGS)}

The environment variable API_KEY has the key, where the endpoint wants one. Ctrl-C stops; the same command goes on from
there, with what <out>.job says of the job.`;

/** The types of files. Results can only be of the types with a `table`. */
const TYPES: Readonly<Record<string, { readonly table?: TableType; readonly media: JobType }>> = {
  csv: { table: 'csv', media: 'text/csv' },
  tsv: { table: 'tsv', media: 'text/tab-separated-values' },
  ndjson: { table: 'ndjson', media: 'application/x-ndjson' },
  jsonl: { table: 'ndjson', media: 'application/x-ndjson' },
  json: { media: 'application/json' },
  txt: { media: 'text/plain' },
};
const EXTENSIONS = '.csv, .tsv, .ndjson or .jsonl'; // of results

/** @param wait between two tries, or two looks at the job. Default: by the clock */
export async function main(args: readonly string[], io: Io, wait?: Wait): Promise<number> {
  const interruption = new AbortController();
  io.onInterrupt(() => interruption.abort());
  try {
    return await run(args, io, interruption.signal, wait);
  } catch (error) {
    if (!interruption.signal.aborted) throw error;
    const isRestarted = args.includes('--restart');
    io.say(
      `stopped; ${sameCommand(isRestarted)} goes on ${isRestarted ? 'with the job that was begun' : 'from there'}`,
    );
    return EXIT.stopped;
  } finally {
    interruption.abort(); // ends other requests, such as the second part
  }
}

async function run(args: readonly string[], io: Io, signal: AbortSignal, wait?: Wait): Promise<number> {
  const { values, positionals } = parseFlags(args, FLAGS);
  if (values.help) {
    io.stdout.write(`${HELP}\n`);
    return EXIT.done;
  }
  const task = taskOf(values, positionals);
  const { url, apiKey } = endpointAddress(values.url ?? 'http://127.0.0.1:8787', io.env['API_KEY']);
  const lines = progressLines(io);
  const onRetry = (why: string, seconds: number) =>
    lines.say(`${oneLine(why)} Trying again in ${duration(seconds * 1_000)}.`);
  const again = sameCommand(task.restart);
  const endpoint = createEndpoint({ url, apiKey, signal, again, onRetry, ...(wait && { wait }) });
  const started = performance.now();
  try {
    if (values.cancel) {
      const job = await cancelJob(task.out, endpoint);
      io.print(values.json ? JSON.stringify({ job, cancelled: true }) : `job ${job} is cancelled`);
      return EXIT.done;
    }
    const { job, records, failed, failures, models, givenUp } = await runJob(task, endpoint, lines);
    lines.done();
    for (const { line, error } of failures) io.say(`line ${line}: ${oneLine(error)}`);
    if (failed > failures.length)
      io.say(`… and ${count(failed - failures.length)} more, each with its error in ${task.out}`);
    if (givenUp) io.say(`some records were given up; ${again}, with --force, tries those again`);
    const seconds = (performance.now() - started) / 1_000;
    const by = models.length > 0 ? ` by model ${models.join(', ')}` : '';
    if (values.json) io.print(JSON.stringify({ job, records, failed, seconds, models, out: task.out }));
    else
      io.print(
        `${counted(records, 'record')}, ${count(failed)} failed, in ${duration(seconds * 1_000)}${by}: ${task.out}`,
      );
    return failed > 0 && failed === records ? EXIT.failed : EXIT.done;
  } finally {
    lines.done();
  }
}

/** The command that continues a job: --restart would begin another. */
function sameCommand(restart: boolean): string {
  return restart ? 'the same command without --restart' : 'the same command';
}

function taskOf(flags: FlagValues<typeof FLAGS>, [file, ...more]: readonly string[]): Task {
  if (file === undefined) throw new UsageError('usage: npm run bulk -- <file> [flags]');
  if (more.length > 0) throw new UsageError(`unexpected argument "${more[0]}"`);
  if (flags.restart && flags.cancel) throw new UsageError('--restart and --cancel exclude each other');
  const type = flags.type ?? extensionOf(file);
  const wanted = typeOf(type);
  if (wanted === undefined) {
    if (flags.type !== undefined) throw new UsageError('--type must be csv, tsv, ndjson, json or txt');
    throw new UsageError(
      `${file} must end in .csv, .tsv, .ndjson, .jsonl, .json or .txt, and .gz may follow; or give its type by --type`,
    );
  }
  const extension = flags.sentences ? 'ndjson' : resultsExtension(extensionOf(file), type);
  const out = flags.out ?? `${plainName(file)}.results.${extension}`;
  const made = isCompressed(out) ? undefined : typeOf(extensionOf(out));
  if (made?.table === undefined) throw new UsageError(`--out must end in ${EXTENSIONS}`);
  if (flags.sentences && made.table !== 'ndjson')
    throw new UsageError('with --sentences, --out must end in .ndjson or .jsonl');
  if (path.resolve(out) === path.resolve(file)) throw new UsageError('--out is the input file');
  return {
    ...{ file, out, type: wanted.media, outType: made.table },
    ...{ textColumn: flags['text-column'], idColumn: flags['id-column'] },
    delimiter: delimiterOf(flags.delimiter),
    ...{ labels: flags.labels === undefined ? undefined : labelsIn(flags.labels), sentences: flags.sentences },
    ...{ force: flags.force ?? false, restart: flags.restart ?? false },
  };
}

function delimiterOf(name: string | undefined): Task['delimiter'] {
  if (name === undefined || v.is(Delimiter, name)) return name;
  throw new UsageError(`--delimiter must be one of ${Delimiter.options.join(', ')}`);
}

/** The file's own extension, if results may have it. */
function resultsExtension(own: string, type: string): string {
  if (typeOf(own)?.table !== undefined) return own;
  return typeOf(type)?.table === undefined ? 'csv' : type;
}

function typeOf(name: string) {
  return Object.hasOwn(TYPES, name) ? TYPES[name] : undefined;
}

/** Shows progress, a line for each stage; messages stand above it. */
function progressLines(io: Io) {
  let line: ProgressLine | undefined;
  let current = '';
  const done = () => {
    line?.done();
    line = undefined;
  };
  return {
    done,
    say: (text: string) => {
      done();
      io.say(text);
    },
    progress: (stage: string, fraction: number, text: string) => {
      if (stage !== current) done();
      current = stage;
      line ??= progressLine(stage, io.stderr);
      line.update(fraction, text);
    },
  };
}

if (import.meta.main) await runMain(main);
