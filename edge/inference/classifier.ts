/** Classifies texts. Owns the isolate's one network, loads it at first use, and knows nothing of HTTP. */
import {
  type Bundle,
  BundleError,
  type BundleFiles,
  type Manifest,
  openBundle,
  openPrepared,
  type PreparedFiles,
} from '../../shared/bundle.ts';
import { encode, toBatch } from '../../shared/encoding.ts';
import { tokenizeWith } from '../../shared/tokenizer.ts';
import { START_ID } from '../../shared/vocabulary.ts';
import {
  answer,
  answerSentences,
  type Classification,
  lacksStart,
  numbersOf,
  partsOf,
  pick,
  type Reading,
} from './answer.ts';
import { Backlog, type Call, TURN_TOKENS } from './backlog.ts';
import { groupByLength } from './batching.ts';
import { retrying } from './loading.ts';
import type { Network } from './network.ts';
import { kindsIn, unreliable, type WordKinds } from './reliability.ts';
import { readSentences } from './sentences.ts';

/** A text with the options of its answer. */
export interface ClassifyRequest {
  readonly text: string;
  /** Two or more of the bundle's labels. Default: `Classifier.labels`. */
  readonly labels?: readonly string[] | undefined;
  /** Whether to return the evidence of every token (`evidence.ts`), which needs no further run. */
  readonly evidence?: boolean | undefined;
  /** Whether to return each sentence's answer too, which takes about as long again. */
  readonly sentences?: boolean | undefined;
  /** The network reads only so many tokens: the first ones, or with a number below 0 the last ones. */
  readonly only?: number | undefined;
}

/** Each call loads what it needs. If loading fails, it rejects with a `LoadError`, and the next call tries again. */
export interface Classifier {
  /** Loads the network. */
  ready(): Promise<void>;
  /** How often the network broke and was loaded again. */
  reloads(): number;
  /** The facts of the verified bundle. */
  manifest(): Promise<Manifest>;
  /** The labels of requests that name none, in the bundle's order. */
  labels(): Promise<readonly string[]>;
  /**
   * Classifies texts, in order; the caller limits their number and length. A text may be empty. All logits of a text without a
   * known word are 0.
   * @throws RangeError if the bundle lacks a label asked for, or only one is; AnswerTooLargeError; OverloadedError; the signal's reason.
   */
  classify(texts: readonly (string | ClassifyRequest)[], options?: ClassifyOptions): Promise<Classification[]>;
}

export interface ClassifyOptions {
  /** The most numbers (scores, evidence) in all answers together. Default: no limit. */
  readonly maxNumbers?: number;
  /** The most tokens that may wait to be computed, including these. Default: no limit. */
  readonly maxBacklog?: number;
  /** Stops computing when aborted. */
  readonly signal?: AbortSignal | undefined;
  /** Whether other calls may go first (streams and jobs). `maxBacklog` then has no effect. */
  readonly patient?: boolean;
}

/** The answers would have more than `maxNumbers`. Thrown before the network runs. */
export class AnswerTooLargeError extends Error {
  override readonly name = 'AnswerTooLargeError';
  readonly numbers: number;

  constructor(numbers: number) {
    super(`the answers would have ${numbers} numbers`);
    this.numbers = numbers;
  }
}

/** @internal */
export interface ClassifierOptions {
  readonly readBundle: () => Promise<BundleFiles | PreparedFiles>;
  /** Loads the network of a verified bundle. */
  readonly loadNetwork: (model: Uint8Array, manifest: Manifest) => Promise<Network>;
  /** The setting LABELS: the labels of requests that name none. Default: all. If the bundle lacks one, every load fails. */
  readonly labels?: readonly string[] | undefined;
  /** The setting MAX_TOKENS: how many tokens of a text are read. Default: as many as in training. */
  readonly maxTokens?: number | undefined;
  /** Default: its own. */
  readonly backlog?: Backlog;
}

/** A bundle with the settings. */
interface Opened extends Bundle {
  /** The indices of the labels of a request that names none. */
  readonly columns: readonly number[];
  /** The kind of each word of the vocabulary (`kindsIn`). */
  readonly kinds: WordKinds;
}

/** Tokenizing so many characters takes as long as computing one token. */
const CHARACTERS_A_TOKEN = 50;

/** Ordinary texts have more tokens than one for so many characters. */
const CHARACTERS_A_WORD = 8;

/**
 * Creates a classifier, which loads nothing until it is used.
 * @throws RangeError when `maxTokens` is not a whole number above 0; TypeError when `labels` is not a list.
 * @internal
 */
export function createClassifier({
  readBundle,
  loadNetwork,
  labels,
  maxTokens,
  backlog = new Backlog(),
}: ClassifierOptions): Classifier {
  if (maxTokens !== undefined && !(Number.isInteger(maxTokens) && maxTokens > 0)) {
    throw new RangeError(`maxTokens must be a whole number above 0, not ${maxTokens}`);
  }
  requireList(labels);
  const bundle = retrying(async (): Promise<Opened> => {
    const files = await readBundle();
    const opened = await ('model' in files ? openBundle(files) : openPrepared(files));
    const { manifest } = opened;
    const problem = labelsProblem('LABELS', labels ?? [], manifest.labels);
    if (problem !== undefined) throw new BundleError(problem);
    return {
      ...opened,
      manifest: { ...manifest, maxTokens: maxTokens ?? manifest.maxTokens },
      columns: placesOf(labels, manifest.labels),
      kinds: kindsIn(opened.vocabulary),
    };
  });
  let reloads = 0;
  const network = retrying(async () => {
    const { model, manifest } = await bundle();
    const loaded = await loadNetwork(model, manifest);
    if (reloads > 0) await backlog.enter().turn(1, () => loaded.run(EMPTY_BATCH)); // throws if the network is still broken
    return loaded;
  });

  /** Like `run`. A network that fails on the empty text too is broken: it is loaded again, and the run repeated once. */
  async function runOrReload(
    readings: readonly Reading[],
    labels: number,
    call: Call,
    signal: AbortSignal | undefined,
  ): Promise<Float32Array[]> {
    const loaded = await network();
    try {
      return await run(readings, loaded, labels, call);
    } catch (error) {
      if (signal?.aborted || !(await isBroken(loaded, call))) throw error;
    }
    if (network.forget(loaded)) reloads++;
    return run(readings, await network(), labels, call);
  }
  /** The logits of the empty text (START alone), computed for the first text without START. */
  let emptyLogits: Float32Array | undefined;

  async function classify(
    texts: readonly (string | ClassifyRequest)[],
    { maxNumbers = Number.POSITIVE_INFINITY, maxBacklog, signal, patient }: ClassifyOptions = {},
  ): Promise<Classification[]> {
    const call = backlog.enter({ signal, patient, maxTokens: maxBacklog });
    try {
      const { manifest, vocabulary, columns: unasked, kinds } = await bundle();
      // Before they are tokenized: a token takes up to sixty times the memory of its characters.
      call.expect(sum(texts, (one) => leastTokens(textOf(one).length, manifest.maxTokens)));
      const encodingOf = (text: string, only = 0) => {
        const tokens = tokenizeWith(vocabulary, text);
        const some = only > 0 ? tokens.slice(0, only) : only < 0 ? tokens.slice(only) : tokens;
        return encode(some, vocabulary, manifest.maxTokens);
      };
      const readings = await readAll(texts, call, (one): Reading => {
        const request: ClassifyRequest = typeof one === 'string' ? { text: one } : one;
        const { text, labels: own, evidence = false } = request;
        const columns = own === undefined ? unasked : placesOf(own, manifest.labels);
        const encoding = encodingOf(text, request.only);
        const reason = unreliable(text, encoding, kinds); // now, while the tokens are in a cache
        const sentences = request.sentences ? readSentences(text, encoding) : undefined;
        return { text, encoding, columns, evidence, reason, sentences };
      });
      const numbers = sum(readings, numbersOf);
      if (numbers > maxNumbers) throw new AnswerTooLargeError(numbers);
      const parts = readings.map(partsOf);
      const rows = readings.concat(...parts);
      call.expect(sum(rows, ({ encoding }) => encoding.ids.length));
      const logits = await runOrReload(rows, manifest.labels.length, call, signal);
      if (emptyLogits === undefined && readings.some(({ evidence, encoding }) => evidence && lacksStart(encoding))) {
        const all = placesOf(undefined, manifest.labels);
        const empty: Reading = { text: '', encoding: encodingOf(''), columns: all, evidence: false };
        [emptyLogits] = await runOrReload([empty], all.length, call, signal);
      }
      let next = readings.length;
      return readings.map((reading, place) => {
        const own = logits[place] as Float32Array;
        const result = answer(reading, own, manifest.labels, emptyLogits);
        if (reading.sentences === undefined) return result;
        const count = parts[place]?.length ?? 0;
        const ofSentences = count > 0 ? logits.slice(next, next + count) : [own.subarray(-reading.columns.length)];
        next += count;
        return { ...result, ...answerSentences(reading, ofSentences, manifest.labels) };
      });
    } finally {
      call.leave();
    }
  }

  return {
    ready: async () => void (await network()),
    reloads: () => reloads,
    manifest: async () => (await bundle()).manifest,
    labels: async () => {
      const { manifest, columns } = await bundle();
      return columns.map((place) => manifest.labels[place] as string);
    },
    classify,
  };
}

/** Tokenizes the texts, in turns if they are long; a single text is not divided. */
async function readAll<Text extends string | { readonly text: string }>(
  texts: readonly Text[],
  call: Call,
  read: (text: Text) => Reading,
): Promise<Reading[]> {
  const readings: Reading[] = [];
  for (let from = 0; from < texts.length; ) {
    let cost = 0;
    let to = from;
    for (; to < texts.length && (to === from || cost < TURN_TOKENS); to++) {
      cost += textOf(texts[to] as Text).length / CHARACTERS_A_TOKEN;
    }
    const some = texts.slice(from, to);
    const isShort = cost < TURN_TOKENS / 16;
    const work = () => void readings.push(...some.map(read));
    if (isShort) work();
    else await call.turn(cost, work);
    from = to;
  }
  return readings;
}

/** The least cost of an ordinary text, in tokens: to tokenize so many characters, and to compute the tokens that are read. */
function leastTokens(characters: number, maxTokens: number): number {
  return characters / CHARACTERS_A_TOKEN + Math.min(maxTokens, characters / CHARACTERS_A_WORD);
}

function textOf(one: string | { readonly text: string }): string {
  return typeof one === 'string' ? one : one.text;
}

function sum<T>(items: readonly T[], numberOf: (item: T) => number): number {
  let total = 0;
  for (const item of items) total += numberOf(item);
  return total;
}

/** @returns what is wrong with the labels of a setting if the model lacks one. */
export function labelsProblem(
  setting: string,
  wanted: readonly string[],
  labels: readonly string[],
): string | undefined {
  const other = wanted.find((label) => !labels.includes(label));
  if (other === undefined) return undefined;
  const own = labels.map((label) => JSON.stringify(label)).join(', ');
  return `the setting ${setting} names ${JSON.stringify(other)}, but the model's labels are ${own}`;
}

/** In JavaScript, labels may be anything. */
function requireList(labels: unknown): void {
  if (labels !== undefined && !Array.isArray(labels)) throw new TypeError('labels must be a list of strings');
}

/** The indices of the labels asked for, in the bundle's order. @throws RangeError if the bundle lacks one, or they are fewer than two. */
function placesOf(asked: readonly string[] | undefined, labels: readonly string[]): number[] {
  requireList(asked);
  const unknown = asked?.find((label) => !labels.includes(label));
  if (unknown !== undefined) throw new RangeError(`the model has no label ${JSON.stringify(unknown)}`);
  const places = [...labels.keys()].filter((place) => asked?.includes(labels[place] as string) ?? true);
  if (places.length < 2) throw new RangeError('ask for two labels or more');
  return places;
}

const EMPTY_BATCH = toBatch([Int32Array.of(START_ID)]);

/** Whether the network fails on the empty text: after a trap of WebAssembly it fails on every text. */
async function isBroken(network: Network, call: Call): Promise<boolean> {
  return call.turn(1, () =>
    network.run(EMPTY_BATCH).then(
      () => false,
      () => true,
    ),
  );
}

/**
 * Computes the logits of each reading's labels: after every id if evidence is wanted, else after the last. Copies, so that the
 * logits of all labels are freed.
 * @param labels the number of the bundle's labels
 * @returns by reading, float32 [ids × columns] or [1 × columns]
 */
async function run(
  readings: readonly Reading[],
  network: Network,
  labels: number,
  call: Call,
): Promise<Float32Array[]> {
  const logits = new Array<Float32Array>(readings.length);
  for (const places of groupByLength(readings.map(({ encoding }) => encoding.ids.length))) {
    const batch = toBatch(places.map((place) => (readings[place] as Reading).encoding.ids));
    const rows = await call.turn(batch.ids.length, () => network.run(batch)); // [rows × steps × labels]
    if (rows.length !== batch.rows * batch.steps * labels)
      throw new Error(`the network does not have ${labels} labels`);
    for (let row = 0; row < places.length; row++) {
      const place = places[row] as number;
      const { columns, evidence } = readings[place] as Reading;
      const end = row * batch.steps + (batch.lengths[row] as number);
      const start = evidence ? row * batch.steps : end - 1;
      logits[place] = pick(rows, start, end, columns, labels);
    }
  }
  return logits;
}
