/** Frees memory between two stages of a training. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** Fewer texts leave too little to be worth a collection. */
const MANY_TEXTS = 10_000;

let collect: (() => void) | undefined;

/**
 * Collects garbage now. V8 hardly counts what is in shared memory, so it would leave hundreds of megabytes of an earlier stage where the
 * next one needs as many.
 * @param texts that the stage worked on
 */
export function freeMemory(texts: number): void {
  if (texts < MANY_TEXTS) return;
  if (collect === undefined) {
    setFlagsFromString('--expose-gc');
    collect = runInNewContext('gc') as () => void;
  }
  collect();
}
