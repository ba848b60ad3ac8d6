/** The page's side of a classifier in a web worker (`worker.ts`). */
import type { Classifier } from '../inference/classifier.ts';
import { LoadError } from '../inference/loading.ts';
import type { Locations } from '../runtime/browser.ts';
import type { ClassifierSettings } from './library.ts';

/** The first message to the worker: its files and settings. */
export interface Start {
  readonly locations: Locations;
  readonly labels: readonly string[] | undefined;
  readonly maxTokens: number | undefined;
}

/** All other messages to the worker. */
export interface Call {
  readonly id: number;
  readonly method: Exclude<keyof Classifier, 'reloads'>;
  readonly args: readonly unknown[];
}

export type Message =
  | { readonly progress: { readonly loaded: number; readonly total: number } }
  | { readonly id: number; readonly value: unknown; readonly reloads: number }
  | { readonly id: number; readonly error: unknown; readonly isLoadError: boolean };

interface Waiting {
  resolve(value: unknown): void;
  reject(error: unknown): void;
}

/** @param start makes the web worker at the first call. A worker that cannot be loaded is made again at the next call. */
export function classifierInWorker(
  start: () => Worker,
  settings: Start,
  onProgress: ClassifierSettings['onProgress'],
): Classifier {
  let worker: Worker | undefined;
  const waiting = new Map<number, Waiting>();
  let calls = 0;
  let reloads = 0;

  function running(): Worker {
    if (worker) return worker;
    worker = start();
    worker.onmessage = ({ data }: MessageEvent<Message>) => {
      if ('progress' in data) return onProgress?.(data.progress);
      const call = waiting.get(data.id);
      waiting.delete(data.id);
      if ('value' in data) {
        reloads = data.reloads;
        call?.resolve(data.value);
      } else call?.reject(data.isLoadError ? new LoadError(data.error) : data.error);
    };
    worker.onerror = (event) => {
      worker?.terminate();
      worker = undefined;
      const why = event.message || 'its file is missing, or the page’s Content-Security-Policy lacks worker-src';
      const error = new LoadError(new Error(`the web worker did not start: ${why}`));
      for (const { reject } of waiting.values()) reject(error);
      waiting.clear();
    };
    worker.postMessage(settings);
    return worker;
  }

  const call = (method: Call['method'], ...args: readonly unknown[]) =>
    new Promise<never>((resolve, reject) => {
      const id = calls++;
      const to = running();
      waiting.set(id, { resolve: resolve as Waiting['resolve'], reject });
      to.postMessage({ id, method, args } satisfies Call);
    });
  return {
    ready: () => call('ready'),
    manifest: () => call('manifest'),
    labels: () => call('labels'),
    reloads: () => reloads,
    // A signal cannot be sent, so the worker finishes a call that it has begun.
    classify: async (texts, { signal, ...options } = {}) => {
      signal?.throwIfAborted();
      return call('classify', texts, options);
    },
  };
}
