/**
 * Texts → sentiment. Owns the one network of its isolate, loads it when it is first needed, and knows nothing of HTTP.
 */
import {
  type Bundle,
  type BundleFiles,
  type Manifest,
  openBundle,
  openPrepared,
  type PreparedFiles,
} from '../../shared/bundle.ts';
import { type Encoding, encode, toBatch } from '../../shared/encoding.ts';
import { likeliest, softmax } from '../../shared/labels.ts';
import { tokenize } from '../../shared/tokenizer.ts';
import { Backlog, type Call, TURN_TOKENS } from './backlog.ts';
import { groupByLength } from './batching.ts';
import { accountFor, type Evidence } from './evidence.ts';
import { retrying } from './loading.ts';
import { loadNetwork, type Network, type Runtime } from './network.ts';

/** A text, and what is asked of it. */
export interface ClassifyRequest {
  readonly text: string;
  /** Those of the bundle's labels to choose from, two or more. Default: `Classifier.labels`. */
  readonly labels?: readonly string[] | undefined;
  /** Whether to account for every token (`evidence.ts`), which needs no run of its own. */
  readonly evidence?: boolean | undefined;
}

export interface LabelScore {
  readonly label: string;
  /** Its probability. */
  readonly score: number;
}

/** The answer to one text. */
export interface Classification extends LabelScore {
  /** Every label asked for, in the bundle's order. The scores add up to 1. */
  readonly scores: LabelScore[];
  /** One for each of `scores`, which are their softmax. The sum over all of the bundle's labels is 0. */
  readonly logits: number[];
  /** How many tokens of the text the network read, and how many of those it does not know. */
  readonly tokens: number;
  readonly unknown: number;
  /** Whether the beginning was left out, because the text has more tokens than the network reads. */
  readonly truncated: boolean;
  /** There when it was asked for; its numbers are in the order of `scores`. */
  readonly evidence?: Evidence;
}

/** Each call loads what it needs and is not loaded. It rejects with a `LoadError` when that fails; the next call tries again. */
export interface Classifier {
  /** Loads the network. */
  ready(): Promise<void>;
  /** The facts of the bundle, once it is found to be whole. */
  manifest(): Promise<Manifest>;
  /** The labels of a request that names none, in the bundle's order. */
  labels(): Promise<readonly string[]>;
  /**
   * One answer a text, in order, from as few runs as pay. Takes any texts, empty ones included; the caller limits how many
   * and how long. Of a text without a known word the network has read nothing: all of its logits are 0.
   * @throws RangeError when a label that is asked for is none of the bundle's; AnswerTooLargeError; OverloadedError; the
   * signal's reason.
   */
  classify(texts: readonly (string | ClassifyRequest)[], options?: ClassifyOptions): Promise<Classification[]>;
}

export interface ClassifyOptions {
  /** The most numbers that the answers may have together, scores and evidence. Default: as many as they have. */
  readonly maxNumbers?: number;
  /** The most tokens that may wait to be computed, these among them. Default: any number. */
  readonly maxBacklog?: number;
  /** Nothing more is computed once it is aborted. */
  readonly signal?: AbortSignal | undefined;
  /** Whether others may go first, as nobody waits for these answers alone. Then `maxBacklog` is not looked at. */
  readonly patient?: boolean;
}

/** The answers would have more numbers than they may. It is known before the network runs. */
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
  /** @param manifest of the bundle whose network the runtime is to run, verified. */
  readonly loadRuntime: (manifest: Manifest) => Promise<Runtime>;
  /** The setting LABELS: the labels of requests that name none. Default: all. Others than the bundle's fail every load. */
  readonly labels?: readonly string[] | undefined;
  /** Default: one of its own. */
  readonly backlog?: Backlog;
}

/** A text as the network reads it, and what its answer is to have. */
interface Reading {
  readonly text: string;
  readonly encoding: Encoding;
  /** The places of the labels that are asked for, in the bundle's order. */
  readonly columns: readonly number[];
  readonly evidence: boolean;
}

/** Characters that take as long to be read as a token to be computed. */
const CHARACTERS_A_TOKEN = 50;

/**
 * A classifier that has loaded nothing yet.
 * @internal
 */
export function createClassifier({
  readBundle,
  loadRuntime,
  labels,
  backlog = new Backlog(),
}: ClassifierOptions): Classifier {
  const bundle = retrying(async (): Promise<Omit<Bundle, 'model'> & Partial<Bundle>> => {
    const files = await readBundle();
    const opened = await ('model' in files ? openBundle(files) : openPrepared(files));
    refuseOtherLabels(labels, opened.manifest.labels);
    return opened;
  });
  const network = retrying(async () => {
    const { model, manifest } = await bundle();
    return loadNetwork(await loadRuntime(manifest), model, manifest);
  });
  /** The logits of the empty text, of which the network reads START; computed for the first text that has no START. */
  let emptyLogits: Float32Array | undefined;

  async function classify(
    texts: readonly (string | ClassifyRequest)[],
    { maxNumbers = Number.POSITIVE_INFINITY, maxBacklog, signal, patient }: ClassifyOptions = {},
  ): Promise<Classification[]> {
    const call = backlog.enter({ signal, patient, maxTokens: maxBacklog });
    try {
      const { manifest, vocabulary } = await bundle();
      const encodingOf = (text: string) => encode(tokenize(text), vocabulary, manifest.maxTokens);
      const all = placesOf(undefined, manifest.labels);
      const unasked = placesOf(labels, manifest.labels);
      const readings = await readAll(texts, call, (one): Reading => {
        const { text, labels: own, evidence = false }: ClassifyRequest = typeof one === 'string' ? { text: one } : one;
        const columns = own === undefined ? unasked : placesOf(own, manifest.labels);
        return { text, encoding: encodingOf(text), columns, evidence };
      });
      const numbers = sum(readings.map(numbersOf));
      if (numbers > maxNumbers) throw new AnswerTooLargeError(numbers);
      call.expect(sum(readings.map(({ encoding }) => encoding.ids.length)));
      const loaded = await network();
      const logits = await run(readings, loaded, all.length, call);
      if (emptyLogits === undefined && readings.some(({ evidence, encoding }) => evidence && lacksStart(encoding))) {
        const empty: Reading = { text: '', encoding: encodingOf(''), columns: all, evidence: false };
        [emptyLogits] = await run([empty], loaded, all.length, call);
      }
      return readings.map((reading, place) =>
        answer(reading, logits[place] as Float32Array, manifest.labels, emptyLogits),
      );
    } finally {
      call.leave();
    }
  }

  return {
    ready: async () => void (await network()),
    manifest: async () => (await bundle()).manifest,
    labels: async () => {
      const { manifest } = await bundle();
      return placesOf(labels, manifest.labels).map((place) => manifest.labels[place] as string);
    },
    classify,
  };
}

/** Reads the texts, in turns where they are long. */
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
      const one = texts[to] as Text;
      cost += (typeof one === 'string' ? one : one.text).length / CHARACTERS_A_TOKEN;
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

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}

function refuseOtherLabels(wanted: readonly string[] | undefined, labels: readonly string[]): void {
  const other = wanted?.find((label) => !labels.includes(label));
  if (other === undefined) return;
  const own = labels.map((label) => JSON.stringify(label)).join(', ');
  throw new Error(`the setting LABELS names ${JSON.stringify(other)}, but the model's labels are ${own}`);
}

/** The places of the labels that are asked for, in the bundle's order. @throws RangeError when one is none of them. */
function placesOf(asked: readonly string[] | undefined, labels: readonly string[]): number[] {
  const unknown = asked?.find((label) => !labels.includes(label));
  if (unknown !== undefined) throw new RangeError(`the model has no label ${JSON.stringify(unknown)}`);
  return [...labels.keys()].filter((place) => asked?.includes(labels[place] as string) ?? true);
}

/** Whether the text's tokens leave no room for START. */
function lacksStart({ ids, tokens }: Encoding): boolean {
  return ids.length === tokens.length;
}

/** How many numbers the answer has: for each label a score, and with evidence the bias and two for each token. */
function numbersOf({ encoding, columns, evidence }: Reading): number {
  return columns.length * (1 + (evidence ? 1 + 2 * encoding.tokens.length : 0));
}

/**
 * The logits of each reading's labels, from as few runs as pay: after each of its ids where evidence is wanted, else after
 * the last alone. float32 [ids × columns] or [1 × columns], copies, so that what a run gave for all labels does not stay.
 * @param labels how many there are.
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
    for (const [row, place] of places.entries()) {
      const { columns, evidence } = readings[place] as Reading;
      const end = row * batch.steps + (batch.lengths[row] as number);
      const start = evidence ? row * batch.steps : end - 1;
      logits[place] = pick(rows.subarray(start * labels, end * labels), columns, labels);
    }
  }
  return logits;
}

/** Some columns of [rows × width]. */
function pick(values: Float32Array, columns: readonly number[], width: number): Float32Array {
  const picked = new Float32Array((values.length / width) * columns.length);
  let at = 0;
  for (let row = 0; row < values.length; row += width) {
    for (const column of columns) picked[at++] = values[row + column] as number;
  }
  return picked;
}

/** @param logits as `run` gives them. @param emptyLogits [labels], for evidence of a text without START. */
function answer(
  { text, encoding, columns, evidence }: Reading,
  logits: Float32Array,
  labels: readonly string[],
  emptyLogits: Float32Array | undefined,
): Classification {
  const { tokens, unknown, truncated } = encoding;
  const names = columns.map((column) => labels[column] as string);
  const last = [...logits.subarray(-columns.length)];
  const own = unknown < tokens.length ? last : last.map(() => 0);
  const probabilities = softmax(own);
  const scores = names.map((label, place): LabelScore => ({ label, score: probabilities[place] as number }));
  const best = scores[likeliest(probabilities, names)] as LabelScore;
  const result = { ...best, scores, logits: own, tokens: tokens.length, unknown, truncated };
  if (!evidence) return result;
  const empty = lacksStart(encoding) ? pick(emptyLogits as Float32Array, columns, labels.length) : undefined;
  return { ...result, evidence: accountFor(text, encoding, logits, empty) };
}
