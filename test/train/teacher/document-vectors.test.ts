import { describe, expect, it } from 'vitest';
import { randomNumbers } from '../../../train/random.ts';
import { type DocumentVectorOptions, documentVectors } from '../../../train/teacher/document-vectors.ts';
import { collectNgrams, readCorpus } from '../../../train/teacher/ngrams.ts';

const WIDTH = 8;
const TEXTS = 42;
const OPTIONS: DocumentVectorOptions = { width: WIDTH, epochs: 25, seed: 1, threads: 1 };

/** Texts of words that all have, and of words of one topic: the even texts' or the odd ones'. */
const NGRAMS = (() => {
  const random = randomNumbers(5);
  const word = (text: number) =>
    random() < 0.5 ? `every${Math.floor(random() * 10)}` : `topic${text % 2}-${Math.floor(random() * 20)}`;
  return collectNgrams(
    readCorpus(Array.from({ length: TEXTS }, (_, text) => Array.from({ length: 30 }, () => word(text)))),
  );
})();

function cosine(vectors: Float32Array, a: number, b: number): number {
  const [x, y] = [a, b].map((text) => vectors.subarray(text * WIDTH, (text + 1) * WIDTH)) as [
    Float32Array,
    Float32Array,
  ];
  return x.reduce((sum, value, i) => sum + value * (y[i] as number), 0) / (Math.hypot(...x) * Math.hypot(...y));
}

describe('documentVectors', () => {
  it('are close for texts of one topic, and far apart for two topics', async () => {
    const vectors = (await documentVectors(NGRAMS, OPTIONS)) as Float32Array;
    expect(vectors).toHaveLength(TEXTS * WIDTH);
    let right = 0;
    for (let text = 0; text < TEXTS; text++) {
      const others = [...Array(TEXTS).keys()].filter((other) => other !== text);
      const nearest = others.sort((a, b) => cosine(vectors, text, b) - cosine(vectors, text, a))[0] as number;
      right += Number(nearest % 2 === text % 2);
    }
    expect(right).toBeGreaterThanOrEqual(TEXTS - 1);
  });

  it('are the same bits on any number of threads', async () => {
    const one = await documentVectors(NGRAMS, OPTIONS);
    expect(one?.every(Number.isFinite)).toBe(true);
    for (const threads of [2, 3]) expect(await documentVectors(NGRAMS, { ...OPTIONS, threads })).toEqual(one);
  });

  it('depend on the seed, and keep their start values without epochs', async () => {
    const [one, other, none] = await Promise.all(
      [{}, { seed: 2 }, { epochs: 0 }].map((change) => documentVectors(NGRAMS, { ...OPTIONS, epochs: 1, ...change })),
    );
    expect(other).not.toEqual(one);
    expect(none).not.toEqual(one);
    expect(none?.every((value) => Math.abs(value) <= 0.1)).toBe(true);
  });

  it('are finite for texts without an n-gram, and without any n-gram', async () => {
    const some = collectNgrams(readCorpus([['rare'], [], ...Array.from({ length: 5 }, () => ['a'])]));
    expect(some.size).toBe(1);
    for (const ngrams of [some, collectNgrams(readCorpus([['rare'], []]))]) {
      const vectors = await documentVectors(ngrams, { ...OPTIONS, epochs: 2 });
      expect(vectors).toHaveLength((ngrams.starts.length - 1) * WIDTH);
      expect(vectors?.every(Number.isFinite)).toBe(true);
    }
  });

  it('report progress', async () => {
    const shares: number[] = [];
    await documentVectors(NGRAMS, { ...OPTIONS, epochs: 2, onProgress: (share) => shares.push(share) });
    expect(shares).toEqual([1, 2, 3, 4, 5, 6, 7, 8].map((part) => part / 8));
  });

  it('stop when the signal is aborted', async () => {
    const interruption = new AbortController();
    let parts = 0;
    const vectors = await documentVectors(NGRAMS, {
      ...OPTIONS,
      signal: interruption.signal,
      onProgress: () => ++parts === 3 && interruption.abort(),
    });
    expect([vectors, parts]).toEqual([undefined, 3]);
  });
});
