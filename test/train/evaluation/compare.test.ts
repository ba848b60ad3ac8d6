import { describe, expect, it } from 'vitest';
import { type Config, PRESETS } from '../../../train/config.ts';
import { compare } from '../../../train/evaluation/compare/compare.ts';
import { memoryAccuracy } from '../../../train/evaluation/compare/memory-task.ts';
import { comparisonReport } from '../../../train/evaluation/compare/report.ts';
import { CORPUS } from '../../fixtures/corpus.ts';

const CONFIG: Config = {
  ...(PRESETS['seed'] as Config),
  embeddingUnits: 8,
  units: 8,
  batchSize: 16,
  epochs: 2,
  validationFraction: 0.25,
};

describe('compare', () => {
  it('measures the three cells on the same reviews, and reports it', async () => {
    const comparison = await compare({ dataset: CORPUS, config: CONFIG, memorySteps: 2, memoryLengths: [3, 5] });
    expect(comparison).toMatchObject({ reviews: 60, validationReviews: 20 });
    expect(comparison.cells.map(({ cell }) => cell)).toEqual(['lstm', 'gru', 'rnn']);
    for (const { accuracies, gradientNorms, memory, parameters } of comparison.cells) {
      expect(accuracies).toHaveLength(2);
      expect(gradientNorms.untrained[0]).toBe(1);
      expect(gradientNorms.trained.every((norm) => norm > 0 && Number.isFinite(norm))).toBe(true);
      expect(memory.map(({ length }) => length)).toEqual([3, 5]);
      expect(parameters).toBeGreaterThan(0);
    }
    // The gates are what the cells differ by: four, three and one.
    const [lstm = 0, gru = 0, rnn = 0] = comparison.cells.map(({ parameters }) => parameters);
    expect(lstm - gru).toBe((gru - rnn) / 2);

    const files = comparisonReport(comparison);
    const pictures = Object.keys(files).filter((file) => file.endsWith('.svg'));
    expect(pictures).toHaveLength(3);
    for (const picture of pictures) expect(files['rnn-vs-lstm.md']).toContain(`](${picture})`);
    expect(files['rnn-vs-lstm.html']?.match(/<svg /g)).toHaveLength(3);
    expect(files['rnn-vs-lstm.html']).not.toMatch(/(?:src|href)=/); // nothing is fetched
  });

  it('measures them on three labels', async () => {
    const thirds = CORPUS.train.map((review, index) => ({ ...review, label: index % 3 }));
    const dataset = { ...CORPUS, labels: ['a', 'b', 'c'], train: thirds };
    const options = { dataset, config: { ...CONFIG, epochs: 1 }, memorySteps: 0, memoryLengths: [] };
    const { cells } = await compare(options);
    for (const { accuracies, gradientNorms } of cells) {
      expect(accuracies).toEqual([expect.any(Number)]);
      expect(accuracies[0]).toBeLessThan(0.8); // labels dealt out at random can be guessed at best
      expect(gradientNorms.trained.every((norm) => norm > 0 && Number.isFinite(norm))).toBe(true);
    }
  });
});

describe('the memory task', () => {
  it('is learnt when the first word is near', async () => {
    expect(await memoryAccuracy({ cell: 'lstm', length: 3, steps: 150, seed: 1 })).toBeGreaterThan(0.95);
  });

  it('is chance before anything is learnt', async () => {
    expect(await memoryAccuracy({ cell: 'rnn', length: 50, steps: 0, seed: 1 })).toBeCloseTo(0.5, 1);
  });
});
