/**
 * The first answer of a fresh isolate in real workerd: the worker as it is built beside the same worker with the stock
 * onnxruntime-web, in one run and in turns. `coldStart` is ours ÷ stock.
 *
 *     npm run build && npm run bench -- cold [--json]
 *
 * "from nothing" evaluates the worker's module in the first request, so that the time has all of it but the start of the
 * process. As deployed, the module is evaluated before there is a request; "first request" is what is left then.
 */
import { readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { post } from '../test/fixtures/post.ts';
import { builtFiles, startWorker } from '../test/workerd/worker.ts';
import { type Case, print, summarize } from './harness.ts';

const ROUNDS = 9;
const TEXT = 'A wonderful film. I loved every minute of it, and the acting is superb!';
const STOCK = { model: await readFile('model/model.onnx') };

const fromNothing = { stock: [] as number[], ours: [] as number[] };
const asDeployed = { stock: [] as number[], ours: [] as number[] };
const second: number[] = [];
for (let round = 0; round < ROUNDS; round++) {
  for (const [times, lazy] of [
    [fromNothing, true],
    [asDeployed, false],
  ] as const) {
    times.stock.push((await answers(STOCK, lazy))[0] as number);
    const [first, next] = (await answers({}, lazy)) as [number, number];
    times.ours.push(first);
    second.push(next);
  }
}

const stock = summarize('from nothing, stock', 'ms', fromNothing.stock);
const ours = summarize('from nothing, ours', 'ms', fromNothing.ours);
const firstStock = summarize('first request, stock', 'ms', asDeployed.stock);
const first = summarize('first request, ours', 'ms', asDeployed.ours);
print(
  {
    benchmark: 'cold',
    cases: [stock, ours, firstStock, first, summarize('second request, ours', 'ms', second), ...(await sizes())],
    ratios: { coldStart: ours.median / stock.median, firstRequest: first.median / firstStock.median },
  },
  ['onnxruntime-web', 'miniflare'],
);

/** Milliseconds to the first and the second answer of a fresh isolate. */
async function answers(files: Parameters<typeof startWorker>[0], lazy: boolean): Promise<number[]> {
  const worker = await startWorker(files, { lazy });
  try {
    await fetch(`${worker.url}/health`); // so that the connection and Miniflare's own worker are not measured
    const times = [];
    for (let request = 0; request < 2; request++) {
      const start = performance.now();
      const { status } = await post(`${worker.url}/v1/sentiment`, { text: TEXT });
      times.push(performance.now() - start);
      if (status !== 200) throw new Error(`the worker answered ${status}`);
    }
    return times;
  } finally {
    await worker.stop();
  }
}

/** Of the built worker's files, before compression. */
async function sizes(): Promise<Case[]> {
  return Promise.all(
    (await builtFiles()).map(async (file) => {
      const { size } = await stat(path.join('dist', file));
      return summarize(file.replace(/^[0-9a-f]{40}-/, ''), 'KiB', [size / 1024]);
    }),
  );
}
