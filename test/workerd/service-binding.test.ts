/** The example of docs/api.md of another Worker that asks ours by a service binding, in workerd. */
import { cp, readFile, writeFile } from 'node:fs/promises';
import { build } from 'esbuild';
import { expect, it } from 'vitest';
import { startWorker } from '../../harness/worker.ts';
import { temporaryFolder } from '../fixtures/temporary.ts';

it('answers another Worker through a service binding', async () => {
  const page = await readFile('docs/api.md', 'utf8');
  const sources = [...page.matchAll(/^```ts\n(.*?)^```$/gms)].map(([, content = '']) => content);
  const folder = await temporaryFolder();
  await cp('client/edge-sentiment.ts', `${folder}/edge-sentiment.ts`);
  await writeFile(`${folder}/caller.ts`, sources[1] as string);
  const bundle = await build({ entryPoints: [`${folder}/caller.ts`], bundle: true, format: 'esm', write: false });
  const [, binding = ''] = /binding = "(\w+)"/.exec(page) ?? [];
  const worker = await startWorker({}, { caller: { binding, source: bundle.outputFiles[0]?.text as string } });
  try {
    for (const [text, label] of [
      ['A wonderful film.', 'positive'],
      ['A waste of two hours.', 'negative'],
    ] as const) {
      const response = await fetch(worker.url, { method: 'POST', body: text });
      expect(await response.text()).toBe(label);
    }
  } finally {
    await worker.stop();
  }
});
