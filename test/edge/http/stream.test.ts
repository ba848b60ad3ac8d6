/** A stream's answers, and how far it reads. test/runtimes/ tests it over HTTP. */
import { describe, expect, it } from 'vitest';
import { MAX_LINE_BYTES, MAX_STREAM_LINES, MAX_TEXTS } from '../../../edge/http/limits.ts';
import { answerLines } from '../../../edge/http/stream.ts';
import { AnswerTooLargeError, type ClassifyRequest } from '../../../edge/inference/classifier.ts';
import { MAX_RECORD_BYTES } from '../../../shared/files/records.ts';
import { collectGarbage } from '../../fixtures/garbage.ts';

const encoder = new TextEncoder();
const labels = ['negative', 'neutral', 'positive'];
const scores = labels.map((label, place) => ({ label, score: [0, 0.25, 0.75][place] as number }));
const RESULT = { label: 'positive', score: 0.75, scores, tokens: 1, unknown: 0, truncated: false, reliable: true };

/** Answers each text with its length as the number of tokens, and remembers what shared a run. */
function lengths(runs: string[][] = []) {
  return async (asked: readonly ClassifyRequest[]) => {
    runs.push(asked.map(({ text }) => text));
    return asked.map(({ text }) => ({ ...RESULT, tokens: text.length }));
  };
}

function bodyOf(...chunks: readonly (string | Uint8Array)[]): ReadableStream<Uint8Array> {
  return ReadableStream.from(chunks.map((chunk) => (typeof chunk === 'string' ? encoder.encode(chunk) : chunk)));
}

async function answersTo(
  body: ReadableStream<Uint8Array>,
  classify = lengths(),
  limits: { maxLines?: number; idleMs?: number; ending?: AbortSignal } = {},
): Promise<any[]> {
  const report = (error: unknown) => {
    throw error;
  };
  const text = await new Response(answerLines(body, { labels, classify, report, ...limits })).text();
  return text
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line));
}

describe('the answers', () => {
  it('are in order, each with its line’s number and id', async () => {
    const lines = ['"a"', '{"text":"bb","id":"x"}', '{"text":"ccc","id":7}', '{"text":"dddd","id":0}'];
    expect(await answersTo(bodyOf(`${lines.join('\n')}\n`))).toEqual([
      { line: 1, ...RESULT, tokens: 1 },
      { line: 2, id: 'x', ...RESULT, tokens: 2 },
      { line: 3, id: 7, ...RESULT, tokens: 3 },
      { line: 4, id: 0, ...RESULT, tokens: 4 },
    ]);
  });

  it('are the same wherever the body is cut', async () => {
    const bytes = encoder.encode('\uFEFF"a film"\r\n\r\n \t\n{"text":"schön 😀"}\n"the end"');
    const whole = await answersTo(bodyOf(bytes));
    expect(whole.map(({ line, tokens }) => [line, tokens])).toEqual([
      [1, 6],
      [4, 8],
      [5, 7],
    ]);
    for (let at = 0; at <= bytes.length; at++) {
      expect(await answersTo(bodyOf(bytes.subarray(0, at), bytes.subarray(at)))).toEqual(whole);
    }
    expect(await answersTo(bodyOf(...Array.from(bytes, (byte) => Uint8Array.of(byte))))).toEqual(whole);
  });

  it('end with the reason when nothing more arrives', async () => {
    const silent = () => new ReadableStream({ start: (controller) => controller.enqueue(encoder.encode('"a"\n"b')) });
    const first = { line: 1, ...RESULT, tokens: 1 };
    expect(await answersTo(silent(), lengths(), { idleMs: 1 })).toEqual([
      first,
      { line: 2, error: 'Nothing arrived for too long, and the stream ends here.' },
    ]);
    const ending = new AbortController();
    const answers = answersTo(silent(), lengths(), { ending: ending.signal });
    setImmediate(() => ending.abort());
    expect(await answers).toEqual([
      first,
      { line: 2, error: 'The server is shutting down, and the stream ends here.' },
    ]);
  });

  it('end at a line of more than 1 MiB, without waiting for its end', async () => {
    const piece = new Uint8Array(MAX_RECORD_BYTES / 16).fill(0x61);
    let read = 0;
    const endless = new ReadableStream<Uint8Array>({
      pull(controller) {
        controller.enqueue(read++ === 0 ? encoder.encode('"a"\n') : piece);
      },
    });
    expect(await answersTo(endless)).toEqual([
      { line: 1, ...RESULT, tokens: 1 },
      { line: 2, error: 'The line has more than 1048576 bytes, and the stream ends here.' },
    ]);
    expect(read).toBeLessThan(20);
    const ended = Array.from({ length: 16 }, () => piece);
    expect(await answersTo(bodyOf(...ended, '\n"a"'))).toEqual([
      { line: 1, error: 'The line has more than 65536 bytes.' },
      { line: 2, ...RESULT, tokens: 1 },
    ]);
  });

  it('are empty for a body without a line', async () => {
    expect(await answersTo(bodyOf())).toEqual([]);
    expect(await answersTo(bodyOf('\n\r\n  \n'))).toEqual([]);
  });

  it.each([
    ['what is not JSON', '{"text":', 'The line is not JSON in UTF-8.'],
    ['bytes that are not UTF-8', Uint8Array.of(0x22, 0xff, 0x22), 'The line is not JSON in UTF-8.'],
    ['a number', '5', 'the line must be a JSON string or object.'],
    ['null', 'null', 'the line must be a JSON string or object.'],
    ['a list', '["a"]', 'the line must be a JSON string or object.'],
    ['an empty string', '""', 'the line is empty.'],
    ['an empty text', '{"text":" "}', '/text is empty.'],
    ['no text', '{}', '/text is required.'],
    ['labels that are none', '{"text":"a","labels":"negative"}', '/labels must be an array of strings.'],
    ['a single label', '{"text":"a","labels":["negative"]}', '/labels has fewer than two labels.'],
    ['a label twice', '{"text":"a","labels":["neutral","neutral"]}', '/labels/1 is there twice.'],
    [
      'a label that the model does not have',
      '{"text":"a","labels":["neutral","mixed"]}',
      '/labels/1 is not a label of the model, which has "negative", "neutral", "positive".',
    ],
    ['an unknown field', '{"text":"a","texts":[]}', '/texts is not a known field.'],
    ['an id that is an object', '{"text":"a","id":{}}', '/id must be a string of at most 256 characters or a number.'],
    [
      'an id that is too long',
      `{"text":"a","id":"${'x'.repeat(257)}"}`,
      '/id must be a string of at most 256 characters or a number.',
    ],
    ...['9007199254740993', '-9007199254740993', '1e400'].map((id): [string, string, string] => [
      `the id ${id}, which JSON would round`,
      `{"text":"a","id":${id}}`,
      '/id has too many digits to be read exactly; put quotes around it.',
    ]),
    ['a line over the limit', `"${'a'.repeat(MAX_LINE_BYTES - 1)}"`, `The line has more than ${MAX_LINE_BYTES} bytes.`],
  ])('name the line of %s, and go on', async (_, bad, error) => {
    const bytes = typeof bad === 'string' ? encoder.encode(bad) : bad;
    const answers = await answersTo(bodyOf('"a"\n', bytes, '\n"b"\n'));
    expect(answers).toEqual([
      { line: 1, ...RESULT },
      { line: 2, error },
      { line: 3, ...RESULT },
    ]);
  });

  it('to a bad line have its id', async () => {
    expect(await answersTo(bodyOf('{"id":"mine","text":5}'))).toEqual([
      { line: 1, id: 'mine', error: '/text must be a string.' },
    ]);
  });

  it('include a line of exactly the most bytes allowed', async () => {
    const [answer] = await answersTo(bodyOf(`"${'a'.repeat(MAX_LINE_BYTES - 2)}"\n`));
    expect(answer).toEqual({ line: 1, ...RESULT, tokens: MAX_LINE_BYTES - 2 });
  });

  it('have the evidence and the labels that each line asks for', async () => {
    const asked: ClassifyRequest[] = [];
    const classify = async (some: readonly ClassifyRequest[]) => {
      asked.push(...some);
      return some.map(() => RESULT);
    };
    const lines = [
      '"a"',
      '{"text":"b","evidence":true}',
      '{"text":"c","evidence":false,"labels":["positive","neutral"]}',
    ];
    await answersTo(bodyOf(lines.join('\n')), classify);
    expect(asked.map(({ labels, evidence = false }) => [labels, evidence])).toEqual([
      [undefined, false],
      [undefined, true],
      [['positive', 'neutral'], false],
    ]);
  });

  it('end with the error of the stream', async () => {
    const broken = new ReadableStream<Uint8Array>({
      start: (controller) => controller.enqueue(encoder.encode('"a"\n"half')),
      pull: () => Promise.reject(new Error('connection lost')),
    });
    expect(await answersTo(broken)).toEqual([
      { line: 1, ...RESULT },
      { line: 2, error: 'The body ended before it was complete.' },
    ]);
  });

  it('end at the limit of lines, blank ones included', async () => {
    expect(MAX_STREAM_LINES).toBe(1_000_000);
    const body = bodyOf('\n'.repeat(9), '"last"\n"more"\n"and more"\n');
    expect(await answersTo(body, lengths(), { maxLines: 10 })).toEqual([
      { line: 10, ...RESULT, tokens: 4 },
      { line: 11, error: 'The stream has more than 10 lines, and ends here.' },
    ]);
  });
});

describe('a run', () => {
  it('has the lines that arrived together, up to the limit of a request', async () => {
    const runs: string[][] = [];
    const many = '"x"\n'.repeat(2 * MAX_TEXTS + 1);
    await answersTo(bodyOf('"a"\n"b"\n"c', '"\n', many), lengths(runs));
    expect(runs.map(({ length }) => length)).toEqual([2, 1, MAX_TEXTS, MAX_TEXTS, 1]);
  });

  it('has fewer lines if they are long, because their tokens wait for their turn in memory', async () => {
    const runs: string[][] = [];
    const long = `"${'x'.repeat(1_500)}"\n`;
    await answersTo(bodyOf(long.repeat(7), `"${'x'.repeat(10_000)}"\n"a"\n`), lengths(runs));
    expect(runs.map(({ length }) => length)).toEqual([3, 3, 1, 1, 1]);
  });

  it('whose answer would be too large is split, each part answered before the next', async () => {
    /** As if only three texts fitted into one answer, and "too long" into none. */
    const runs: string[][] = [];
    const classify = async (asked: readonly ClassifyRequest[]) => {
      const tooLong = asked.some(({ text }) => text === 'too long');
      if (asked.length > 3 || tooLong) throw new AnswerTooLargeError(asked.length * 1_000_000);
      return lengths(runs)(asked);
    };
    const report = (error: unknown) => {
      throw error;
    };
    const body = bodyOf('"a"\n"bb"\n"ccc"\n5\n"d"\n{"text":"too long","id":"x"}\n"e"\n"f"\n"g"\n');
    const reader = answerLines(body, { labels, classify, report }).getReader();
    const chunks: any[][] = [];
    for (let next = await reader.read(); !next.done; next = await reader.read()) {
      const lines = new TextDecoder().decode(next.value).trimEnd().split('\n');
      chunks.push(lines.map((line) => JSON.parse(line)));
      expect(runs.flat()).toHaveLength(chunks.flat().filter((answer) => 'tokens' in answer).length);
    }
    expect(chunks.length).toBeGreaterThan(3);
    const tooLarge =
      'The answer would have 1000000 numbers, more than 262144: ask for fewer texts, fewer labels, or no evidence or sentences.';
    expect(chunks.flat()).toEqual([
      { line: 1, ...RESULT, tokens: 1 },
      { line: 2, ...RESULT, tokens: 2 },
      { line: 3, ...RESULT, tokens: 3 },
      { line: 4, error: 'the line must be a JSON string or object.' },
      { line: 5, ...RESULT, tokens: 1 },
      { line: 6, id: 'x', error: tooLarge },
      ...[7, 8, 9].map((line) => ({ line, ...RESULT, tokens: 1 })),
    ]);
  });

  it('that fails ends the stream with an incident', async () => {
    const reported: unknown[] = [];
    const bug = new Error('out of memory');
    let cancelled = false;
    const body = new ReadableStream<Uint8Array>({
      pull: (controller) => controller.enqueue(encoder.encode('"a"\n')),
      cancel: () => {
        cancelled = true;
      },
    });
    const report = (error: unknown) => `id ${reported.push(error)}`;
    const answers = answerLines(body, { labels, classify: () => Promise.reject(bug), report });
    expect(await new Response(answers).text()).toBe('{"line":1,"error":"Internal server error; incident id 1."}\n');
    expect([reported, cancelled]).toEqual([[bug], true]);
  });
});

describe('reading', () => {
  /** Resolves when all pending work is done. */
  const allThatFollows = async () => {
    for (let turn = 0; turn < 10; turn++) await new Promise((resolve) => setImmediate(resolve));
  };

  /** Lines without an end, and how many bytes of them were taken. */
  function endless(line = `"${'a'.repeat(1022)}"\n`) {
    const chunk = encoder.encode(line);
    const state = { pulled: 0, cancelled: false };
    const body = new ReadableStream<Uint8Array>(
      {
        pull: (controller) => {
          state.pulled += chunk.length;
          controller.enqueue(chunk);
        },
        cancel: () => {
          state.cancelled = true;
        },
      },
      { highWaterMark: 0 },
    );
    return { body, state };
  }

  it('waits until its answers are read', async () => {
    const { body, state } = endless();
    const reader = answerLines(body, { labels, classify: lengths(), report: String }).getReader();
    await allThatFollows();
    expect(state.pulled).toBe(1025); // what makes the body count as read
    for (let read = 1; read <= 5; read++) {
      await reader.read();
      expect(state.pulled).toBe(1025 * read);
    }
  });

  it('stops when the client does', async () => {
    const { body, state } = endless();
    const runs: string[][] = [];
    const reader = answerLines(body, { labels, classify: lengths(runs), report: String }).getReader();
    await reader.read();
    await reader.cancel();
    await allThatFollows();
    expect([state, runs.length]).toEqual([{ pulled: 1025, cancelled: true }, 1]);
  });

  it('stops when the client does, while it waits for a line or classifies one', async () => {
    let cancelled = 0;
    const runs: string[][] = [];
    const waiting = new ReadableStream<Uint8Array>({
      start: (controller) => controller.enqueue(encoder.encode('"half a line"')),
      cancel: () => void cancelled++,
    });
    const idle = answerLines(waiting, { labels, classify: lengths(runs), report: String }).getReader();
    const read = idle.read();
    await allThatFollows();
    await idle.cancel();
    expect([(await read).done, cancelled]).toEqual([true, 1]);
    await allThatFollows();
    expect(runs).toEqual([]);

    const { body, state } = endless();
    const [started, held] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const slow = async (asked: readonly ClassifyRequest[]) => {
      started.resolve();
      await held.promise;
      return lengths()(asked);
    };
    const failures: unknown[] = [];
    const busy = answerLines(body, {
      labels,
      classify: slow,
      report: (error) => `${failures.push(error)}`,
    }).getReader();
    const pending = busy.read();
    await started.promise;
    await busy.cancel();
    held.resolve();
    await pending;
    await allThatFollows();
    expect([state, failures]).toEqual([{ pulled: 1025, cancelled: true }, []]);
  });

  it('holds little memory of a large body, in one line or many', async () => {
    const mebibyte = 1024 * 1024;
    for (const [chunk, unread] of [
      [new Uint8Array(mebibyte).fill(0x61), 126], // a line that has no end is not read further
      [encoder.encode(`"${'a'.repeat(1021)}"\n`.repeat(1024)), -1],
    ] as const) {
      let left = 128;
      let most = 0;
      collectGarbage();
      const before = process.memoryUsage().arrayBuffers;
      const body = new ReadableStream<Uint8Array>(
        {
          pull: (controller) => {
            if (left % 64 === 0) {
              collectGarbage();
              most = Math.max(most, process.memoryUsage().arrayBuffers - before);
            }
            if (left-- === 0) controller.close();
            else controller.enqueue(chunk.slice());
          },
        },
        { highWaterMark: 0 },
      );
      const reader = answerLines(body, {
        labels,
        classify: async (asked) => asked.map(() => RESULT),
        report: String,
      }).getReader();
      while (!(await reader.read()).done);
      expect(left).toBe(unread);
      expect(most).toBeLessThan(32 * mebibyte);
    }
  });

  it('answers the first line before the second arrives', async () => {
    const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
    const writer = writable.getWriter();
    const reader = answerLines(readable, { labels, classify: lengths(), report: String }).getReader();
    for (let line = 1; line <= 3; line++) {
      writer.write(encoder.encode('"a"\n')).catch(() => {});
      const { value } = await reader.read();
      expect(JSON.parse(new TextDecoder().decode(value))).toMatchObject({ line });
    }
    await reader.cancel();
  });
});
