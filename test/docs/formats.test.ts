/** The examples of docs/formats.md, run; that of Workers AI is in test/workerd/. */
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { serve } from '@hono/node-server';
import { InferenceClient } from '@huggingface/inference';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { readFormatLabels } from '../../edge/adapters/labels.ts';
import { createApp } from '../../edge/app.ts';
import { reference } from '../../harness/reference.ts';

const page = await readFile('docs/formats.md', 'utf8');
const of = (language: string) =>
  [...page.matchAll(new RegExp(`^\`\`\`${language}\n(.*?)^\`\`\`$`, 'gms'))].map(([, content = '']) => content);
const curls = of('sh').filter((block) => block.startsWith('curl'));

let url: string;
let server: ReturnType<typeof serve>;
beforeAll(async () => {
  await new Promise<void>((resolve) => {
    server = serve({ fetch: createApp(reference).fetch, hostname: '127.0.0.1', port: 0 }, ({ port }) => {
      url = `http://127.0.0.1:${port}`;
      resolve();
    });
  });
});
afterAll(() => void server?.close());

/** The value, with numbers to four places. */
const shortened = (json: string) =>
  JSON.parse(json, (_, value) => (typeof value === 'number' ? Math.round(value * 1e4) / 1e4 : value));

it.each(curls.map((command, index) => [command, of('json')[index] as string]))('%s', async (command, answer) => {
  const { stdout } = await promisify(execFile)('bash', ['-c', command.replaceAll('http://127.0.0.1:8787', url)]);
  const [found, shown] = [shortened(stdout), shortened(answer)];
  if (!Array.isArray(found)) Object.assign(found, { id: shown.id, created: shown.created });
  expect(found).toEqual(shown);
});

it('Hugging Face’s client', async () => {
  const source = of('ts')
    .find((block) => block.includes('InferenceClient'))
    ?.replace(/^import .*\n/, '');
  const said: unknown[] = [];
  const AsyncFunction = Object.getPrototypeOf(async () => {}).constructor;
  const example = new AsyncFunction('InferenceClient', 'console', source?.replaceAll('http://127.0.0.1:8787', url));
  await example(InferenceClient, { log: (value: unknown) => said.push(value) });
  expect(said).toEqual(['negative']);
});

it('the settings of labels are valid', () => {
  const settings = [...page.matchAll(/FORMAT_LABELS='(.*)'/g)].map(([, value = '']) => value);
  expect(settings).toHaveLength(2);
  for (const setting of settings) expect(readFormatLabels(setting), setting).toBeDefined();
});
