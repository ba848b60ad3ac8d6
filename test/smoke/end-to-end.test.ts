/** End to end, on reviews of our own: the command line trains a model, and the built worker serves it. */
import path from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { startWorker } from '../../harness/worker.ts';
import { main } from '../../train/cli.ts';
import { readBundle } from '../../train/export/bundle.ts';
import { run } from '../fixtures/command.ts';
import { CORPUS_REVIEWS, entriesOf, packCorpus } from '../fixtures/corpus.ts';
import { post } from '../fixtures/post.ts';
import { temporaryFolder } from '../fixtures/temporary.ts';

it('the worker answers with the network that was trained', async () => {
  const folder = await temporaryFolder();
  const [archive, trained] = [path.join(folder, 'mine.tar.gz'), path.join(folder, 'trained')];
  await packCorpus(archive, entriesOf(CORPUS_REVIEWS));
  const training = ['train', '--any-size', '--epochs', '15', '--seed', '3', '--data', archive, '--out', trained];
  expect(await run(main, training)).toMatchObject({ code: 0 });

  const worker = await startWorker(await readBundle(trained));
  onTestFinished(() => worker.stop());
  const texts = ['A wonderful film. I loved it!', 'An awful film. I hated it!'];
  const { body } = await post(`${worker.url}/v1/sentiment`, { texts });
  expect(body.results.map(({ label }: { label: string }) => label)).toEqual(['positive', 'negative']);
  const { stdout } = await run(main, ['predict', '--model', trained, '--json'], { input: texts.join('\n') });
  const scores = (results: { score: number }[]) => results.map(({ score }) => expect.closeTo(score, 6));
  expect(body.results).toMatchObject(scores(JSON.parse(stdout).results).map((score) => ({ score })));
});
