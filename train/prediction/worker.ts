/** A thread that classifies texts, batch by batch, with its own classifier. */
import { parentPort, workerData } from 'node:worker_threads';
import type { Classification } from '../../edge/inference/answer.ts';
import { openClassifier } from '../../edge/runtime/files.ts';

export interface WorkerData {
  /** The address of the bundle's folder, with a slash at its end. */
  readonly folder: string;
  readonly labels: readonly string[];
  /** Whether to answer each sentence too. */
  readonly sentences?: boolean | undefined;
}

export interface Answer extends Pick<Classification, 'sentences' | 'mixed'> {
  readonly label: string;
  readonly score: number;
  /** In the order of the labels. */
  readonly scores: readonly number[];
}

const { folder, labels, sentences } = workerData as WorkerData;
const { classifier, manifest } = await openClassifier(new URL(folder));
parentPort?.on('message', async (texts: readonly string[]) => {
  const found = await classifier.classify(texts.map((text) => ({ text, labels, sentences })));
  const answers = found.map(
    ({ label, score, scores, sentences, mixed }): Answer => ({
      ...{ label, score },
      ...(sentences && { sentences, mixed }),
      scores: scores.map((one) => one.score),
    }),
  );
  parentPort?.postMessage(answers);
});
parentPort?.postMessage(manifest.version);
