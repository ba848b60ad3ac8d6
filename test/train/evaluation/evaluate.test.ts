import { describe, expect, it } from 'vitest';
import type { Manifest } from '../../../shared/bundle.ts';
import { tokenize } from '../../../shared/tokenizer.ts';
import type { Dataset } from '../../../train/data/dataset.ts';
import { type EvaluateOptions, evaluate } from '../../../train/evaluation/evaluate.ts';
import { computeMetrics } from '../../../train/evaluation/metrics.ts';
import { type OpenBundle, openClassifier, readBundle } from '../../../train/export/bundle.ts';
import { manifestOf, writeBundle } from '../../fixtures/bundle.ts';
import { CORPUS } from '../../fixtures/corpus.ts';
import { refusal } from '../../fixtures/refusal.ts';
import { temporaryFolder } from '../../fixtures/temporary.ts';
import { workingBundleFiles } from '../../fixtures/working.ts';

/** A bundle on disk. */
async function opened(labels: readonly string[] = CORPUS.labels): Promise<OpenBundle> {
  const folder = await temporaryFolder();
  await writeBundle(folder, await workingBundleFiles({ labels: [...labels] }));
  return openClassifier(folder);
}

/** The test split of a dataset, the corpus' unless `more` says otherwise. */
function options(more: Partial<EvaluateOptions> = {}, dataset: Dataset = CORPUS): EvaluateOptions {
  const loadDataset = async () => ({ dataset, name: 'mine' });
  return { loadDataset, split: 'test', limit: 0, record: false, ...more };
}

const recorded = async (folder: string): Promise<Manifest> => manifestOf(await readBundle(folder));

describe('an evaluation', () => {
  it('has an answer for every review of the split, and the metrics of the answers', async () => {
    const { evaluation, metrics, manifest } = await evaluate(await opened(), options());
    expect(evaluation).toMatchObject({ split: 'test', dataset: 'mine', splitReviews: 20 });
    expect(evaluation.reviews.map(({ id }) => id)).toEqual(CORPUS.test.map(({ id }) => id));
    for (const [index, { text, label, tokens, scores, answer }] of evaluation.reviews.entries()) {
      expect({ text, label }).toMatchObject({ text: CORPUS.test[index]?.text, label: CORPUS.test[index]?.label });
      expect(tokens).toBe(tokenize(text).length); // all of them, where the network reads eight
      expect(scores.reduce((sum, score) => sum + score)).toBeCloseTo(1, 12);
      expect(scores[answer]).toBe(Math.max(...scores));
    }
    expect(evaluation.metrics).toEqual(metrics);
    expect(evaluation.labels).toEqual(manifest.labels);
    expect(metrics).toEqual(computeMetrics(evaluation.reviews, manifest.labels));
  });

  it('gives the size of the split with a sample, and draws the same sample again', async () => {
    const bundle = await opened();
    const some = options({ limit: 5 });
    const [{ evaluation }, again] = [await evaluate(bundle, some), await evaluate(bundle, some)];
    expect(evaluation.splitReviews).toBe(20);
    expect(evaluation.reviews).toHaveLength(5);
    expect(again.evaluation).toEqual(evaluation);
  });

  it('is recorded when asked to, and only then', async () => {
    const bundle = await opened();
    const { manifest, metrics } = await evaluate(bundle, options({ record: true }));
    expect(await recorded(bundle.folder)).toEqual(manifest);
    expect(manifest.metrics.test).toEqual({ dataset: 'mine', ...metrics });
    const unasked = await opened();
    expect((await evaluate(unasked, options())).manifest.metrics).toEqual({});
    expect((await recorded(unasked.folder)).metrics).toEqual({});
  });

  it('without reviews, or recording a part of a split, is refused', async () => {
    const empty = { dataset: { ...CORPUS, test: [] }, name: 'mine' };
    const bundle = await opened();
    expect(await refusal(evaluate(bundle, options({ loadDataset: async () => empty })))).toContain('no reviews');
    expect(await refusal(evaluate(bundle, options({ limit: 5, record: true })))).toContain('--limit');
  });
});

describe("the texts' labels", () => {
  /** The corpus under other labels: its own are places among them. */
  const corpusOf = (labels: readonly string[], places: readonly [number, number]): Dataset => {
    const relabelled = (reviews: Dataset['test']) =>
      reviews.map((review) => ({ ...review, label: places[review.label] as number }));
    return { ...CORPUS, labels, train: relabelled(CORPUS.train), test: relabelled(CORPUS.test) };
  };

  async function said(bundle: OpenBundle, dataset: Dataset, more: Partial<EvaluateOptions> = {}) {
    const lines: string[] = [];
    const result = await evaluate(bundle, options({ onLabels: (line) => lines.push(line), ...more }, dataset));
    return { ...result, lines };
  }

  it('are mapped by name, in any order', async () => {
    const bundle = await opened();
    const { metrics } = await evaluate(bundle, options());
    const { metrics: turned, lines } = await said(bundle, corpusOf(['positive', 'negative'], [1, 0]));
    expect(turned).toEqual(metrics);
    expect(lines).toEqual([]);
  });

  it('are mapped by meaning, which is reported', async () => {
    const bundle = await opened();
    const { metrics } = await evaluate(bundle, options());
    const { metrics: stars, lines } = await said(bundle, corpusOf(['1', '2', '3', '4', '5'], [1, 3]));
    expect(stars).toEqual(metrics);
    expect(lines).toEqual([
      `the texts' labels are read as the model's: "1" as "negative", "2" as "negative", "4" as "positive", "5" as "positive"`,
    ]);
  });

  it('are left out and counted if the model lacks them', async () => {
    const dataset = corpusOf(['negative', 'neutral', 'positive'], [0, 2]);
    const some = { ...dataset, test: dataset.test.map((one, index) => (index < 3 ? { ...one, label: 1 } : one)) };
    const { metrics, lines } = await said(await opened(), some);
    expect(metrics.reviews).toBe(17);
    expect(lines).toEqual(['3 texts left out: the model has no label "neutral"']);
  });

  it('are refused if their meaning is unclear', async () => {
    expect(await refusal(said(await opened(), corpusOf(['ham', 'spam'], [0, 1])))).toContain(
      'labelled "ham", "spam", but the model answers "negative", "positive"',
    );
  });

  it('are the only ones that the model is asked for', async () => {
    const { metrics, lines } = await said(await opened(['negative', 'neutral', 'positive']), CORPUS);
    expect(lines).toEqual([]);
    expect(metrics.labels.map(({ label, texts }) => [label, texts])).toEqual([
      ['negative', 10],
      ['positive', 10],
    ]);
  });

  it('are left out for texts that could not have all of the labels', async () => {
    const three = ['negative', 'neutral', 'positive'];
    const test = CORPUS.test.map((review, index) => ({
      ...review,
      label: 2 * review.label,
      ...(index < 6 && { choice: [0, 2] }),
    }));
    const { metrics, lines } = await said(await opened(three), { ...CORPUS, labels: three, test });
    expect(metrics.reviews).toBe(14);
    expect(lines).toEqual([
      '6 texts left out: their label was chosen from fewer labels',
      expect.stringContaining('no text is labelled "neutral"'),
    ]);
  });

  it('that no text has are reported if asked for, because the model may still answer them', async () => {
    const labels = ['negative', 'neutral', 'positive'];
    const bundle = await opened(labels);
    const lines: string[] = [];
    const { metrics } = await evaluate(bundle, options({ labels, onLabels: (line) => lines.push(line) }));
    expect(lines).toEqual([expect.stringContaining('no text is labelled "neutral"')]);
    expect(metrics.confusion[1]).toEqual([0, 0, 0]);
    expect(metrics.labels.map(({ texts }) => texts)).toEqual([10, 0, 10]);
  });
});

describe("an evaluation with some of the model's labels", () => {
  it('chooses among those only, and leaves out texts with other labels', async () => {
    const three = ['negative', 'neutral', 'positive'];
    const bundle = await opened(three);
    const labels = ['negative', 'positive'];
    const lines: string[] = [];
    const test = CORPUS.test.map((review, index) => ({ ...review, label: index < 4 ? 1 : 2 * review.label }));
    const dataset = { ...CORPUS, labels: three, test };
    const asked = options({ labels, record: true, onLabels: (line) => lines.push(line) }, dataset);
    const { evaluation, metrics, manifest } = await evaluate(bundle, asked);
    expect(lines).toEqual(['4 texts left out: their label is not in --labels']);
    expect(evaluation).toMatchObject({ labels, splitReviews: 16 });
    expect(metrics.confusion.map((row) => row.length)).toEqual([2, 2]);
    const answers = await bundle.classifier.classify(evaluation.reviews.map(({ text }) => ({ text, labels })));
    expect(evaluation.reviews.map(({ scores }) => scores)).toEqual(
      answers.map(({ scores }) => scores.map(({ score }) => score)),
    );
    expect(manifest.metrics.test?.labels.map(({ label }) => label)).toEqual(labels);
  });

  it('uses the same validation split as one with all labels', async () => {
    const bundle = await opened();
    const training = { ...bundle.manifest.training, validationFraction: 0.25, seed: 3 };
    const cut = { ...bundle, manifest: { ...bundle.manifest, training } };
    const turned: Dataset = {
      ...CORPUS,
      labels: ['positive', 'negative'],
      train: CORPUS.train.map((review) => ({ ...review, label: 1 - review.label })),
    };
    const [one, other] = [
      await evaluate(cut, options({ split: 'validation' })),
      await evaluate(cut, options({ split: 'validation' }, turned)),
    ];
    expect(other.evaluation.reviews).toEqual(one.evaluation.reviews);
  });
});
