/** The entrypoint that stands in for Workers AI, as the example of docs/formats.md calls it; and a POST to the root, where browsers get the page. */
import { readFile, writeFile } from 'node:fs/promises';
import { build } from 'esbuild';
import { expect, it, onTestFinished } from 'vitest';
import { startWorker } from '../../harness/worker.ts';
import { post } from '../fixtures/post.ts';
import { temporaryFolder } from '../fixtures/temporary.ts';

const page = await readFile('docs/formats.md', 'utf8');
const [, source = ''] = /^```ts\n(export default .*?)^```$/ms.exec(page) ?? [];
const [, binding = '', entrypoint = ''] = /binding = "(\w+)"\n.*\nentrypoint = "(\w+)"/.exec(page) ?? [];

async function start(env: Record<string, { type: 'text'; value: string }> = {}) {
  const file = `${await temporaryFolder()}/caller.ts`;
  await writeFile(file, source);
  const bundle = await build({ entryPoints: [file], bundle: true, format: 'esm', write: false });
  const caller = { binding, entrypoint, source: bundle.outputFiles[0]?.text as string };
  const worker = await startWorker({}, { caller, env });
  onTestFinished(() => worker.stop());
  const ask = async (text: string) => (await fetch(worker.url, { method: 'POST', body: text })).json();
  const metrics = async () => {
    const own = await worker.miniflare.getWorker('edge-sentiment');
    return (await own.fetch('http://localhost/metrics')).text();
  };
  return { ask, metrics };
}

it('stands in for the AI binding of another Worker', async () => {
  const { ask, metrics } = await start();
  const [negative, positive] = (await ask('A wonderful film.')) as { label: string; score: number }[];
  expect([negative?.label, positive?.label]).toEqual(['NEGATIVE', 'POSITIVE']);
  expect(positive?.score).toBeGreaterThan(0.8);
  expect(await metrics()).toMatch(/^edge_sentiment_texts_total 1$/m);
});

it('answers the AI binding with the labels of FORMAT_LABELS', async () => {
  const { ask } = await start({ FORMAT_LABELS: { type: 'text', value: 'workers-ai: bad=negative, good=positive' } });
  expect(await ask('A wonderful film.')).toMatchObject([{ label: 'bad' }, { label: 'good' }]);
});

it('answers Hugging Face’s client at the root, and gives browsers the page', async () => {
  const worker = await startWorker({}, { site: true });
  onTestFinished(() => worker.stop());
  const { status, body } = await post(`${worker.url}/`, { inputs: 'A wonderful film.' });
  expect([status, body[0]?.[0]?.label]).toEqual([200, 'positive']);
  expect((await fetch(`${worker.url}/`)).headers.get('content-type')).toMatch(/^text\/html/);
});
