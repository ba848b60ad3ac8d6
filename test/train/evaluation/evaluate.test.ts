import { describe, expect, it } from 'vitest';
import { writeFiles } from '../../../cli/files.ts';
import { BUNDLE_FILES, type Manifest } from '../../../shared/bundle.ts';
import { tokenize } from '../../../shared/tokenizer.ts';
import { type EvaluateOptions, evaluate, predictionOf } from '../../../train/evaluation/evaluate.ts';
import { computeMetrics } from '../../../train/evaluation/metrics.ts';
import { type OpenBundle, openClassifier, readBundle } from '../../../train/export/bundle.ts';
import { manifestOf } from '../../fixtures/bundle.ts';
import { CORPUS } from '../../fixtures/corpus.ts';
import { refusal } from '../../fixtures/refusal.ts';
import { temporaryFolder } from '../../fixtures/temporary.ts';
import { workingBundleFiles } from '../../fixtures/working.ts';

/** A bundle on disk. */
async function opened(): Promise<OpenBundle> {
  const folder = await temporaryFolder();
  const { model, vocabulary, manifest } = await workingBundleFiles();
  const { model: modelName, vocabulary: vocabularyName, manifest: manifestName } = BUNDLE_FILES;
  await writeFiles(folder, { [modelName]: model, [vocabularyName]: vocabulary, [manifestName]: manifest });
  return openClassifier(folder);
}

/** The corpus' test split, unless `more` says otherwise. */
function options(more: Partial<EvaluateOptions> = {}): EvaluateOptions {
  const loadDataset = async () => ({ dataset: CORPUS, name: 'mine' });
  return { loadDataset, split: 'test', limit: 0, record: false, ...more };
}

const recorded = async (folder: string): Promise<Manifest> => manifestOf(await readBundle(folder));

describe('an evaluation', () => {
  it('has an answer for every review of the split, and the metrics that follow from them', async () => {
    const { evaluation, metrics, manifest } = await evaluate(await opened(), options());
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

  it('of nothing, or of a part to be recorded as the whole, is refused', async () => {
    const empty = { dataset: { ...CORPUS, test: [] }, name: 'mine' };
    const bundle = await opened();
    expect(await refusal(evaluate(bundle, options({ loadDataset: async () => empty })))).toContain('no reviews');
    expect(await refusal(evaluate(bundle, options({ limit: 5, record: true })))).toContain('--limit');
  });
});
