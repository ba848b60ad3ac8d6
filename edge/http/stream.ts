/**
 * Answers a body of lines with a body of answers (NDJSON), one for each line, in order. It reads on only when its answers are read, so
 * it holds at most one chunk, one unfinished line and one group's answers. It classifies lines together only if they arrived together, so
 * no line waits for another.
 */
import * as v from 'valibot';
import { ByteBuffer } from '../../shared/files/byte-buffer.ts';
import { isBlank, MAX_RECORD_BYTES } from '../../shared/files/records.ts';
import { AnswerTooLargeError, type ClassifyRequest } from '../inference/classifier.ts';
import { fieldErrors, parseJson } from './body.ts';
import { nextChunk } from './chunks.ts';
import { answerTooLarge, internalError, sentence } from './errors.ts';
import { IDLE_SECONDS, MAX_LINE_BYTES, MAX_STREAM_LINES, MAX_TEXTS } from './limits.ts';
import { LineId, labelError, type Result, type StreamAnswer, StreamObject, StreamText } from './schema.ts';

export interface StreamOptions {
  /** The model's. */
  readonly labels: readonly string[];
  /** One result a text, in order. @throws AnswerTooLargeError: the texts are then classified in smaller groups. */
  readonly classify: (requests: readonly ClassifyRequest[], signal: AbortSignal) => Promise<Result[]>;
  /** Reports a bug, which ends the stream. @returns the incident's id. */
  readonly report: (error: unknown) => string;
  /** Empty ones too (default: MAX_STREAM_LINES). */
  readonly maxLines?: number;
  /** The longest time without a byte (default: IDLE_SECONDS). */
  readonly idleMs?: number;
  /** Ends the stream with an error line, after answering what has been read. */
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
        await reader.cancel().catch(() => {}); // after a bug, or a failure of the body itself
      },
      async cancel(reason) {
        cancellation.abort();
        await reader.cancel(reason); // also ends a read that waits
      },
    },
    { highWaterMark: 0 }, // reads nothing in advance
  );
}

/** The same items, with the first requested at once: `wrangler dev` would read a body that is still unread when there is a response. */
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
 * The answers to the lines, in order, in groups that were classified together: those that arrived together, or that fit into one
 * answer. Ends at a bug or when the signal is aborted.
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

/** A line's request, or its error. */
export type Parsed<Request> = { readonly line: number; readonly id?: string | number } & (
  | Request
  | { readonly error: string }
);

/** One answer a line: its result or its error. */
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
  /** The line's number in the request, from 1. */
  readonly number: number;
  /** The line without its end, or its error. */
  readonly content: Uint8Array | string;
}

/** Some 700 tokens of ordinary text. */
const GROUP_BYTES = 4_096;

/** The last lines of streams that were not read to their end. */
const ENDINGS = {
  'unreadable-body': 'The body ended before it was complete.',
  'request-timeout': 'Nothing arrived for too long, and the stream ends here.',
  'shutting-down': 'The server is shutting down, and the stream ends here.',
  'endless-line': `The line has more than ${MAX_RECORD_BYTES} bytes, and the stream ends here.`,
} as const;

/**
 * Lines that are not blank, in groups that arrived together, up to the size of a run. Hundreds of streams may wait for their turn at
 * once, and tokens take up to sixty times the memory of their characters.
 */
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
    let bytes = 0;
    for (const content of contents) {
      number++;
      if (number > maxLines) {
        yield [...lines, { number, content: `The stream has more than ${maxLines} lines, and ends here.` }];
        await reader.cancel();
        return;
      }
      if (typeof content !== 'string' && isBlank(content)) continue;
      lines.push({ number, content });
      bytes += content.length;
      if (lines.length < MAX_TEXTS && bytes < GROUP_BYTES) continue;
      yield lines;
      [lines, bytes] = [[], 0];
    }
    if (splitter.isEndless) {
      yield [...lines, { number: number + 1, content: ENDINGS['endless-line'] }];
      await reader.cancel();
      return;
    }
    if (lines.length > 0) yield lines;
  }
}

/** Splits chunks into lines. Keeps nothing of a line that is too long. */
class Splitter {
  /** The beginning of a line whose end has not arrived. */
  readonly #begun = new ByteBuffer(MAX_LINE_BYTES);
  /** How many bytes it has so far. */
  #bytes = 0;

  /** Whether the line is so long that nobody needs to wait for its end. */
  get isEndless(): boolean {
    return this.#bytes > MAX_RECORD_BYTES;
  }

  *split(chunk: Uint8Array): Generator<Line['content']> {
    let start = 0;
    for (let end = chunk.indexOf(LINE_FEED); end >= 0; end = chunk.indexOf(LINE_FEED, start)) {
      this.#add(chunk.subarray(start, end));
      yield this.#take();
      start = end + 1;
    }
    this.#add(chunk.subarray(start));
  }

  /** The last line, if it has no end. */
  *rest(): Generator<Line['content']> {
    if (this.#bytes > 0) yield this.#take();
  }

  #add(piece: Uint8Array): void {
    this.#bytes += piece.length;
    if (this.#bytes <= MAX_LINE_BYTES) this.#begun.append(piece);
    else this.#begun.take();
  }

  #take(): Line['content'] {
    const line = this.#begun.take();
    const content = this.#bytes > MAX_LINE_BYTES ? `The line has more than ${MAX_LINE_BYTES} bytes.` : line;
    this.#bytes = 0;
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
  const { text, labels, evidence, sentences } = result.output;
  const wrong = labelError(labels, own);
  if (wrong !== undefined) return { line, ...id, error: sentence([wrong], 'the line') };
  return { line, ...id, text, labels, evidence, sentences };
}

/** The id if it is valid, also of a bad line. */
function idOf(value: unknown): { id?: string | number } {
  const id = (value as { id?: unknown } | null)?.id;
  return v.is(LineId, id) ? { id } : {};
}
