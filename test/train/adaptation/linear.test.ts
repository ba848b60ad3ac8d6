import { describe, expect, it } from 'vitest';
import { bigramBuckets } from '../../../shared/bigram-hash.ts';
import { labelLogits, likeliest } from '../../../shared/labels.ts';
import { type Problem, type Solution, solve } from '../../../train/adaptation/linear.ts';
import { randomNumbers } from '../../../train/random.ts';

const SIZES = { words: 40, buckets: 101, features: 3, logits: 2 };

/** Texts of which one word in three, one feature, or one logit, tells the label. */
function problemOf(labels: number, by: 'word' | 'feature' | 'logit', texts = 90): Problem {
  const random = randomNumbers(labels);
  const examples = Array.from({ length: texts }, (_, text) => {
    const label = text % labels;
    const word = () => (by === 'word' && random() < 0.3 ? 30 + label : 3 + Math.floor(27 * random()));
    return {
      ids: Int32Array.of(1, ...Array.from({ length: 8 }, word)),
      target: Float32Array.from({ length: labels }, (_, at) => +(at === label)),
    };
  });
  const told = { word: -1, feature: 1, logit: 3 }[by];
  const dense = examples.flatMap((_, text) =>
    Array.from({ length: 5 }, (_, at) => (at === told ? (text % labels) + 0.5 * random() : 3 * random())),
  );
  return { ...SIZES, examples, labels, dense: Float32Array.from(dense) };
}

/** The logits that the weights give to a text [columns]. */
function answer({ columns }: Solution, { examples, dense, words, buckets }: Problem, text: number): number[] {
  const { ids } = examples[text] as Problem['examples'][number];
  return columns.map((weights) => {
    let sum = weights.at(-1) as number;
    const ngrams = words > 0 ? [...ids, ...bigramBuckets(ids, buckets).map((bucket) => words + bucket)] : [];
    for (const place of ngrams) sum += (weights[place] as number) / Math.sqrt(ids.length);
    for (let at = 0; at < 5; at++) sum += (weights[words + buckets + at] as number) * (dense[5 * text + at] as number);
    return sum;
  });
}

describe('solve', () => {
  it.each([
    [2, 'word'],
    [3, 'word'],
    [2, 'feature'],
    [2, 'logit'],
  ] as const)('tells %i labels apart by a %s, with weights for the values as they are', async (labels, by) => {
    const problem = problemOf(labels, by);
    const solution = (await solve(problem, { seed: 1 })) as Solution;
    const right = problem.examples.filter(({ target }, text) => {
      const logits = labelLogits(answer(solution, problem, text), solution.columns.length);
      return likeliest(logits) === likeliest(target);
    });
    expect(right.length / problem.examples.length).toBeGreaterThan(0.95);
    expect(solution.scaling.weights[0]).toBeGreaterThan(0);
  });

  it('learns from more texts than the plan is chosen on', async () => {
    const problem = { ...problemOf(2, 'feature', 2_200), words: 0, buckets: 0 };
    const solution = (await solve(problem, { seed: 1 })) as Solution;
    const right = problem.examples.filter(
      ({ target }, text) => likeliest(labelLogits(answer(solution, problem, text), 1)) === likeliest(target),
    );
    expect(right.length / problem.examples.length).toBeGreaterThan(0.95);
  });

  it('uses nothing of features that say nothing when words say all', async () => {
    const problem = {
      ...problemOf(3, 'word', 240),
      dense: new Float32Array(5 * 240).map((_, at) => Math.sin(at ** 2)),
    };
    const { columns } = (await solve(problem, { seed: 1 })) as Solution;
    const { words, buckets } = problem;
    for (const weights of columns) {
      const [word, feature] = [weights.subarray(30, 33), weights.subarray(words + buckets, words + buckets + 5)].map(
        (some) => Math.max(...some.map(Math.abs)),
      ) as [number, number];
      expect(feature).toBeLessThan(word / 20);
    }
  });

  it('gives the same weights for the same seed, and reports its progress', async () => {
    const shares: number[] = [];
    const problem = problemOf(3, 'word');
    const once = await solve(problem, { seed: 1, onProgress: (share) => shares.push(share) });
    expect(await solve(problem, { seed: 1 })).toEqual(once);
    expect(shares).toEqual(shares.toSorted((a, b) => a - b));
    expect(shares.at(-1)).toBe(1);
  });

  it('stops when it is told to', async () => {
    const interruption = new AbortController();
    const onProgress = () => interruption.abort();
    expect(await solve(problemOf(2, 'word'), { seed: 1, onProgress, signal: interruption.signal })).toBeUndefined();
  });
});
