/** The built worker over HTTP in real workerd, as it is deployed: every route, and the examples of README. */
import { readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { startWorker } from '../../harness/worker.ts';
import { post } from '../fixtures/post.ts';
import { behavesAsDocumented } from '../runtimes/behaviour.ts';

let url: string;
behavesAsDocumented(async () => {
  const worker = await startWorker();
  ({ url } = worker);
  return worker;
});

const readme = await readFile('README.md', 'utf8');

it('answers as README shows for curl', async () => {
  const [, path, body = '', answer = ''] =
    /^\$ curl http:\/\/127\.0\.0\.1:8787(\S+) --json '(.+)'\n(\{.*?)^```$/ms.exec(readme) ?? [];
  expect((await post(`${url}${path}`, JSON.parse(body))).body).toEqual(JSON.parse(answer));
});

it('answers as README shows for predict', async () => {
  const [, asked, label, score, text] = /^\$ npm run --silent predict -- "(.+)"\n(.+)\t(.+)\t(.+)$/m.exec(readme) ?? [];
  expect(text).toBe(asked);
  const { body } = await post(`${url}/v1/sentiment`, { text });
  expect([body.results[0].label, body.results[0].score.toFixed(4)]).toEqual([label, score]);
});
