/**
 * The command line: `npm run train | evaluate | predict | export -- …`. Flags, printing and exit codes are here, and
 * nothing else in train/ reads arguments, prints or exits. Progress goes to stderr, results to stdout.
 *
 * Exit codes: 0 done, 1 could not be done, 2 wrong usage, 130 stopped by Ctrl-C.
 */
import path from 'node:path';
import { createInterface } from 'node:readline';
import { createClassifier } from '../edge/classifier.ts';
import { loadRuntime } from '../edge/runtime/node.ts';
import { BundleError, type Manifest, type Metrics } from '../shared/bundle.ts';
import { readBundle, refuseForeignCard } from './bundle.ts';
import { OFFICIAL_DATASET } from './card.ts';
import { CELLS, type Config, EMBEDDING_UPDATES, PRESETS } from './config.ts';
import { type NamedDataset, readDataset } from './dataset.ts';
import { download, OFFICIAL_ARCHIVE } from './download.ts';
import { isSystemError, UsageError, UserError } from './errors.ts';
import { evaluate, SPLITS, type Split } from './evaluate.ts';
import { writeFiles } from './files.ts';
import { type Flags, type FlagValues, helpOf, parseFlags } from './flags.ts';
import { progressLine } from './progress.ts';
import { randomRows } from './random.ts';

const EXIT = { done: 0, failed: 1, usage: 2, stopped: 130 } as const;

const COMMON_FLAGS = {
  json: { kind: 'switch', help: 'print one JSON object on stdout' },
  help: { kind: 'switch', help: 'print this' },
} as const satisfies Flags;

const DATA_FLAGS = {
  data: { kind: 'text', value: '<path>', help: 'aclImdb_v1.tar.gz or the folder it unpacks to (default: download it)' },
  'any-size': { kind: 'switch', help: 'accept other numbers of reviews than the official ones' },
} as const satisfies Flags;

const TRAIN_FLAGS = {
  preset: { kind: 'text', value: '<name>', help: `one of ${Object.keys(PRESETS).join(', ')} (default: seed)` },
  ...DATA_FLAGS,
  out: { kind: 'text', value: '<folder>', help: 'where the bundle and the checkpoint go (default: runs/<preset>)' },
  cell: { kind: 'text', value: '<name>', help: `the recurrent layer: ${CELLS.join(', ')} (default: the preset's)` },
  'embedding-update': { kind: 'text', value: '<how>', help: `${EMBEDDING_UPDATES.join(' or ')} (default: lazy)` },
  seed: { kind: 'number', value: '<n>', help: 'of weights, order and splits: the same seed gives the same model' },
  epochs: { kind: 'number', value: '<n>', help: 'passes over the training reviews' },
  limit: { kind: 'number', value: '<n>', help: 'train on so many reviews only' },
  validation: { kind: 'number', value: '<fraction>', help: 'of the training reviews to hold out and measure on' },
  resume: { kind: 'switch', help: 'continue the run in --out' },
  ...COMMON_FLAGS,
} as const satisfies Flags;

const EVALUATE_FLAGS = {
  model: { kind: 'text', value: '<folder>', help: 'the bundle (default: model)' },
  split: { kind: 'text', value: '<name>', help: `one of ${SPLITS.join(', ')} (default: test)` },
  ...DATA_FLAGS,
  limit: { kind: 'number', value: '<n>', help: 'score so many reviews only' },
  record: { kind: 'switch', help: "write the metrics into the bundle's model.json and model card" },
  ...COMMON_FLAGS,
} as const satisfies Flags;

const PREDICT_FLAGS = {
  model: { kind: 'text', value: '<folder>', help: 'the bundle (default: model)' },
  ...COMMON_FLAGS,
} as const satisfies Flags;

const EXPORT_FLAGS = {
  from: { kind: 'text', value: '<folder>', help: 'the folder of the training run (default: runs/seed)' },
  out: { kind: 'text', value: '<folder>', help: 'where the bundle goes (default: the same folder)' },
  ...COMMON_FLAGS,
} as const satisfies Flags;

const COMPARE_FLAGS = {
  ...DATA_FLAGS,
  out: { kind: 'text', value: '<folder>', help: 'where the report goes (default: runs/compare)' },
  epochs: { kind: 'number', value: '<n>', help: 'passes over the training reviews (default: 3)' },
  limit: { kind: 'number', value: '<n>', help: 'use so many reviews only' },
  'memory-steps': { kind: 'number', value: '<n>', help: 'training steps of the memory task (default: 600)' },
  ...COMMON_FLAGS,
} as const satisfies Flags;

interface Command<F extends Flags = Flags> {
  readonly usage: string;
  readonly summary: string;
  readonly flags: F;
  readonly run: (values: FlagValues<F>, positionals: readonly string[]) => Promise<number>;
}

const COMMANDS: Readonly<Record<string, Command>> = {
  train: command({
    usage: 'npm run train -- [flags]',
    summary: 'Trains the network on labelled reviews and writes a model bundle.',
    flags: TRAIN_FLAGS,
    run: runTrain,
  }),
  evaluate: command({
    usage: 'npm run evaluate -- [flags]',
    summary: 'Scores a model bundle on a split of the reviews.',
    flags: EVALUATE_FLAGS,
    run: runEvaluate,
  }),
  predict: command({
    usage: 'npm run predict -- [flags] ["a text"]',
    summary: 'Classifies a text, or every line of standard input.',
    flags: PREDICT_FLAGS,
    run: runPredict,
  }),
  compare: command({
    usage: 'npm run compare -- [flags]',
    summary: 'Trains LSTM, GRU and RNN on the same budget, and reports how they differ and why.',
    flags: COMPARE_FLAGS,
    run: runCompare,
  }),
  export: command({
    usage: 'npm run export -- [flags]',
    summary: 'Writes the model bundle of a training run again.',
    flags: EXPORT_FLAGS,
    run: runExport,
  }),
};

async function runTrain(flags: FlagValues<typeof TRAIN_FLAGS>, positionals: readonly string[]): Promise<number> {
  refuse(positionals);
  const { preset, cell, epochs, seed, limit, validation: validationFraction } = flags;
  const embeddingUpdate = flags['embedding-update'];
  // `train` checks them against the schema of a configuration.
  const asked = { preset, cell, embeddingUpdate, epochs, seed, limit, validationFraction } as Partial<Config>;
  const config: Partial<Config> = Object.fromEntries(Object.entries(asked).filter(([, value]) => value !== undefined));
  const folder = flags.out ?? path.join('runs', preset ?? 'seed');
  const { train } = await import('./train.ts'); // tfjs takes half a second to load, and not every command needs it
  const interruption = new AbortController();
  let started = false;
  let stoppedAt = Number.POSITIVE_INFINITY;
  const stop = () => {
    if (!started) process.exit(EXIT.stopped); // there is nothing to save yet
    // One Ctrl-C can arrive twice, from the terminal and from npm.
    if (performance.now() - stoppedAt > 1_000) process.exit(EXIT.stopped);
    if (interruption.signal.aborted) return;
    stoppedAt = performance.now();
    interruption.abort();
    say('\nstopping after this step; press Ctrl-C again to lose what the last checkpoint does not have');
  };
  process.on('SIGINT', stop).on('SIGTERM', stop);

  let line: ReturnType<typeof progressLine> | undefined;
  let since = 0; // when the line was begun, and how many reviews there were before
  let before = 0;
  const manifest = await train({
    loadDataset: () => loadData(flags),
    config,
    folder,
    resume: flags.resume === true,
    signal: interruption.signal,
    onStart: ({ config, dataset, vocabulary, model }) => {
      started = true;
      const held = dataset.validationReviews > 0 ? `, ${dataset.validationReviews} held out` : '';
      const network = `${vocabulary.size} words, ${model.countParams()} parameters, ${config.epochs} epochs`;
      say(`training on ${dataset.reviews} reviews${held}: ${network}`);
    },
    onStep: ({ epochs, step, totals }, steps) => {
      if (line === undefined) {
        line = progressLine(`epoch ${epochs.length + 1}`);
        [since, before] = [performance.now(), totals.reviews];
      }
      const rate = Math.round((totals.reviews - before) / ((performance.now() - since) / 1_000) || 0);
      const loss = (totals.loss / totals.reviews).toFixed(4);
      const accuracy = (totals.correct / totals.reviews).toFixed(4);
      line.update(step / steps, `loss ${loss}  accuracy ${accuracy}  ${rate} reviews/s`);
    },
    onEpoch: ({ epochs }) => {
      line?.done();
      line = undefined;
      const last = epochs.at(-1);
      if (last?.validationLoss === undefined || last.validationAccuracy === undefined) return;
      say(`  validation loss ${last.validationLoss.toFixed(4)}  accuracy ${last.validationAccuracy.toFixed(4)}`);
    },
  });
  line?.done();
  if (manifest === undefined) {
    say(`stopped; continue with the same command and --resume (the run is in ${folder})`);
    return EXIT.stopped;
  }
  reportBundle(manifest, folder, flags.json);
  return EXIT.done;
}

async function runEvaluate(flags: FlagValues<typeof EVALUATE_FLAGS>, positionals: readonly string[]): Promise<number> {
  refuse(positionals);
  const split = flags.split ?? 'test';
  if (!isSplit(split)) throw new UsageError(`no split "${split}"; there is ${SPLITS.join(', ')}`);
  let line: ReturnType<typeof progressLine> | undefined;
  const { manifest, metrics } = await evaluate({
    folder: flags.model ?? 'model',
    loadDataset: () => loadData(flags),
    split,
    limit: flags.limit ?? 0,
    record: flags.record === true,
    onProgress: (done, all) => {
      line ??= progressLine('scoring');
      line.update(done / all, `${done} reviews`);
    },
  });
  line?.done();
  const { id, version } = manifest;
  if (flags.json) print(JSON.stringify({ model: id, version, split, metrics }));
  else print(`${id} ${version} on the ${split} split\n\n${describe(metrics, manifest)}`);
  return EXIT.done;
}

async function runPredict(flags: FlagValues<typeof PREDICT_FLAGS>, positionals: readonly string[]): Promise<number> {
  if (positionals.length > 1) throw new UsageError('put quotes around the text, so that it is one argument');
  if (positionals[0]?.trim() === '') throw new UsageError('the text is empty');
  const folder = flags.model ?? 'model';
  const classifier = createClassifier({ readBundle: () => readBundle(folder), loadRuntime });
  const { id, version } = await classifier.manifest();
  const texts = positionals.length > 0 ? positionals : createInterface({ input: process.stdin });
  if (positionals.length === 0 && process.stdin.isTTY) say('one text a line; Ctrl-D ends');
  const results = [];
  for await (const text of texts) {
    const [answer] = await classifier.classify([text]);
    if (answer === undefined) continue;
    const { label, score, tokens, unknown, truncated } = answer;
    if (flags.json) results.push({ label, score, tokens, unknown, truncated });
    else print(`${label}\t${score.toFixed(4)}\t${text}`);
  }
  if (flags.json) print(JSON.stringify({ model: id, version, results }));
  return EXIT.done;
}

async function runExport(flags: FlagValues<typeof EXPORT_FLAGS>, positionals: readonly string[]): Promise<number> {
  refuse(positionals);
  const from = flags.from ?? path.join('runs', 'seed');
  const folder = flags.out ?? from;
  const [{ startBackend }, { loadCheckpoint }, { exportBundle }] = await Promise.all([
    import('./backend.ts'),
    import('./checkpoint.ts'),
    import('./export.ts'),
  ]);
  await startBackend();
  await refuseForeignCard(folder);
  const run = await loadCheckpoint(from);
  const { vocabulary, config } = run;
  // There need be no reviews here; ids drawn at random find a wrong weight as well.
  const samples = randomRows({ rows: 256, maxLength: config.maxTokens, below: vocabulary.size, seed: config.seed });
  reportBundle(await exportBundle(run, samples, folder), folder, flags.json);
  return EXIT.done;
}

async function runCompare(flags: FlagValues<typeof COMPARE_FLAGS>, positionals: readonly string[]): Promise<number> {
  refuse(positionals);
  const [{ compare }, { comparisonReport }, { configOf }] = await Promise.all([
    import('./compare.ts'),
    import('./compare-report.ts'),
    import('./train.ts'),
  ]);
  const folder = flags.out ?? path.join('runs', 'compare');
  const { epochs, limit } = flags;
  const memorySteps = flags['memory-steps'] ?? 600;
  const config = configOf({
    validationFraction: 0.1,
    ...(epochs !== undefined && { epochs }),
    ...(limit !== undefined && { limit }),
  });
  const { dataset } = await loadData(flags);
  const comparison = await compare({ dataset, config, memorySteps, onProgress: say });
  await writeFiles(folder, comparisonReport(comparison));
  print(flags.json ? JSON.stringify(comparison) : `the report is in ${path.join(folder, 'rnn-vs-lstm.html')}`);
  return EXIT.done;
}

async function loadData(flags: FlagValues<typeof DATA_FLAGS>): Promise<NamedDataset> {
  const location = flags.data ?? (await downloadArchive());
  say(`reading ${location}`);
  const dataset = await readDataset(location, { anySize: flags['any-size'] === true });
  const name = dataset.official ? OFFICIAL_DATASET : path.basename(path.resolve(location)).replace(/\.tar\.gz$/, '');
  return { dataset, name };
}

async function downloadArchive(): Promise<string> {
  const { bytes } = OFFICIAL_ARCHIVE;
  const line = progressLine('downloading');
  const megabytes = (count: number) => (count / 1e6).toFixed(1);
  return download(OFFICIAL_ARCHIVE, {
    onProgress: (done) => line.update(done / bytes, `${megabytes(done)} of ${megabytes(bytes)} MB`),
  }).finally(() => line.done());
}

function reportBundle(manifest: Manifest, folder: string, json: boolean | undefined): void {
  const { id, version, training, parity } = manifest;
  if (json) {
    print(JSON.stringify({ model: id, version, folder, epochs: training.epochs, parity }));
    return;
  }
  const difference = parity.maxDifference.toExponential(1);
  print(`${id} ${version} is in ${folder}; ONNX and tfjs differ by at most ${difference} on ${parity.inputs} inputs`);
}

function describe(metrics: Metrics, { labels }: Manifest): string {
  const { reviews, confusion, ...ratios } = metrics;
  const names: Record<keyof typeof ratios, string> = {
    accuracy: 'accuracy',
    precision: 'precision',
    recall: 'recall',
    f1: 'F1',
    rocAuc: 'ROC-AUC',
    logLoss: 'log loss',
    brier: 'Brier score',
    expectedCalibrationError: 'expected calibration error',
  };
  const line = (name: string, value: string) => `${name.padEnd(28)}${value.padStart(8)}`;
  const [tn, fp, fn, tp] = confusion.flat().map((count) => String(count).padStart(10)) as [
    string,
    string,
    string,
    string,
  ];
  const columns = labels.map((label) => label.padStart(10)).join('');
  return [
    line('reviews', String(reviews)),
    ...Object.entries(names).map(([key, name]) => line(name, ratios[key as keyof typeof ratios].toFixed(4))),
    '',
    `${'true label \\ answer'.padEnd(20)}${columns}`,
    `${labels[0].padEnd(20)}${tn}${fp}`,
    `${labels[1].padEnd(20)}${fn}${tp}`,
  ].join('\n');
}

function isSplit(name: string): name is Split {
  return (SPLITS as readonly string[]).includes(name);
}

function refuse(positionals: readonly string[]): void {
  if (positionals.length > 0) throw new UsageError(`unexpected argument "${positionals[0]}"`);
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

function say(text: string): void {
  process.stderr.write(`${text}\n`);
}

/** Forgets the types of a command's flags, which only its own `run` needs. */
function command<F extends Flags>(definition: Command<F>): Command {
  return definition as unknown as Command;
}

async function main([name, ...args]: readonly string[]): Promise<number> {
  const chosen = name === undefined || !Object.hasOwn(COMMANDS, name) ? undefined : COMMANDS[name];
  if (chosen === undefined) throw new UsageError(`usage: npm run ${Object.keys(COMMANDS).join(' | ')} -- [flags]`);
  const { values, positionals } = parseFlags(args, chosen.flags);
  if ((values as FlagValues<typeof COMMON_FLAGS>).help) {
    print(`${chosen.summary}\n\nusage: ${chosen.usage}\n\n${helpOf(chosen.flags)}`);
    return EXIT.done;
  }
  return chosen.run(values, positionals);
}

// Whoever reads our output may have read enough, as `head` does.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(EXIT.done);
  throw error;
});

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  const isUsers = error instanceof UserError || error instanceof BundleError || isSystemError(error);
  // A bug keeps its stack.
  say(isUsers ? `error: ${error.message}` : `this is a bug: ${error instanceof Error ? error.stack : error}`);
  process.exitCode = error instanceof UsageError ? EXIT.usage : EXIT.failed;
}
