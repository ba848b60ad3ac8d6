/**
 * Handles a message of the queue: classifies a chunk and stores its results. Messages arrive at least once, in any order. Results
 * are written once: the first object under a chunk's name stays, and later consumers report that one.
 *
 * A record that cannot be read or classified gets its error as its answer. A chunk that fails as a whole is retried by the queue,
 * later each time. When the queue gives up, the message arrives by the dead-letter queue, and every record gets that as its error.
 */
import * as v from 'valibot';
import { ByteBuffer } from '../../shared/files/byte-buffer.ts';
import { quoted } from '../../shared/quoted.ts';
import { internalError } from '../http/errors.ts';
import type { LogError } from '../http/log.ts';
import type { Result, StreamAnswer } from '../http/schema.ts';
import { answerAll } from '../http/stream.ts';
import type { Classifier } from '../inference/classifier.ts';
import { type Layout, type ParsedRecord, recordsIn } from './format.ts';
import { inputKey, resultsKey } from './storage-keys.ts';

/** Names a chunk to be done. The coordinator knows where it is, and whether it is still wanted. */
export const ChunkMessage = v.object({
  job: v.pipe(v.string(), v.uuid()),
  chunk: v.pipe(v.number(), v.integer(), v.minValue(0)),
});
export type ChunkMessage = v.InferOutput<typeof ChunkMessage>;

/** A chunk to be done. */
export interface Claim {
  /** Its bytes are [start, end) of the file. */
  readonly start: number;
  readonly end: number;
  /** The line in which it begins, from 1. */
  readonly line: number;
  readonly layout: Layout;
  /** The job's labels. Jobs of version 0.2 have none; their records get the labels of requests that name none. */
  readonly labels?: readonly string[] | undefined;
  /** Whether to answer for each sentence too. */
  readonly sentences?: boolean | undefined;
}
type Wanted = Pick<Claim, 'labels' | 'sentences'>;

/** The outcome of a chunk. */
export interface Settlement {
  readonly chunk: number;
  /** Records whose answer is an error. */
  readonly failed: number;
  /** The size of its results. */
  readonly bytes: number;
  /** The model's version; undefined for a chunk that was given up. */
  readonly model: string | undefined;
}

export interface Consumer {
  readonly bucket: Bucket;
  /** Called for each request: a stub stops working when its coordinator restarts. */
  readonly coordinatorOf: (job: string) => Coordinator;
  readonly classifier: Classifier;
  /** Logs every failure. */
  readonly logError: LogError;
}

/** The part of a coordinator that is used. */
export interface Coordinator {
  /** @returns undefined when there is nothing to do: the chunk is done, or the job has ended. */
  claim(chunk: number): Promise<Claim | undefined>;
  settle(settlement: Settlement): Promise<void>;
}

/** The part of Cloudflare's R2 that is used. */
export interface Bucket {
  get(
    key: string,
    options: { range: { offset: number; length: number } },
  ): Promise<{ arrayBuffer(): Promise<ArrayBuffer> } | null>;
  put(
    key: string,
    value: Uint8Array,
    options: { onlyIf: { etagDoesNotMatch: string }; customMetadata: Record<string, string> },
  ): Promise<StoredObject | null>;
  head(key: string): Promise<StoredObject | null>;
}
interface StoredObject {
  readonly size: number;
  readonly customMetadata?: Record<string, string>;
}

/** The part of Cloudflare's Queues that is used. */
export interface Batch {
  readonly queue: string;
  readonly messages: readonly {
    readonly body: unknown;
    /** How often it has been delivered, this time included. */
    readonly attempts: number;
    ack(): void;
    retry(options: { delaySeconds: number }): void;
  }[];
}

/** How the name of a dead-letter queue ends. */
const DEAD_LETTER_SUFFIX = '-dead';
/** Records that are classified together: enough for runs of like length. */
const RECORDS_TOGETHER = 256;
/** Records after which the coordinator is asked whether the chunk is still wanted: a second or two of work. */
const RECORDS_BETWEEN_CLAIMS = 1_024;
/** Numbers in their answers: with sentences, fewer records may be classified together. */
const NUMBERS_TOGETHER = 65_536;
/** The limit of a chunk's results, which are in memory as a whole. Only texts made almost entirely of full stops reach it. */
const MAX_RESULT_BYTES = 32 * 1024 ** 2;
/** The longest wait before a chunk is tried again. */
const MAX_DELAY_SECONDS = 300;

/** The handler of both queues. */
export async function consume({ queue, messages }: Batch, consumer: Consumer): Promise<void> {
  const isDead = queue.endsWith(DEAD_LETTER_SUFFIX);
  for (const message of messages) {
    const { body, attempts } = message;
    if (!v.is(ChunkMessage, body)) {
      consumer.logError(crypto.randomUUID(), new TypeError('not a chunk message'), { event: 'unknown-message' });
      message.ack();
      continue;
    }
    try {
      await settle(body, isDead, consumer);
      message.ack();
    } catch (error) {
      consumer.logError(crypto.randomUUID(), error, { event: 'chunk-failed', ...body });
      message.retry({ delaySeconds: Math.min(2 ** (attempts - 1), MAX_DELAY_SECONDS) });
    }
  }
}

async function settle(message: ChunkMessage, isDead: boolean, consumer: Consumer): Promise<void> {
  const { bucket, coordinatorOf, classifier } = consumer;
  const claim = await coordinatorOf(message.job).claim(message.chunk);
  if (claim === undefined) return;
  const records = await readRecords(message.job, claim, bucket);
  const results = isDead
    ? encodeAnswers(records.map((record) => giveUp(record, message)))
    : await answerRecords(records, claim, message, consumer);
  if (results === undefined) return; // the job was cancelled
  const facts: Record<string, string> = {
    failed: `${results.failed}`,
    ...(!isDead && { model: (await classifier.manifest()).version }),
  };
  await coordinatorOf(message.job).settle({
    chunk: message.chunk,
    ...(await storeOnce(resultsKey(message), results.bytes, facts, bucket)),
  });
}

async function readRecords(job: string, { start, end, line, layout }: Claim, bucket: Bucket): Promise<ParsedRecord[]> {
  const object = await bucket.get(inputKey(job), { range: { offset: start, length: end - start } });
  if (object === null) throw new Error(`job ${job}: the file is missing`);
  return recordsIn(new Uint8Array(await object.arrayBuffer()), { start, line }, layout);
}

/** The answers of a chunk as stored, one a line. */
interface Encoded {
  readonly bytes: Uint8Array;
  /** How many of them are errors. */
  readonly failed: number;
}

/** @returns undefined when the chunk is no longer wanted. */
async function answerRecords(
  records: readonly ParsedRecord[],
  { labels, sentences }: Wanted,
  message: ChunkMessage,
  consumer: Consumer,
): Promise<Encoded | undefined> {
  const { labels: own, maxTokens } = await consumer.classifier.manifest();
  const missing = labels?.find((label) => !own.includes(label));
  if (missing !== undefined) {
    const error = `The model was replaced while the job ran, and the new one has no label ${quoted(missing)}.`;
    return encodeAnswers(records.map((record) => failAs(record, error)));
  }
  const most = (labels ?? own).length * (sentences ? 1 + maxTokens : 1); // numbers in an answer
  const together = Math.min(RECORDS_TOGETHER, Math.max(1, Math.floor(NUMBERS_TOGETHER / most)));
  const results = new ByteBuffer(Number.POSITIVE_INFINITY);
  let [bytes, failed, claimed] = [0, 0, 0];
  for (let from = 0; from < records.length; from += together) {
    if (from - claimed >= RECORDS_BETWEEN_CLAIMS) {
      if ((await consumer.coordinatorOf(message.job).claim(message.chunk)) === undefined) return undefined;
      claimed = from;
    }
    const some = records.slice(from, from + together);
    const answers =
      bytes < MAX_RESULT_BYTES
        ? await answerAll(some, (asked) => classify(asked, { labels, sentences }, message, consumer))
        : some.map((record) => failAs(record, 'The results have too many sentences; ask without them.'));
    const encoded = encodeAnswers(answers);
    results.append(encoded.bytes);
    bytes += encoded.bytes.length;
    failed += encoded.failed;
  }
  return { bytes: results.take(), failed };
}

function encodeAnswers(answers: readonly StreamAnswer[]): Encoded {
  const lines = answers.map((answer) => `${JSON.stringify(answer)}\n`).join('');
  return { bytes: new TextEncoder().encode(lines), failed: answers.filter((answer) => 'error' in answer).length };
}

/** One result a text. A text that makes the classifier fail gets an error instead. */
async function classify(
  asked: readonly { readonly text: string }[],
  wanted: Wanted,
  message: ChunkMessage,
  { classifier, logError }: Consumer,
): Promise<(Result | { error: string })[]> {
  const resultsOf = async (some: typeof asked) => {
    const answers = await classifier.classify(
      some.map(({ text }) => ({ text, ...wanted })),
      { patient: true },
    );
    return answers.map(({ logits: _, ...result }): Result => result);
  };
  try {
    return await resultsOf(asked);
  } catch {
    await classifier.classify(['']); // if this fails too, no text is to blame: the chunk fails
  }
  const results: (Result | { error: string })[] = [];
  for (const text of asked) {
    const one = await resultsOf([text]).catch((error: unknown) => {
      const incident = crypto.randomUUID();
      logError(incident, error, { event: 'record-failed', ...message });
      return [{ error: internalError(incident) }];
    });
    results.push(...one);
  }
  return results;
}

function giveUp(record: ParsedRecord, { job, chunk }: ChunkMessage): StreamAnswer {
  return failAs(record, `Classifying failed repeatedly; see the log for job ${job}, chunk ${chunk}.`);
}

/** The record's own error if it has one, else `error`. */
function failAs({ line, ...record }: ParsedRecord, error: string): StreamAnswer {
  const id = 'id' in record && { id: record.id as string | number };
  return { line, ...id, error: 'error' in record ? record.error : error };
}

/** Writes the object unless it exists. @param facts stored with it. @returns the facts of the stored object. */
async function storeOnce(
  key: string,
  bytes: Uint8Array,
  facts: Record<string, string>,
  bucket: Bucket,
): Promise<Omit<Settlement, 'chunk'>> {
  const stored =
    (await bucket.put(key, bytes, { onlyIf: { etagDoesNotMatch: '*' }, customMetadata: facts })) ??
    (await bucket.head(key));
  if (stored === null) throw new Error(`${key} was not written and does not exist`);
  const { failed, model } = stored.customMetadata ?? {};
  return { bytes: stored.size, failed: Number(failed), model };
}
