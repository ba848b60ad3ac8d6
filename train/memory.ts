/** Frees memory between two stages of a training. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** With less in use, there is nothing to gain. */
const MANY_BYTES = 2 ** 29;

let collect: (() => void) | undefined;

/**
 * Collects garbage now. V8 hardly counts what is in shared memory, so it would leave hundreds of megabytes of an earlier stage where the
 * next one needs as many.
 */
export function freeMemory(): void {
  if (process.memoryUsage.rss() < MANY_BYTES) return;
  if (collect === undefined) {
    setFlagsFromString('--expose-gc');
    collect = runInNewContext('gc') as () => void;
  }
  collect();
}
