/** Untrained bundles whose words speak for labels, and their pages. */
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { serve } from '@hono/node-server';
import * as tf from '@tensorflow/tfjs';
import { createApp } from '../../edge/app.ts';
import { openClassifier } from '../../edge/runtime/files.ts';
import { withSite } from '../../edge/site.ts';
import { Vocabulary } from '../../shared/vocabulary.ts';
import { type Config, PRESETS } from '../../train/config.ts';
import { exportBundle } from '../../train/export/export.ts';
import { centreRows } from '../../train/model/centre.ts';
import { weightOf } from '../../train/model/model.ts';
import { randomNumbers, randomRows } from '../../train/random.ts';
import { startBackend } from '../../train/training/backend.ts';
import { newRun } from '../../train/training/checkpoint.ts';

/** The words that speak for each label. */
export type Lexicon = Readonly<Record<string, readonly string[]>>;

export const OPINIONS: Lexicon = {
  negative: ['awful', 'bad', 'boring', 'broken', 'but', 'nowhere', 'worst'],
  neutral: ['arrived', 'box', 'delivery', 'okay', 'plot', 'story', 'tuesday'],
  positive: ['beautiful', 'good', 'gorgeous', 'love', 'superb', 'wonderful'],
};
export const TOPICS: Lexicon = {
  business: ['bank', 'market', 'price', 'shares'],
  culture: ['film', 'music', 'novel', 'stage'],
  health: ['doctor', 'hospital', 'patients', 'vaccine'],
  politics: ['election', 'minister', 'parliament', 'vote'],
  science: ['cells', 'experiment', 'physics', 'telescope'],
  sport: ['goal', 'match', 'season', 'team'],
  'weather and climate': ['heat', 'rain', 'storm', 'sun'],
};

/** Words of no label. */
const OTHERS = ['a', 'after', 'and', 'at', 'for', 'in', 'is', 'it', 'of', 'on', 'the', 'this', 'to', 'was', 'with'];
/** A word's weight for its label; the small LSTM's random weights add to it. */
const STRENGTH = 3.5;

/** Writes a bundle with the lexicon's labels, more than two, to `folder`. */
export async function writeBundle(folder: string, lexicon: Lexicon): Promise<void> {
  await startBackend();
  const labels = Object.keys(lexicon);
  const vocabulary = Vocabulary.of([...OTHERS, ...Object.values(lexicon).flat()]);
  const sizes = { embeddingUnits: 8, units: 6, pooling: 'mean-last', ngramBuckets: 211, weights: 'int8' } as const;
  const config: Config = { ...(PRESETS['seed'] as Config), ...sizes };
  const facts = { name: 'words of the tests', labels, reviews: 4, unlabelled: 0, validationReviews: 0, digest: '' };
  const run = newRun(config, facts, vocabulary);
  const random = randomNumbers(1);
  const table = new Float32Array(vocabulary.size * labels.length);
  for (const [label, words] of Object.values(lexicon).entries()) {
    for (const word of words) {
      table[vocabulary.idOf(word) * labels.length + label] = STRENGTH * (0.6 + 0.8 * random());
    }
  }
  centreRows(table, labels.length);
  const unigrams = weightOf(run.model, 'ngrams/unigrams');
  tf.tidy(() => void unigrams.assign(tf.tensor(table, unigrams.shape)));
  await exportBundle(run, randomRows({ rows: 20, maxLength: 9, below: vocabulary.size, seed: 1 }), folder);
}

/** Serves such a bundle and its page, as `MODEL=<folder> npm start` does. */
export async function serveBundle(lexicon: Lexicon): Promise<{ url: string; stop: () => Promise<void> }> {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'edge-sentiment-page-'));
  await writeBundle(folder, lexicon);
  await promisify(execFile)(process.execPath, ['edge/build/cli.ts', '--page', folder], {
    env: { ...process.env, MODEL: folder },
  });
  const { classifier } = await openClassifier(pathToFileURL(`${folder}/`));
  const app = await withSite(createApp(classifier), pathToFileURL(`${folder}/site/`));
  const server = serve({ fetch: app.fetch, hostname: '127.0.0.1', port: 0 });
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const stop = async () => {
    server.close();
    await rm(folder, { recursive: true });
  };
  return { url: `http://127.0.0.1:${port}`, stop };
}
