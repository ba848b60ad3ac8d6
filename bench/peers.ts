/**
 * Measures the alternatives that a user has beside ours, in one run: word lists from npm, and a network of DistilBERT's shapes in the same
 * onnxruntime-web (`peers/distilbert.ts`). Each contender is a process of its own; they take turns.
 *
 *     npm run bench -- peers [--json]
 *
 * CPU is that of the thread that answers. For workerd it needs Linux, and includes HTTP and Miniflare's own worker. The network of
 * DistilBERT's shapes gets ids, as many as our texts have words, without its tokenizer, which would make more. Size is what has to be
 * shipped: bundled and minified code, runtime and model. Accuracy is from docs/reports/scorecard.md. `float32` and `int8` are CPU milliseconds
 * of that network ÷ ours in Node, for a text of 100 tokens.
 */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { build as bundle } from 'esbuild';
import { WASM_FILE } from '../edge/runtime/shipped.ts';
import harnessBuild from '../harness/build.ts';
import { cpuTime, residentMemory, workerdPid } from '../harness/inspector.ts';
import { builtFiles, startWorker } from '../harness/worker.ts';
import { BUNDLE_FILES, parseManifest } from '../shared/bundle.ts';
import { installWordLists, PEERS_FOLDER, WORD_LISTS } from '../train/evaluation/scorecard/word-lists.ts';
import { markdownTable } from '../train/format.ts';
import { startChild } from './child.ts';
import type { Question } from './peers/contender.ts';
import { DISTILBERT, distilbert } from './peers/distilbert.ts';
import { type Case, median, type Report, summarize } from './report.ts';
import { textOf } from './texts.ts';
import { TUNED_WASM } from './tuned.ts';
import { ask } from './worker-cpu.ts';

const ROUNDS = 7;
/** Fresh processes of each. */
const STARTS = 5;
const LENGTHS = [10, 30, 100, 400];
/** Requests of a measurement in workerd. */
const REQUESTS = 50;
const TEXT = 'A wonderful film. I loved every minute of it!';

interface Contender {
  readonly name: string;
  /** Starts a process and waits for its first answer. */
  readonly start: () => Promise<Running>;
  readonly files: () => Promise<readonly Uint8Array[]>;
  /** Its column in docs/reports/scorecard.md, or a pattern for what others have published. */
  readonly accuracy: string | RegExp | undefined;
}

interface Running {
  readonly pid: string | undefined;
  /** Milliseconds of CPU for a text of so many tokens. */
  readonly cpu: (length: number) => Promise<number>;
  readonly stop: () => Promise<unknown>;
}

export async function run(): Promise<Report> {
  await installWordLists();
  await harnessBuild();
  const folder = await mkdtemp(path.join(os.tmpdir(), 'peers-'));
  try {
    return await compare(await contendersIn(folder));
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function contendersIn(folder: string): Promise<Contender[]> {
  const networks = [];
  for (const [kind, quantized] of [
    ['float32', false],
    ['int8', true],
  ] as const) {
    const file = path.join(folder, `${kind}.onnx`);
    await writeFile(file, distilbert(DISTILBERT, quantized));
    networks.push({
      name: `DistilBERT's shapes, ${kind}`,
      start: () => startNode('distilbert', file),
      files: async () => [...(await runtimeFiles()), await readFile(file)],
      accuracy: /DistilBERT-SST-2 ([\d.]+)/,
    });
  }
  const { id: ours } = parseManifest(await readFile(path.join('model', BUNDLE_FILES.manifest), 'utf8'));
  return [
    { name: 'ours, Node', start: () => startNode('ours'), files: ourFiles, accuracy: ours },
    { name: 'ours, workerd', start: startWorkerd, files: workerFiles, accuracy: ours },
    ...Object.keys(WORD_LISTS).map((name) => ({
      name,
      start: () => startNode(name),
      files: async () => [
        await bundled(`import list from '${PACKAGES[name] ?? name}'; globalThis.list = list;`, PEERS_FOLDER),
      ],
      accuracy: name,
    })),
    ...networks,
    { name: 'an empty Node process', start: () => startNode('nothing'), files: async () => [], accuracy: undefined },
  ];
}

/** The part of a package that is used. */
const PACKAGES: Readonly<Record<string, string>> = { natural: 'natural/lib/natural/sentiment' };

async function compare(contenders: readonly Contender[]): Promise<Report> {
  const samples = new Map<string, number[]>();
  const note = (name: string, value: number) => samples.set(name, [...(samples.get(name) ?? []), value]);
  let running = new Map<string, Running>();
  for (let round = 0; round < STARTS; round++) {
    await Promise.all([...running.values()].map(({ stop }) => stop()));
    running = new Map();
    for (const { name, start } of contenders) {
      const before = performance.now();
      running.set(name, await start());
      note(`${name}: first answer, ms`, performance.now() - before);
    }
  }
  for (let round = -1; round < ROUNDS; round++) {
    for (const length of LENGTHS) {
      for (const { name, accuracy } of contenders) {
        if (accuracy === undefined) continue;
        const cpu = await (running.get(name) as Running).cpu(length);
        if (round >= 0) note(`${name}: CPU, ${length} tokens, ms`, cpu); // before that, the engine compiles
      }
    }
  }
  for (const [name, { pid }] of running) if (pid !== undefined) note(`${name}: memory, MB`, residentMemory(pid));
  await Promise.all([...running.values()].map(({ stop }) => stop()));

  for (const { name, files } of contenders) {
    const all = await files();
    const zipped = await Promise.all(all.map((bytes) => promisify(gzip)(bytes)));
    const megabytes = (parts: readonly Uint8Array[]) => parts.reduce((sum, { length }) => sum + length, 0) / 1e6;
    if (all.length === 0) continue;
    note(`${name}: size, MB`, megabytes(all));
    note(`${name}: size gzipped, MB`, megabytes(zipped));
  }

  const figure = (key: string) => {
    const values = samples.get(key);
    return values === undefined ? undefined : median(values);
  };
  const accuracies = await accuraciesOf(contenders);
  const rows = contenders.map(({ name, accuracy }, place) => [
    name,
    ...LENGTHS.map((length) => shown(figure(`${name}: CPU, ${length} tokens, ms`))),
    shown(figure(`${name}: size, MB`)),
    shown(figure(`${name}: size gzipped, MB`)),
    shown(figure(`${name}: memory, MB`)),
    shown(figure(`${name}: first answer, ms`)),
    `${accuracies[place] ?? '–'}${accuracy instanceof RegExp ? ' (published)' : ''}`,
  ]);
  const heads = [
    'CPU of a text of',
    ...LENGTHS.map((length) => `${length} tokens, ms`),
    ...['size, MB', 'gzipped, MB', 'memory, MB', 'first answer, ms', 'accuracy, IMDB'],
  ];
  const at100 = (name: string) => figure(`${name}: CPU, 100 tokens, ms`) ?? Number.NaN;
  const cases: Case[] = [...samples].map(([key, values]) => {
    const [, name = key, unit = ''] = /^(.*), (ms|MB)$/.exec(key) ?? [];
    return summarize(name, unit, values);
  });
  return {
    benchmark: 'peers',
    packages: ['onnxruntime-web', 'miniflare'],
    cases,
    ratios: Object.fromEntries(
      ['float32', 'int8'].map((kind) => [kind, at100(`DistilBERT's shapes, ${kind}`) / at100('ours, Node')]),
    ),
    table: markdownTable(heads, rows),
  };
}

async function startNode(...args: string[]): Promise<Running> {
  const { pid, ask, stop } = await startChild(path.join(import.meta.dirname, 'peers/contender.ts'), args);
  return {
    pid: process.platform === 'linux' ? `${pid}` : undefined,
    cpu: async (length) => ask<number>({ length } satisfies Question),
    stop,
  };
}

async function startWorkerd(): Promise<Running> {
  const worker = await startWorker();
  await ask(worker, TEXT);
  const pid = workerdPid();
  return {
    pid,
    cpu: async (length) => {
      const texts = Array.from({ length: REQUESTS }, () => textOf(length));
      const before = pid === undefined ? Number.NaN : cpuTime(pid);
      for (const text of texts) await ask(worker, text);
      return pid === undefined ? Number.NaN : (cpuTime(pid) - before) / REQUESTS;
    },
    stop: worker.stop,
  };
}

async function ourFiles(): Promise<Uint8Array[]> {
  const code = await bundled(
    `import { openClassifier } from './edge/runtime/files.ts'; globalThis.open = openClassifier;`,
  );
  const model = await Promise.all(Object.values(BUNDLE_FILES).map((name) => readFile(path.join('model', name))));
  return [code, await readFile(TUNED_WASM), ...model];
}

async function workerFiles(): Promise<Uint8Array[]> {
  return Promise.all((await builtFiles()).map((name) => readFile(path.join('dist', name))));
}

async function runtimeFiles(): Promise<Uint8Array[]> {
  return [
    await bundled(`import * as ort from 'onnxruntime-web/wasm'; globalThis.ort = ort;`),
    await readFile(WASM_FILE),
  ];
}

async function bundled(contents: string, resolveDir = '.'): Promise<Uint8Array> {
  const { outputFiles } = await bundle({
    stdin: { contents, resolveDir },
    bundle: true,
    minify: true,
    platform: 'node',
    format: 'esm',
    write: false,
    logLevel: 'error',
  });
  return (outputFiles[0] as (typeof outputFiles)[0]).contents;
}

/** Accuracy on IMDB's test split, as docs/reports/scorecard.md has it. */
async function accuraciesOf(contenders: readonly Contender[]): Promise<(string | undefined)[]> {
  const lines = (await readFile('docs/reports/scorecard.md', 'utf8')).split('\n');
  const cellsOf = (line = '') => line.split('|').map((cell) => cell.trim());
  const heads = cellsOf(lines.find((line) => line.includes('| published |')));
  const row = lines.slice(lines.indexOf('## Beside it')).find((line) => line.startsWith('| IMDB official test |'));
  return contenders.map(({ accuracy }) =>
    accuracy instanceof RegExp ? accuracy.exec(row ?? '')?.[1] : cellsOf(row)[heads.indexOf(accuracy ?? '?')],
  );
}

function shown(value: number | undefined): string {
  if (value === undefined || Number.isNaN(value)) return '–';
  return value >= 100 ? value.toFixed(0) : value.toPrecision(2);
}
