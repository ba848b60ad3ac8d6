/**
 * A body of lines → a body of answers, a line for a line and in order (NDJSON). It reads on only when somebody reads its
 * answers, so that what it holds is one chunk, one unfinished line and one run's answers, however long the stream is; and
 * it classifies lines together only when they have arrived together, so that no line waits for another.
 */
import * as v from 'valibot';
import { ByteBuffer } from '../../shared/byte-buffer.ts';
import { isBlank } from '../../shared/records.ts';
import { AnswerTooLargeError, type ClassifyRequest } from '../inference/classifier.ts';
import { fieldErrors, nextChunk, parseJson } from './body.ts';
import { answerTooLarge, internalError, sentence } from './errors.ts';
import { IDLE_SECONDS, MAX_LINE_BYTES, MAX_STREAM_LINES, MAX_TEXTS } from './limits.ts';
import { LineId, labelError, type Result, type StreamAnswer, StreamObject, StreamText } from './schema.ts';

export interface StreamOptions {
  /** The model's. */
  readonly labels: readonly string[];
  /** One result a text, in order. @throws AnswerTooLargeError, and the texts are asked for in smaller groups. */
  readonly classify: (requests: readonly ClassifyRequest[], signal: AbortSignal) => Promise<Result[]>;
  /** Told of a bug, which ends the stream. @returns the id of the incident. */
  readonly report: (error: unknown) => string;
  /** Empty ones too (default: MAX_STREAM_LINES). */
  readonly maxLines?: number;
  /** How long nothing may arrive (default: IDLE_SECONDS). */
  readonly idleMs?: number;
  /** Ends the stream with a line that says so, once what has arrived is answered. */
  readonly ending?: AbortSignal | undefined;
}

/** The answers to the lines of `body`. Cancelling it cancels the body. */
export function answerLines(body: ReadableStream<Uint8Array>, options: StreamOptions): ReadableStream<Uint8Array> {
  const reader = body.getReader();
  const cancellation = new AbortController();
  const { signal } = cancellation;
  const lines = readLines(reader, options);
  const groups = answerGroups(begun(lines), options, signal);
  const encoder = new TextEncoder();

  return new ReadableStream(
    {
      async pull(controller) {
        const { value: answers } = await groups.next();
        if (signal.aborted) return;
        if (answers !== undefined) {
          controller.enqueue(encoder.encode(answers.map((one) => `${JSON.stringify(one)}\n`).join('')));
          return;
        }
        controller.close();
        await reader.cancel().catch(() => {}); // a bug left the rest; or the body has failed itself
      },
      async cancel(reason) {
        cancellation.abort();
        await reader.cancel(reason); // also ends a read that waits
      },
    },
    { highWaterMark: 0 }, // nothing more is read before it is asked for
  );
}

/** The same items, the first of which is asked for at once: a body that nobody has begun to read when there is a response, `wrangler dev` would read for us. */
function begun<T>(items: AsyncGenerator<T, undefined>): AsyncIterable<T> {
  const first = items.next();
  return (async function* () {
    const { done, value } = await first;
    if (done) return;
    yield value;
    yield* items;
  })();
}

/**
 * The answers to the lines, in order, those together that were classified together: as many as arrived together, or as fit into
 * one answer. A bug ends them, and so does the signal.
 */
async function* answerGroups(
  groups: AsyncIterable<Line[]>,
  { labels, classify, report }: StreamOptions,
  signal: AbortSignal,
): AsyncGenerator<StreamAnswer[], undefined> {
  for await (const group of groups) {
    const open = [group.map((line) => parseLine(line, labels))];
    for (let lines = open.shift(); lines !== undefined; lines = open.shift()) {
      if (signal.aborted) return;
      const [first] = lines as [Parsed<ClassifyRequest>];
      let answers: StreamAnswer[];
      try {
        answers = await answerAll(lines, (requests) => classify(requests, signal));
      } catch (error) {
        if (signal.aborted) return;
        if (!(error instanceof AnswerTooLargeError)) {
          yield [{ line: first.line, error: internalError(report(error)) }];
          return;
        }
        if (lines.length > 1) {
          const half = lines.length >> 1;
          open.unshift(lines.slice(0, half), lines.slice(half));
          continue;
        }
        answers = [{ ...placeOf(first), error: answerTooLarge(error.numbers) }];
      }
      yield answers;
    }
  }
}

/** What a line asks for, or what is wrong with it. */
export type Parsed<Request> = { readonly line: number; readonly id?: string | number } & (
  | Request
  | { readonly error: string }
);

/** An answer a line: its result, or what was wrong with it. */
export async function answerAll<Request extends { readonly text: string }>(
  lines: readonly Parsed<Request>[],
  classify: (requests: readonly Request[]) => Promise<readonly (Result | { error: string })[]>,
): Promise<StreamAnswer[]> {
  const requests = lines.filter((line) => 'text' in line);
  const results = requests.length > 0 ? (await classify(requests)).values() : [].values();
  return lines.map((line) => {
    if (!('text' in line)) return line;
    return { ...placeOf(line), ...(results.next().value as Result | { error: string }) };
  });
}

function placeOf({ line, id }: Parsed<object>): { line: number; id?: string | number } {
  return { line, ...(id !== undefined && { id }) };
}

interface Line {
  /** In the request, from 1. */
  readonly number: number;
  /** Without its end; or what is wrong with it. */
  readonly content: Uint8Array | string;
}

/** The last line of a stream that was not read to its end. */
const ENDINGS = {
  'unreadable-body': 'The body ended before it was complete.',
  'request-timeout': 'Nothing arrived for too long, and the stream ends here.',
  'shutting-down': 'The server is shutting down, and the stream ends here.',
} as const;

/** Lines that are not blank, those together that have arrived together, up to a run of them. */
async function* readLines(
  reader: ReadableStreamDefaultReader<Uint8Array>,
  { maxLines = MAX_STREAM_LINES, idleMs = IDLE_SECONDS * 1_000, ending }: StreamOptions,
): AsyncGenerator<Line[], undefined> {
  const splitter = new Splitter();
  let number = 0;
  for (let isLast = false; !isLast; ) {
    const chunk = await nextChunk(reader, idleMs, ending);
    if (typeof chunk === 'string' && chunk !== 'end') {
      yield [{ number: number + 1, content: ENDINGS[chunk] }];
      return;
    }
    isLast = chunk === 'end';
    const contents: Iterable<Line['content']> = chunk === 'end' ? splitter.rest() : splitter.split(chunk);
    let lines: Line[] = [];
    for (const content of contents) {
      number++;
      if (number > maxLines) {
        yield [...lines, { number, content: `The stream has more than ${maxLines} lines, and ends here.` }];
        await reader.cancel();
        return;
      }
      if (typeof content !== 'string' && isBlank(content)) continue;
      lines.push({ number, content });
      if (lines.length < MAX_TEXTS) continue;
      yield lines;
      lines = [];
    }
    if (lines.length > 0) yield lines;
  }
}

/** Chunks → lines. Of a line that is too long it keeps nothing but that it is. */
class Splitter {
  /** The beginning of a line whose end has not arrived. */
  readonly #begun = new ByteBuffer(MAX_LINE_BYTES);
  /** Whether that line has too many bytes already. */
  #isTooLong = false;

  *split(chunk: Uint8Array): Generator<Line['content']> {
    let start = 0;
    for (let end = chunk.indexOf(LINE_FEED); end >= 0; end = chunk.indexOf(LINE_FEED, start)) {
      this.#add(chunk.subarray(start, end));
      yield this.#take();
      start = end + 1;
    }
    this.#add(chunk.subarray(start));
  }

  /** The last line, where nothing ends it. */
  *rest(): Generator<Line['content']> {
    if (this.#isTooLong || this.#begun.length > 0) yield this.#take();
  }

  #add(piece: Uint8Array): void {
    if (this.#isTooLong || this.#begun.append(piece)) return;
    this.#isTooLong = true;
    this.#begun.take();
  }

  #take(): Line['content'] {
    const line = this.#begun.take();
    const content = this.#isTooLong ? `The line has more than ${MAX_LINE_BYTES} bytes.` : line;
    this.#isTooLong = false;
    return content;
  }
}

const LINE_FEED = 0x0a;

function parseLine({ number: line, content }: Line, own: readonly string[]): Parsed<ClassifyRequest> {
  if (typeof content === 'string') return { line, error: content };
  const value = parseJson(content);
  if (value === undefined) return { line, error: 'The line is not JSON in UTF-8.' };
  const id = idOf(value);
  const result = v.safeParse(typeof value === 'string' ? StreamText : StreamObject, value);
  if (!result.success) return { line, ...id, error: sentence(fieldErrors(result.issues), 'the line') };
  if (typeof result.output === 'string') return { line, text: result.output };
  const { text, labels, evidence } = result.output;
  const wrong = labelError(labels, own);
  if (wrong !== undefined) return { line, ...id, error: sentence([wrong], 'the line') };
  return { line, ...id, text, labels, evidence };
}

/** Of a bad line too, where its id is a good one. */
function idOf(value: unknown): { id?: string | number } {
  const id = (value as { id?: unknown } | null)?.id;
  return v.is(LineId, id) ? { id } : {};
}
