import { describe, expect, it } from 'vitest';
import { writeFiles } from '../../../cli/files.ts';
import { BUNDLE_FILES, type Manifest } from '../../../shared/bundle.ts';
import { tokenize } from '../../../shared/tokenizer.ts';
import { type EvaluateOptions, evaluate, predictionOf } from '../../../train/evaluation/evaluate.ts';
import { computeMetrics } from '../../../train/evaluation/metrics.ts';
import { readBundle } from '../../../train/export/bundle.ts';
import { manifestOf } from '../../fixtures/bundle.ts';
import { CORPUS } from '../../fixtures/corpus.ts';
import { refusal } from '../../fixtures/refusal.ts';
import { temporaryFolder } from '../../fixtures/temporary.ts';
import { workingBundleFiles } from '../../fixtures/working.ts';

/** Options for a bundle on disk, on the corpus' test split. */
async function options(more: Partial<EvaluateOptions> = {}): Promise<EvaluateOptions> {
  const folder = await temporaryFolder();
  const { model, vocabulary, manifest } = await workingBundleFiles();
  const { model: modelName, vocabulary: vocabularyName, manifest: manifestName } = BUNDLE_FILES;
  await writeFiles(folder, { [modelName]: model, [vocabularyName]: vocabulary, [manifestName]: manifest });
  const loadDataset = async () => ({ dataset: CORPUS, name: 'mine' });
  return { folder, loadDataset, split: 'test', limit: 0, record: false, ...more };
}

const recorded = async (folder: string): Promise<Manifest> => manifestOf(await readBundle(folder));

describe('an evaluation', () => {
  it('has an answer for every review of the split, and the metrics that follow from them', async () => {
    const { evaluation, metrics, manifest } = await evaluate(await options());
    expect(evaluation).toMatchObject({ split: 'test', dataset: 'mine', splitReviews: 20 });
    expect(evaluation.reviews.map(({ id }) => id)).toEqual(CORPUS.test.map(({ id }) => id));
    for (const [index, { text, label, tokens, logit }] of evaluation.reviews.entries()) {
      expect({ text, label }).toMatchObject({ text: CORPUS.test[index]?.text, label: CORPUS.test[index]?.label });
      expect(tokens).toBe(tokenize(text).length); // all of them, where the network reads eight
      expect(Number.isFinite(logit)).toBe(true);
    }
    expect(evaluation.metrics).toEqual(metrics);
    expect(metrics).toEqual(computeMetrics(evaluation.reviews.map(predictionOf), manifest.threshold));
  });

  it('of a sample says how large the whole is, and draws the same sample again', async () => {
    const some = await options({ limit: 5 });
    const [{ evaluation }, again] = [await evaluate(some), await evaluate(some)];
    expect(evaluation.splitReviews).toBe(20);
    expect(evaluation.reviews).toHaveLength(5);
    expect(again.evaluation).toEqual(evaluation);
  });

  it('is recorded when asked to, and only then', async () => {
    const asked = await options({ record: true });
    const { manifest, metrics } = await evaluate(asked);
    expect(await recorded(asked.folder)).toEqual(manifest);
    expect(manifest.metrics.test).toEqual({ dataset: 'mine', ...metrics });
    const unasked = await options();
    expect((await evaluate(unasked)).manifest.metrics).toEqual({});
    expect((await recorded(unasked.folder)).metrics).toEqual({});
  });

  it('of nothing, or of a part to be recorded as the whole, is refused', async () => {
    const empty = { dataset: { ...CORPUS, test: [] }, name: 'mine' };
    expect(await refusal(evaluate(await options({ loadDataset: async () => empty })))).toContain('no reviews');
    expect(await refusal(evaluate(await options({ limit: 5, record: true })))).toContain('--limit');
  });
});
