/** The worker on its memory image beside the same worker on the stock runtime. */
import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { MAX_TEXTS } from '../../edge/http/limits.ts';
import { type RunningWorker, startWorker } from '../../harness/worker.ts';
import { parseManifest } from '../../shared/bundle.ts';
import { randomNumbers } from '../../train/random.ts';
import { post } from '../fixtures/post.ts';

const { id, maxTokens } = parseManifest(await readFile('model/model.json', 'utf8'));
const words = (await readFile('model/vocabulary.txt', 'utf8')).trimEnd().split('\n').slice(3);
const random = randomNumbers(3);
const text = (length: number) =>
  Array.from({ length }, () => words[Math.floor(random() ** 3 * words.length)]).join(' ');

let stock: RunningWorker;
let ours: RunningWorker;
beforeAll(async () => {
  stock = await startWorker({ model: await readFile('model/model.onnx') });
  ours = await startWorker();
});
afterAll(() => Promise.all([stock.stop(), ours.stop()]));

async function expectSame(inputs: string[]): Promise<void> {
  const request = { inputs, parameters: { function_to_apply: 'none' } };
  const [expected, actual] = [
    await post(`${stock.url}/models/${id}`, request),
    await post(`${ours.url}/models/${id}`, request),
  ];
  expect(expected.status).toBe(200);
  expect(actual.body).toEqual(expected.body);
}

it('answers every length up to the limit with the same bits', async () => {
  for (let length = 1; length <= maxTokens + 1; length += 7) await expectSame([text(length)]);
});

it('answers batches of every size with the same bits, and after errors', async () => {
  for (let size = 1; size <= MAX_TEXTS; size += 3) {
    await expectSame(Array.from({ length: size }, () => text(1 + Math.floor(random() * 100))));
    await post(`${ours.url}/models/${id}`, { inputs: 5 });
  }
});
