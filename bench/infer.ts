/**
 * The warm speed of the shipped network on one thread: our classifier as the package ships it, a bare onnxruntime-web session with
 * prepared tensors, and tfjs' WASM backend with the same weights, alternating within a run.
 *
 *     npm run bench -- infer [--json]
 *
 * `overhead` is classifier ÷ bare session for 100 tokens. Also: the parts of the classifier's time; batches; the fixed cost of a
 * run, which `edge/inference/batching.ts` relies on; and the tutorial's network beside the machine's limit.
 */
import { createClassifier } from '../edge/inference/classifier.ts';
import build from '../harness/build.ts';
import { importModel } from '../harness/import-model.ts';
import { ort } from '../harness/onnxruntime.ts';
import { openBundle } from '../shared/bundle.ts';
import { encode, toBatch } from '../shared/encoding.ts';
import { tokenizeWith } from '../shared/tokenizer.ts';
import { type Config, PRESETS } from '../train/config.ts';
import { readBundle } from '../train/export/bundle.ts';
import { exportModel } from '../train/export/onnx/export.ts';
import { Pool } from '../train/kernels/pool.ts';
import { buildModel, predict } from '../train/model/model.ts';
import { randomNumbers } from '../train/random.ts';
import { startBackend } from '../train/training/backend.ts';
import { gemmPeak } from './gemm-peak.ts';
import { type Case, median, medianQuotient, type Report, summarize } from './report.ts';
import { textOf } from './texts.ts';
import { loadTuned } from './tuned.ts';

const ROUNDS = 300;
/** Our runs for each run of tfjs, which takes much longer. */
const OURS_PER_TFJS = 20;
const LENGTHS = [30, 100, 400];
const SIZES = [1, 2, 4, 8, 16, 32, 64];

export async function run(): Promise<Report> {
  await build();
  const loadNetwork = await loadTuned();
  const files = await readBundle('model');
  const { manifest, vocabulary } = await openBundle(files);
  const classifier = createClassifier({ readBundle: async () => files, loadNetwork });
  const network = await loadNetwork(files.model, manifest);
  await startBackend();
  const { model: tfjsModel } = importModel(files.model);

  /** A text that the network reads as so many tokens, START included. */
  const textReadAs = (tokens: number) => textOf(tokens - (tokens < manifest.maxTokens ? 1 : 0));
  const idsOf = (text: string) => encode(tokenizeWith(vocabulary, text), vocabulary, manifest.maxTokens).ids;

  const samples = new Map<string, number[]>();
  async function time<T>(name: string, work: () => T | Promise<T>): Promise<void> {
    const start = performance.now();
    await work();
    const elapsed = performance.now() - start;
    const times = samples.get(name) ?? [];
    times.push(elapsed);
    samples.set(name, times);
  }
  const medianOf = (name: string) => median(samples.get(name) as number[]);
  const quotient = (a: string, b: string) => medianQuotient(samples.get(a) as number[], samples.get(b) as number[]);

  /** A run in our copy of onnxruntime-web. */
  function runOf(rows: readonly Int32Array[], of = network): () => Promise<unknown> {
    const batch = toBatch(rows);
    return () => of.run(batch);
  }
  const session = await ort.InferenceSession.create(files.model);
  function bare(rows: readonly Int32Array[]): () => Promise<unknown> {
    const batch = toBatch(rows);
    const feeds = {
      [manifest.inputs.ids]: new ort.Tensor('int32', batch.ids, [batch.rows, batch.steps]),
      [manifest.inputs.lengths]: new ort.Tensor('int32', batch.lengths, [batch.rows]),
    };
    return () => session.run(feeds);
  }

  // One text.
  for (let round = -50; round < ROUNDS; round++) {
    if (round === 0) samples.clear(); // before that, the engine compiles
    for (const length of LENGTHS) {
      const text = textReadAs(length);
      const rows = [idsOf(text)];
      const ours = () => time(`${length} tokens, classifier`, () => classifier.classify([text]));
      const its = () => time(`${length} tokens, bare session`, bare(rows));
      // The second one finds the embedding's rows in the cache, so they take turns.
      for (const work of round % 2 === 0 ? [ours, its] : [its, ours]) await work();
      await time(`  ${length}: tokens and ids`, () => idsOf(text));
      await time(`  ${length}: again, from the nearest cache`, () => idsOf(text));
      await time(`  ${length}: batch and tensors`, () => bare(rows));
      if (round % OURS_PER_TFJS === 0) await time(`${length} tokens, tfjs WASM`, () => predict(tfjsModel, rows));
    }
  }

  // Batches.
  for (let round = 0; round < ROUNDS / 20; round++) {
    for (const size of SIZES) {
      const texts = Array.from({ length: size }, () => textReadAs(100));
      await time(`batch of ${size} × 100`, () => classifier.classify(texts));
      await time(`batch of ${size} × 100, bare session`, bare(texts.map(idsOf)));
    }
    const texts = Array.from({ length: 64 }, (_, index) => textReadAs(Math.round(10 * 40 ** (index / 63)))); // 10 to 400
    await time('64 of 10 to 400, in like lengths', () => classifier.classify(texts));
    await time('64 of 10 to 400, in one run', () => network.run(toBatch(texts.map(idsOf))));
  }

  // The cost of a run: time ≈ run + steps · (step + rows · token).
  for (let round = 0; round < ROUNDS; round++) {
    await time('run of 1 × 1', runOf([idsOf(textReadAs(1))]));
    await time('run of 1 × 100', runOf([idsOf(textReadAs(100))]));
    if (round % 10 === 0)
      await time('run of 16 × 100', runOf(Array.from({ length: 16 }, () => idsOf(textReadAs(100)))));
  }
  const token = (medianOf('run of 16 × 100') - medianOf('run of 1 × 100')) / 1_500;
  const step = (medianOf('run of 1 × 100') - medianOf('run of 1 × 1')) / 99 - token;
  const run = medianOf('run of 1 × 1') - step - token;

  // The tutorial's network. Its time does not depend on the weights.
  const random = randomNumbers(1);
  const { vocabularySize, embeddingUnits, units } = PRESETS['seed'] as Config;
  const seed = await loadNetwork(exportModel(buildModel(PRESETS['seed'] as Config)), manifest);
  for (let round = -50; round < ROUNDS; round++) {
    if (round === 0) samples.delete('seed network, 100 tokens');
    const ids = Int32Array.from({ length: 100 }, () => 1 + Math.floor(random() * (vocabularySize - 1)));
    await time('seed network, 100 tokens', runOf([ids], seed));
  }
  const peak = gemmPeak(await Pool.create({ threads: 1 }));
  /** Milliseconds of an LSTM's two matrix products at the peak speed. */
  const arithmetic = (100 * 2 * 4 * units * (embeddingUnits + units)) / 1e6 / peak.median;

  const cases: Case[] = [...samples].map(([name, times]) => summarize(name, 'ms', times));
  const overheads = LENGTHS.map((length) => [
    length === 100 ? 'overhead' : `overhead${length}`,
    quotient(`${length} tokens, classifier`, `${length} tokens, bare session`),
  ]);
  return {
    benchmark: 'infer',
    packages: ['onnxruntime-web', '@tensorflow/tfjs', '@tensorflow/tfjs-backend-wasm'],
    cases: [...cases, peak, summarize('  its arithmetic at that speed', 'ms', [arithmetic])],
    ratios: {
      ...Object.fromEntries(overheads),
      tfjs: medianOf('100 tokens, tfjs WASM') / medianOf('100 tokens, classifier'),
      batch: quotient('batch of 64 × 100', 'batch of 64 × 100, bare session'),
      likeLengths: quotient('64 of 10 to 400, in one run', '64 of 10 to 400, in like lengths'),
      runInTokens: run / token,
      stepInTokens: step / token,
      seedPeakShare: arithmetic / medianOf('seed network, 100 tokens'),
    },
  };
}
