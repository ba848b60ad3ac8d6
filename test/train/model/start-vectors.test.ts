import { beforeAll, describe, expect, it } from 'vitest';
import { Vocabulary } from '../../../shared/vocabulary.ts';
import { buildModel, weightOf } from '../../../train/model/model.ts';
import { shareRows } from '../../../train/model/share-rows.ts';
import { startFrom } from '../../../train/model/start-vectors.ts';
import { randomNumbers } from '../../../train/random.ts';
import { startBackend } from '../../../train/training/backend.ts';
import { randomizeWeights } from '../../fixtures/networks.ts';

beforeAll(startBackend);

const WORDS = Array.from({ length: 40 }, (_, index) => `word${index}`);
const VOCABULARY = Vocabulary.of(WORDS);
const WIDTH = 3;
const built = () =>
  buildModel({
    cell: 'lstm',
    vocabularySize: VOCABULARY.size,
    embeddingUnits: WIDTH,
    units: 2,
    seed: 1,
    ngramBuckets: 11,
  });
const rowsOf = (model: ReturnType<typeof built>) => {
  const values = weightOf(model, 'embedding/embeddings').dataSync() as Float32Array;
  return Array.from({ length: VOCABULARY.size }, (_, row) => [...values.subarray(row * WIDTH, (row + 1) * WIDTH)]);
};

/** Vectors of eight numbers that lie in a plane, for all words but the last. */
function inAPlane(): Map<string, Float32Array> {
  const random = randomNumbers(2);
  const axes = [0, 1].map(() => Array.from({ length: 8 }, () => random() - 0.5)) as [number[], number[]];
  return new Map(
    WORDS.slice(0, -1).map((word) => {
      const [a, b] = [random() - 0.5, random() - 0.5];
      return [
        word,
        Float32Array.from({ length: 8 }, (_, at) => 3 + a * (axes[0][at] as number) + b * (axes[1][at] as number)),
      ];
    }),
  );
}

describe('a network that starts from vectors', () => {
  it('has their principal components, in which the words are as far apart as in the vectors', () => {
    const [model, vectors] = [built(), inAPlane()];
    startFrom(vectors, model, VOCABULARY);
    const rows = rowsOf(model).slice(3, -1);
    const distance = (a: ArrayLike<number>, b: ArrayLike<number>) =>
      Math.hypot(...Array.from(a, (value, at) => value - (b[at] as number)));
    const given = [...vectors.values()];
    const ratios = rows
      .slice(1)
      .map(
        (row, index) =>
          distance(row, rows[0] as number[]) / distance(given[index + 1] as Float32Array, given[0] as Float32Array),
      );
    for (const ratio of ratios) expect(ratio / (ratios[0] as number)).toBeCloseTo(1, 3);
    expect(Math.sqrt(rows.flat().reduce((sum, value) => sum + value ** 2, 0) / rows.flat().length)).toBeCloseTo(0.1, 4);
  });

  it('keeps the rows of words without a vector, and all rows if hardly any word has one', () => {
    const [model, fresh, few] = [built(), built(), built()];
    startFrom(inAPlane(), model, VOCABULARY);
    expect(rowsOf(model).at(-1)).toEqual(rowsOf(fresh).at(-1));
    expect(rowsOf(model).slice(0, 3)).toEqual(rowsOf(fresh).slice(0, 3));
    startFrom(new Map([...inAPlane()].slice(0, WIDTH)), few, VOCABULARY);
    expect(rowsOf(few)).toEqual(rowsOf(fresh));
  });
});

it('words that share rows have the weights of their representative, in both tables', () => {
  const model = built();
  randomizeWeights(model);
  const before = rowsOf(model);
  const representatives = Int32Array.from({ length: VOCABULARY.size }, (_, id) => (id > 30 ? 30 : id));
  shareRows(model, representatives);
  expect(rowsOf(model)).toEqual(before.map((row, id) => (id > 30 ? before[30] : row)));
  const unigrams = weightOf(model, 'ngrams/unigrams').dataSync();
  expect([...unigrams.slice(31)]).toEqual(Array(VOCABULARY.size - 31).fill(unigrams[30]));
});
