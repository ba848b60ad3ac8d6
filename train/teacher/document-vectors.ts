/**
 * Vectors of texts, learned without labels: DV-ngrams-cosine (Thongtan & Phienthrakul 2019,
 * https://aclanthology.org/P19-2057). A text's vector d and the vectors w of its n-grams are moved so that
 *
 *     −Σ over its n-grams w: ln σ(α cos(d, w)) − Σ over drawn n-grams w′: ln σ(−α cos(d, w′))
 *
 * falls. A linear model of d then sees that two n-grams mean the same because they keep the same company, which a model of
 * n-grams does not.
 *
 * This file lays out the memory; `kernels/assembly/documents.ts` takes the steps.
 */
import { BLOCKS, DocumentPlan, NEGATIVES } from '../kernels/assembly/layout.ts';
import { Pool } from '../kernels/pool.ts';
import { randomNumbers } from '../random.ts';
import type { Ngrams } from './ngrams.ts';

export interface DocumentVectorOptions {
  /** Numbers in a vector, a multiple of 4. */
  readonly width: number;
  /** Passes over the texts. */
  readonly epochs: number;
  readonly seed: number;
  /** Threads to compute on; the result does not depend on how many. Default: all. */
  readonly threads?: number;
  /** Called after every part of the work. */
  readonly onProgress?: (share: number) => void;
  /** Stops between two parts. */
  readonly signal?: AbortSignal | undefined;
}

/** The first step's size. It falls linearly to almost zero. */
const RATE = 0.1;
const LAST_RATE = 0.02;
/**
 * N-grams that occur more often than in one text of ten are subsampled, as in word2vec: they move all vectors alike, which
 * costs time and, at this rate, accuracy.
 */
const FREQUENT = 0.1;
/** Vectors start as small random numbers, up to this far from zero. */
const SPREAD = 0.1;

/** @returns [texts, width]; `undefined` when the signal stopped it */
export async function documentVectors(
  { size, grams, starts }: Pick<Ngrams, 'size' | 'grams' | 'starts'>,
  { width, epochs, seed, threads, onProgress, signal }: DocumentVectorOptions,
): Promise<Float32Array | undefined> {
  // A pool of its own: this takes far more memory than the rest of the training, and a pool's memory never shrinks.
  const pool = await Pool.create(threads === undefined ? {} : { threads });
  try {
    const count = starts.length - 1;
    const random = randomNumbers(seed);
    const integers = (values: ArrayLike<number>) => {
      const array = pool.integers(values.length);
      array.set(values);
      return pool.addressOf(array);
    };
    const vectors = (rows: number) => {
      const array = pool.floats(rows * width);
      for (let i = 0; i < array.length; i++) array[i] = (random() * 2 - 1) * SPREAD;
      return array;
    };
    const counts = new Int32Array(size);
    for (const gram of grams) (counts[gram] as number)++;
    const keep = pool.floats(size);
    for (const [gram, n] of counts.entries()) keep[gram] = Math.min(1, Math.sqrt((FREQUENT * count) / n));
    const documents = vectors(count);
    const fields: Readonly<DocumentPlan> = {
      width,
      count,
      starts: integers(starts),
      grams: integers(grams),
      keep: pool.addressOf(keep),
      negatives: integers(negatives(counts)),
      documentVectors: pool.addressOf(documents),
      gramVectors: pool.addressOf(vectors(size)),
      direction: pool.addressOf(pool.floats(BLOCKS * width)),
    };
    const plan = integers(Object.values(Object.assign(new DocumentPlan(), fields)));
    for (let part = 0; part < epochs * BLOCKS; part++) {
      await new Promise(setImmediate); // lets Ctrl-C and the progress bar through
      if (signal?.aborted) return undefined;
      const rate = RATE * Math.max(1 - part / (epochs * BLOCKS), LAST_RATE);
      pool.run('documentRound', plan, part % BLOCKS, seed * 1_000 + part, rate);
      onProgress?.((part + 1) / (epochs * BLOCKS));
    }
    return documents.slice();
  } finally {
    await pool.close();
  }
}

/** @returns [BLOCKS, NEGATIVES]: each block's n-grams, drawn in proportion to count^¾, as in word2vec */
function negatives(counts: Int32Array): Int32Array {
  const size = counts.length;
  const weights = Float64Array.from(counts, (count) => count ** 0.75);
  const table = new Int32Array(BLOCKS * NEGATIVES);
  for (let block = 0; block < Math.min(BLOCKS, size); block++) {
    let total = 0;
    for (let gram = block; gram < size; gram += BLOCKS) total += weights[gram] as number;
    let gram = block;
    let reached = weights[gram] as number;
    for (let i = 0; i < NEGATIVES; i++) {
      while (gram + BLOCKS < size && reached < ((i + 0.5) / NEGATIVES) * total) {
        gram += BLOCKS;
        reached += weights[gram] as number;
      }
      table[block * NEGATIVES + i] = gram;
    }
  }
  return table;
}
