/** The web worker of a page: a classifier that answers messages (`worker-client.ts`). */
import { type Classifier, createClassifier } from '../inference/classifier.ts';
import { LoadError } from '../inference/loading.ts';
import { loaderOf } from '../runtime/browser.ts';
import type { Call, Message, Start } from './worker-client.ts';

const send = (message: Message) => postMessage(message);

let classifier: Classifier;

addEventListener('message', ({ data }: MessageEvent<Start | Call>) => {
  if ('locations' in data) {
    const { locations, labels, maxTokens } = data;
    classifier = createClassifier({ ...loaderOf(locations, (progress) => send({ progress })), labels, maxTokens });
    return;
  }
  const { id, method, args } = data;
  const call = classifier[method] as (...args: readonly unknown[]) => Promise<unknown>;
  call(...args).then(
    (value) => send({ id, value, reloads: classifier.reloads() }),
    (error: unknown) => {
      const isLoadError = error instanceof LoadError; // a copy would lose the class
      send({ id, error: isLoadError ? error.cause : error, isLoadError });
    },
  );
});
