/** Random batches for training, with about as many distinct words as batches of real reviews. The same in every run. */
import type { Config } from '../train/config.ts';
import type { Example } from '../train/data/examples.ts';
import { randomNumbers } from '../train/random.ts';

/** The exponent of a Zipf law with which a batch has about 2,000 distinct words, like batches of reviews. */
const ZIPF = 0.9;

export type BatchShape = Pick<Config, 'vocabularySize' | 'maxTokens' | 'batchSize'>;

/** Makes batches of texts of `maxTokens` ids, half of them positive. */
export function batches({ vocabularySize, maxTokens, batchSize }: BatchShape): () => Example[] {
  const draw = zipf(vocabularySize, ZIPF);
  return () =>
    Array.from({ length: batchSize }, (_, row) => ({
      ids: Int32Array.from({ length: maxTokens }, draw),
      target: Float32Array.of(1 - (row % 2), row % 2),
    }));
}

/** Draws ids from 1 to `size` − 1; id n has a probability proportional to n^−exponent. */
function zipf(size: number, exponent: number): () => number {
  const random = randomNumbers(1);
  const cumulative = new Float64Array(size);
  for (let id = 1; id < size; id++) cumulative[id] = (cumulative[id - 1] as number) + id ** -exponent;
  const total = cumulative[size - 1] as number;
  return () => {
    const target = random() * total;
    let low = 1;
    let high = size - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((cumulative[middle] as number) < target) low = middle + 1;
      else high = middle;
    }
    return low;
  };
}
