/**
 * A message of the queue → a chunk of results. Delivery is at least once, and in any order; what a chunk's results are is
 * written once: the first object under its name stays, and whoever comes later reports that one.
 *
 * A record that cannot be read or classified is answered by its error, in its place. A chunk that fails as a whole is
 * tried again by the queue, later each time; when the queue gives up, its message comes by the dead-letter queue, and every
 * record is answered by that.
 */
import * as v from 'valibot';
import { concatenate } from '../body.ts';
import type { Classifier } from '../classifier.ts';
import { internalError } from '../errors.ts';
import type { Result, StreamAnswer } from '../schema.ts';
import { answerAll } from '../stream.ts';
import { ChunkMessage, DEAD_LETTER_SUFFIX, inputKey, type JobBindings, resultsKey } from './bindings.ts';
import type { Claim } from './coordinator.ts';
import { type ParsedRecord, recordsIn } from './format.ts';

export interface Consumer {
  readonly bindings: JobBindings;
  readonly classifier: Classifier;
  /** Told of everything that fails. */
  readonly logError: (incident: string, error: unknown) => void;
}

/** Records that are classified together: enough for runs of like length, and a pause for others after some 100 ms. */
const RECORDS_TOGETHER = 256;
/** The longest wait before a chunk is tried again. */
const MAX_DELAY_SECONDS = 300;

/** The handler of both queues. */
export async function consume(batch: MessageBatch, consumer: Consumer): Promise<void> {
  const isDead = batch.queue.endsWith(DEAD_LETTER_SUFFIX);
  for (const message of batch.messages) {
    try {
      await settle(v.parse(ChunkMessage, message.body), isDead, consumer);
      message.ack();
    } catch (error) {
      consumer.logError(crypto.randomUUID(), error);
      message.retry({ delaySeconds: Math.min(2 ** (message.attempts - 1), MAX_DELAY_SECONDS) });
    }
  }
}

async function settle(message: ChunkMessage, isDead: boolean, consumer: Consumer): Promise<void> {
  const { JOB_COORDINATOR, JOBS_BUCKET } = consumer.bindings;
  const coordinator = JOB_COORDINATOR.get(JOB_COORDINATOR.idFromName(message.job));
  const claim = await coordinator.claim(message.chunk);
  if (claim === undefined) return; // it is done, or the job is over
  const records = await readRecords(message.job, claim, JOBS_BUCKET);
  const answers = isDead ? records.map((record) => giveUp(record, message)) : await answerRecords(records, consumer);
  const { version } = await consumer.classifier.manifest();
  const facts: ResultFacts = {
    failed: `${answers.filter((answer) => 'error' in answer).length}`,
    ...(!isDead && { model: version }),
  };
  const { bytes, failed, model } = await storeOnce(resultsKey(message), answers, facts, JOBS_BUCKET);
  await coordinator.settle({ chunk: message.chunk, bytes, failed, model });
}

async function readRecords(
  job: string,
  { start, end, line, layout }: Claim,
  bucket: R2Bucket,
): Promise<ParsedRecord[]> {
  const object = await bucket.get(inputKey(job), { range: { offset: start, length: end - start } });
  if (object === null) throw new Error(`job ${job}: the file is gone`);
  return recordsIn(new Uint8Array(await object.arrayBuffer()), { start, line }, layout);
}

async function answerRecords(records: readonly ParsedRecord[], consumer: Consumer): Promise<StreamAnswer[]> {
  const answers: StreamAnswer[] = [];
  for (let from = 0; from < records.length; from += RECORDS_TOGETHER) {
    if (from > 0) await new Promise((resolve) => setTimeout(resolve)); // whoever else waits for this isolate
    const some = records.slice(from, from + RECORDS_TOGETHER);
    answers.push(...(await answerAll(some, (asked) => classify(asked, consumer))));
  }
  return answers;
}

/** A result a text; or, should one text make the classifier fail, its error in its place. */
async function classify(
  asked: readonly { readonly text: string }[],
  { classifier, logError }: Consumer,
): Promise<(Result | { error: string })[]> {
  const resultsOf = async (texts: readonly string[]) =>
    (await classifier.classify(texts)).map(({ logit: _, ...result }): Result => result);
  try {
    return await resultsOf(asked.map(({ text }) => text));
  } catch {
    await classifier.classify(['']); // fails too where no text is to blame, and then the chunk does
  }
  const results: (Result | { error: string })[] = [];
  for (const { text } of asked) {
    const one = await resultsOf([text]).catch((error: unknown) => {
      const incident = crypto.randomUUID();
      logError(incident, error);
      return [{ error: internalError(incident) }];
    });
    results.push(...one);
  }
  return results;
}

function giveUp({ line, ...record }: ParsedRecord, { job, chunk }: ChunkMessage): StreamAnswer {
  const error =
    'error' in record ? record.error : `Given up after several tries; see the log for job ${job}, chunk ${chunk}.`;
  return { line, ...('id' in record && { id: record.id as string | number }), error };
}

/** What is kept with a result object, for whoever finds it there. */
interface ResultFacts extends Record<string, string> {
  failed: string;
}

/** Writes the object unless there is one. @returns what is true of the one that is there. */
async function storeOnce(
  key: string,
  answers: readonly StreamAnswer[],
  facts: ResultFacts,
  bucket: R2Bucket,
): Promise<{ bytes: number; failed: number; model: string | undefined }> {
  const encoder = new TextEncoder();
  const lines = answers.map((answer) => encoder.encode(`${JSON.stringify(answer)}\n`));
  const bytes = concatenate(
    lines,
    lines.reduce((sum, { length }) => sum + length, 0),
  );
  const stored =
    (await bucket.put(key, bytes, { onlyIf: { etagDoesNotMatch: '*' }, customMetadata: facts })) ??
    (await bucket.head(key));
  if (stored === null) throw new Error(`${key} was neither written nor is it there`);
  const { failed, model } = stored.customMetadata ?? {};
  return { bytes: stored.size, failed: Number(failed), model };
}
