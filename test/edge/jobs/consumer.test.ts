/** The consumer with a bucket and a coordinator of its own; the real ones are in test/workerd/jobs.test.ts. */
import { describe, expect, test } from 'vitest';
import type { Classifier } from '../../../edge/inference/classifier.ts';
import { type Batch, type Claim, consume, type Settlement } from '../../../edge/jobs/consumer.ts';

const JOB = '00000000-0000-4000-8000-000000000000';
const RESULTS = `jobs/${JOB}/results/00003`;
const POISON = 'poison';

class World {
  readonly objects = new Map<string, { bytes: Uint8Array; customMetadata: Record<string, string> }>();
  readonly settled: Settlement[] = [];
  readonly log: string[] = [];
  readonly fates: string[] = [];
  /** How many texts each inference has had. */
  readonly inferences: number[] = [];
  claim: Claim | undefined;
  /** Whether every inference fails. */
  broken = false;
  /** Told of each inference. */
  onClassify = () => {};
  /** How often the coordinator has restarted: a stub of before answers no more. */
  restarts = 0;

  constructor(lines: readonly string[]) {
    const bytes = new TextEncoder().encode(lines.join('\n'));
    this.objects.set(`jobs/${JOB}/input`, { bytes, customMetadata: {} });
    this.claim = { start: 0, end: bytes.length, line: 7, layout: {} };
  }

  async deliver(body: unknown = { job: JOB, chunk: 3 }, { queue = 'jobs', attempts = 1 } = {}): Promise<void> {
    const message: Batch['messages'][number] = {
      body,
      attempts,
      ack: () => this.fates.push('ack'),
      retry: ({ delaySeconds }) => this.fates.push(`retry in ${delaySeconds} s`),
    };
    await consume(
      { queue, messages: [message] },
      {
        bucket: {
          get: async (key, { range: { offset, length } }) => {
            const object = this.objects.get(key);
            return object ? { arrayBuffer: async () => object.bytes.slice(offset, offset + length).buffer } : null;
          },
          put: async (key, bytes, { onlyIf, customMetadata }) => {
            expect(onlyIf).toEqual({ etagDoesNotMatch: '*' });
            if (this.objects.has(key)) return null;
            this.objects.set(key, { bytes, customMetadata });
            return { size: bytes.length, customMetadata };
          },
          head: async (key) => {
            const object = this.objects.get(key);
            return object ? { size: object.bytes.length, customMetadata: object.customMetadata } : null;
          },
        },
        coordinatorOf: (job) => {
          expect(job).toBe(JOB);
          const { restarts } = this;
          const answer = <T>(value: T) => {
            if (this.restarts > restarts) throw new Error('the stub is broken');
            return value;
          };
          return {
            claim: async () => answer(this.claim),
            settle: async (settlement) => void answer(this.settled.push(settlement)),
          };
        },
        classifier: this.#classifier,
        logError: (incident, error) => this.log.push(`${incident} ${error}`),
      },
    );
  }

  get #classifier(): Classifier {
    const classify: Classifier['classify'] = async (requests) => {
      this.inferences.push(requests.length);
      this.onClassify();
      const asked = requests.map((request) => (typeof request === 'string' ? { text: request } : request));
      if (this.broken || asked.some(({ text }) => text === POISON)) throw new Error('no inference');
      return asked.map(({ text, labels, sentences }) => ({
        ...resultOf(text, labels),
        ...(sentences && { sentences: sentencesOf(text), mixed: false }),
        logits: [0, 0],
      }));
    };
    const manifest = async () => ({ version: 'abc', labels: LABELS, maxTokens: 400 }) as any;
    return { classify, ready: async () => {}, manifest, labels: async () => LABELS, reloads: () => 0 };
  }

  get answers(): unknown[] {
    const bytes = this.objects.get(RESULTS)?.bytes;
    return new TextDecoder()
      .decode(bytes)
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line));
  }
}

const LABELS = ['negative', 'neutral', 'positive'];

/** An answer made of the text's length and the requested labels. */
function resultOf(text: string, labels: readonly string[] = LABELS) {
  const scores = labels.map((label, place) => ({ label, score: place === 1 ? text.length / 100 : 0 }));
  return {
    label: 'positive',
    score: 0.5 + text.length / 100,
    scores,
    tokens: 1,
    unknown: 0,
    truncated: false,
    reliable: true,
  };
}

/** As large as the text is long. */
function sentencesOf(text: string) {
  return Array.from({ length: text.length }, (_, start) => ({ start, end: start + 1, ...ANSWER, scores: [ANSWER] }));
}
const ANSWER = { label: 'positive', score: 1 };

const answer = (line: number, text: string, labels = LABELS) => ({ line, ...resultOf(text, labels) });

test('a chunk is stored as one object of answers, and settled', async () => {
  const world = new World(['"a"', '', '{"text": "bcd", "id": 5}', 'no JSON']);
  await world.deliver();
  expect(world.answers).toEqual([
    answer(7, 'a'),
    { ...answer(9, 'bcd'), id: 5 },
    { line: 10, error: 'The line is not JSON in UTF-8.' },
  ]);
  expect(world.settled).toEqual([
    { chunk: 3, failed: 1, bytes: world.objects.get(RESULTS)?.bytes.length, model: 'abc' },
  ]);
  expect(world.fates).toEqual(['ack']);
  expect(world.log).toEqual([]);
});

test('the answers have only the labels of the job', async () => {
  const labels = ['negative', 'positive'];
  const world = new World(['"a"', JSON.stringify(POISON)]);
  world.claim = { ...(world.claim as Claim), labels };
  await world.deliver();
  expect(world.answers).toEqual([answer(7, 'a', labels), { line: 8, error: expect.stringContaining('incident') }]);
});

describe('a job that asked for sentences', () => {
  test('has them in its answers', async () => {
    const world = new World(['"ab"', '""']);
    world.claim = { ...(world.claim as Claim), sentences: true };
    await world.deliver();
    expect(world.answers).toEqual([
      { ...answer(7, 'ab'), sentences: sentencesOf('ab'), mixed: false },
      { line: 8, error: '/text is empty.' },
    ]);
  });

  test('has fewer texts classified together, and results that fit into memory', async () => {
    const world = new World(Array(200).fill(JSON.stringify('x'.repeat(3_000)))); // 275 KB of answer each
    world.claim = { ...(world.claim as Claim), sentences: true };
    await world.deliver();
    const answered = world.answers.filter((one) => !('error' in (one as object))).length;
    const together = Math.floor(65_536 / (3 * 401));
    expect(world.inferences.every((texts) => texts <= together)).toBe(true);
    expect(answered).toBeGreaterThan(100);
    expect(answered).toBeLessThan(200);
    expect(world.answers.at(-1)).toEqual({
      line: 206,
      error: 'The results have too many sentences; ask without them.',
    });
    expect(world.settled[0]?.bytes).toBeLessThan(64 * 1024 ** 2);
  });
});

test('every record gets an error if a new model lacks one of the job’s labels', async () => {
  const world = new World(['{"text": "a", "id": "x"}', 'no JSON']);
  world.claim = { ...(world.claim as Claim), labels: ['bad', 'good'] };
  await world.deliver();
  expect(world.answers).toEqual([
    { line: 7, id: 'x', error: 'The model was replaced while the job ran, and the new one has no label "bad".' },
    { line: 8, error: 'The line is not JSON in UTF-8.' },
  ]);
  expect(world.settled).toMatchObject([{ failed: 2, model: 'abc' }]);
  expect([world.fates, world.log]).toEqual([['ack'], []]);
});

test('a chunk whose coordinator restarts meanwhile is settled once', async () => {
  const world = new World(['"a"']);
  world.onClassify = () => world.restarts++;
  await world.deliver();
  expect(world.settled).toMatchObject([{ chunk: 3, model: 'abc' }]);
  expect(world.fates).toEqual(['ack']);
});

test('the answers stay in order across the groups that are classified together', async () => {
  const texts = Array.from({ length: 1_000 }, (_, index) => 'x'.repeat(1 + (index % 40)));
  const world = new World(texts.map((text) => JSON.stringify(text)));
  await world.deliver();
  expect(world.answers).toEqual(texts.map((text, index) => answer(7 + index, text)));
});

test('a text that makes the classifier fail gets an error, and the others get answers', async () => {
  const world = new World(['"a"', JSON.stringify(POISON), '"b"']);
  await world.deliver();
  expect(world.answers).toEqual([
    answer(7, 'a'),
    { line: 8, error: expect.stringMatching(/^Internal server error; incident [0-9a-f-]{36}\.$/) },
    answer(9, 'b'),
  ]);
  expect(world.settled).toMatchObject([{ failed: 1, model: 'abc' }]);
  expect(world.log).toEqual([expect.stringContaining('no inference')]);
});

test('a chunk is retried, later each time, if no text is to blame', async () => {
  const world = new World(['"a"']);
  world.broken = true;
  await world.deliver();
  await world.deliver(undefined, { attempts: 2 });
  await world.deliver(undefined, { attempts: 20 });
  expect(world.fates).toEqual(['retry in 1 s', 'retry in 2 s', 'retry in 300 s']);
  expect(world.settled).toEqual([]);
  expect(world.objects.has(RESULTS)).toBe(false);
});

describe('delivered twice', () => {
  test('the first results stay, and both consumers report them', async () => {
    const world = new World(['"a"']);
    await world.deliver();
    const [first] = world.settled;
    const written = world.objects.get(RESULTS);
    await world.deliver();
    expect(world.settled).toEqual([first, first]);
    expect(world.objects.get(RESULTS)).toBe(written);
  });

  test('a chunk that is no longer wanted is not classified', async () => {
    const world = new World(['"a"']);
    world.claim = undefined;
    await world.deliver();
    expect(world.fates).toEqual(['ack']);
    expect(world.objects.has(RESULTS)).toBe(false);
  });
});

test('a chunk whose job is cancelled meanwhile is left', async () => {
  const world = new World(Array.from({ length: 5_000 }, () => '"a"'));
  world.onClassify = () => {
    world.claim = undefined;
  };
  await world.deliver();
  expect(world.inferences).toEqual([256, 256, 256, 256]);
  expect([world.objects.has(RESULTS), world.settled, world.fates]).toEqual([false, [], ['ack']]);
});

describe('from the dead-letter queue', () => {
  test('every record gets an error, and a bad record its own', async () => {
    const world = new World(['{"text": "a", "id": "x"}', 'no JSON']);
    world.broken = true;
    await world.deliver(undefined, { queue: 'jobs-dead' });
    const error = `Classifying failed repeatedly; see the log for job ${JOB}, chunk 3.`;
    expect(world.answers).toEqual([
      { line: 7, id: 'x', error },
      { line: 8, error: 'The line is not JSON in UTF-8.' },
    ]);
    expect(world.settled).toMatchObject([{ chunk: 3, failed: 2, model: undefined }]);
  });

  test('a chunk that was classified after all keeps its results', async () => {
    const world = new World(['"a"']);
    await world.deliver();
    await world.deliver(undefined, { queue: 'jobs-dead' });
    expect(world.answers).toEqual([answer(7, 'a')]);
    expect(world.settled[1]).toEqual(world.settled[0]);
  });
});

test.each([undefined, 'text', { job: 'x', chunk: 0 }, { job: JOB, chunk: -1 }])(
  'a message that does not name a chunk is logged and acknowledged: %j',
  async (body) => {
    const world = new World(['"a"']);
    await world.deliver(body ?? null);
    expect(world.fates).toEqual(['ack']);
    expect(world.log).toEqual([expect.stringContaining('not a chunk message')]);
  },
);
