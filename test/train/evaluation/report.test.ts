import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { writeFiles } from '../../../cli/files.ts';
import type { TokenEvidence } from '../../../edge/inference/evidence.ts';
import { BUNDLE_FILES, type Manifest } from '../../../shared/bundle.ts';
import { tokenize } from '../../../shared/tokenizer.ts';
import { type Evaluation, evaluate, predictionOf, type ScoredReview } from '../../../train/evaluation/evaluate.ts';
import { computeMetrics } from '../../../train/evaluation/metrics.ts';
import { confidentMistakes, type Mistake } from '../../../train/evaluation/report/mistakes.ts';
import { type ReportFacts, reportPage, writeReport } from '../../../train/evaluation/report/report.ts';
import { openClassifier } from '../../../train/export/bundle.ts';
import { modelCard } from '../../../train/export/model-card.ts';
import { manifestOf, tinyBundleFiles } from '../../fixtures/bundle.ts';
import { CORPUS } from '../../fixtures/corpus.ts';
import { temporaryFolder } from '../../fixtures/temporary.ts';
import { workingBundleFiles } from '../../fixtures/working.ts';

const LABELS: [string, string] = ['rotten', 'fresh'];
let manifest: Manifest;
beforeAll(async () => {
  manifest = manifestOf(await tinyBundleFiles({ manifest: { labels: LABELS } }));
});

/** A text of so many words, scored. */
function review(label: 0 | 1, logit: number, text = 'so so'): ScoredReview {
  return { id: `mine/${label}/${logit}`, text, label, logit, tokens: tokenize(text).length };
}

function evaluationOf(reviews: readonly ScoredReview[], more: Partial<Evaluation> = {}): Evaluation {
  const metrics = computeMetrics(reviews.map(predictionOf), manifest.threshold);
  return { split: 'validation', dataset: 'mine', splitReviews: reviews.length, reviews, metrics, ...more };
}

/** As if every word had done the same, unless `evidenceOf` says otherwise. */
function explained(
  one: ScoredReview,
  evidenceOf: (word: string, place: number) => number = () => one.logit / one.tokens,
  truncated = false,
): Mistake {
  let logit = 0;
  const tokens = tokenize(one.text).map(({ text, start, end }, place): TokenEvidence => {
    const evidence = evidenceOf(text, place);
    logit += evidence;
    return { text: one.text.slice(start, end), start, end, logit, evidence, known: true };
  });
  return { review: one, evidence: { bias: 0, tokens }, truncated };
}

function pageOf(reviews: readonly ScoredReview[], more: Partial<ReportFacts> = {}): string {
  const mistakes = ([1, 0] as const).flatMap((label) => confidentMistakes(reviews, label, manifest.threshold));
  return reportPage({
    manifest,
    evaluation: evaluationOf(reviews),
    mistakes: mistakes.map((one) => explained(one)),
    ...more,
  });
}

/** What a reader sees, without the pictures. */
function textOf(page: string): string {
  const visible = page.replace(/<style>.*?<\/style>|<svg.*?<\/svg>/gs, '').replace(/<[^>]*>/g, ' ');
  return visible.replace(/&nbsp;|\s/g, ' ').replace(/ +/g, ' ');
}

const MIXED = [review(1, 2), review(1, 0.5), review(1, -1.5), review(0, -2), review(0, -0.2), review(0, 3)];

describe('the page', () => {
  it('has the numbers of the metrics, and those of the model card', () => {
    const evaluation = evaluationOf(MIXED);
    const { metrics } = evaluation;
    const text = textOf(reportPage({ manifest, evaluation }));
    const card = modelCard({ ...manifest, metrics: { validation: { dataset: 'mine', ...metrics } } });
    for (const name of [
      'rocAuc',
      'logLoss',
      'brier',
      'expectedCalibrationError',
      'precision',
      'recall',
      'f1',
    ] as const) {
      expect(text).toContain(` ${metrics[name].toFixed(4)} `);
      expect(card).toContain(` ${metrics[name].toFixed(4)} `);
    }
    expect(text).toContain(`Accuracy ${(metrics.accuracy * 100).toFixed(2)} %`);
    expect(text).toContain('95 % interval 30.00–90.32 %'); // Wilson's, of 4 in 6
    expect(text).toContain('rotten 2 66.7 % right 1 33.3 % wrong 3'); // a row of the confusion matrix
    expect(text).toContain('fresh 1 33.3 % wrong 2 66.7 % right 3');
  });

  it('says what was measured, on what, and of which model', () => {
    const text = textOf(pageOf(MIXED));
    expect(text).toContain(`${manifest.id} version ${manifest.version}`);
    expect(text).toContain('Measured on the 6 reviews of the validation split of mine.');
    expect(text).toContain('Threshold 0.5 for fresh');
    const sample = reportPage({ manifest, evaluation: evaluationOf(MIXED, { splitReviews: 40 }) });
    expect(textOf(sample)).toContain(
      'Measured on 6 of the 40 reviews of the validation split of mine, drawn at random.',
    );
  });

  it('says so when the model was trained on what it is measured on', () => {
    const page = (split: 'train' | 'test') =>
      textOf(reportPage({ manifest, evaluation: evaluationOf(MIXED, { split }) }));
    expect(page('train')).toContain('flatters');
    expect(page('test')).not.toContain('flatters');
  });

  it('takes the labels from the bundle', () => {
    expect(pageOf(MIXED)).not.toMatch(/positive|negative/);
  });

  it('needs nothing else, and may fetch nothing', () => {
    const page = pageOf(MIXED);
    expect(page).toContain(`content="default-src 'none'; style-src 'unsafe-inline'; img-src data:"`);
    expect(page).not.toMatch(/<script|<link|<img|<iframe|@import|\b(?:src|href|on\w+)=/);
    expect(page).not.toMatch(/https?:/);
    expect(page.match(/url\([^)]*\)/g)).toEqual(['url(#hatch)']);
  });

  it('describes its pictures and tables to those who do not see them', () => {
    const page = pageOf(MIXED);
    const pictures = page.match(/<svg[^>]*>/g) ?? [];
    expect(pictures).toHaveLength(5);
    for (const picture of pictures) {
      expect(picture).toContain('role="img"');
      const ids = picture.match(/aria-labelledby="([^"]*)"/)?.[1]?.split(' ') ?? [];
      expect(ids).toHaveLength(2);
      for (const id of ids) expect(page.split(` id="${id}"`)).toHaveLength(2);
    }
    expect(page.match(/<table[^>]*><caption>/g)?.length).toBe(page.match(/<table/g)?.length);
    expect(page).not.toMatch(/<th>/); // every one has a scope
  });

  it('is the same for the same facts', () => {
    expect(pageOf(MIXED)).toBe(pageOf(MIXED));
  });
});

describe("strangers' texts", () => {
  const hostile = `</style><script>alert("it's")</script> & <img src=x onerror='alert(1)'> film\u0000 \u202Efilm`;

  it('are escaped wherever they stand', () => {
    manifest = { ...manifest, labels: [hostile, `<b>${hostile}`] };
    try {
      const reviews = [{ ...review(0, 4, hostile), id: hostile }, review(1, -4, `${hostile} ${hostile}`), review(1, 1)];
      const page = pageOf(reviews, { evaluation: evaluationOf(reviews, { dataset: hostile }) });
      expect(page).not.toMatch(/<script|<img|<b>[^\d]|"it's"/);
      expect(page.match(/<\/style>/g)).toHaveLength(1);
      expect(page).not.toContain('\u0000');
      expect(page).toContain('&#60;');
    } finally {
      manifest = { ...manifest, labels: LABELS };
    }
  });

  it('may be long: the part that did most is shown', () => {
    const text = `${'dull '.repeat(400)}SPLENDID${' dull'.repeat(400)}`;
    const one = review(0, 3, text);
    const page = pageOf([one], { mistakes: [explained(one, (word) => (word === 'splendid' ? 3 : 0))] });
    const quote = page.match(/<blockquote[^>]*>(.*?)<\/blockquote>/s)?.[1] ?? '';
    expect(quote).toMatch(/^… .*SPLENDID<\/span> dull.* …$/s);
    expect(textOf(quote).length).toBeLessThan(1_000);

    const endless = review(0, 3, 'a'.repeat(100_000));
    expect(pageOf([endless]).length).toBeLessThan(40_000);
  });

  it('lose their markup for line breaks', () => {
    expect(textOf(pageOf([review(0, 3, 'One.<br /><br />Two.')]))).toContain('One . Two .');
  });
});

describe('a mistake', () => {
  it('is shown with its probability, its words and what they did', () => {
    const one = review(0, 3, 'Bad, bad soup. We came, saw it and went home.');
    const page = pageOf([one], { mistakes: [explained(one, (_, place) => [2, 1.5, -0.5][place] ?? 0, true)] });
    const text = textOf(page);
    expect(text).toContain('95.3 % fresh'); // σ(3)
    expect(text).toContain('for fresh bad ×2 +3.50');
    expect(text).toContain('for rotten soup −0.50');
    expect(text).toContain('10 tokens, the last 10 read');
    expect(page).toContain('<span class="e3 one" title="+2.00">Bad</span>');
    expect(page).toMatch(/class="e\d zero" title="−0.50">soup/);
  });

  it('is among those shown if few are surer, on its side', () => {
    const many = Array.from({ length: 30 }, (_, index) => [review(1, -1 - index), review(0, 1 + index)]).flat();
    for (const [label, sign] of [
      [1, -1],
      [0, 1],
    ] as const) {
      const shown = confidentMistakes([...many, review(1, 9), review(0, -9)], label, 0.5);
      expect(shown.map(({ logit }) => logit)).toEqual(Array.from({ length: 10 }, (_, index) => sign * (30 - index)));
    }
  });
});

describe('the page of little', () => {
  it('says that nothing was held out, and shows how the training went', () => {
    const training = { ...manifest.training, validationReviews: 0, epochs: [{ loss: 0.5, accuracy: 0.75 }] };
    const page = reportPage({ manifest: { ...manifest, training } });
    expect(textOf(page)).toContain('No reviews were held out of training');
    expect(page.match(/<svg/g)).toHaveLength(2);
    expect(page).not.toMatch(/class="validation"|NaN|Infinity|undefined/);
    expect(textOf(reportPage({ manifest }))).toContain('Nothing was measured for this page');
  });

  it.each<[string, ScoredReview[]]>([
    ['reviews of one label', [review(1, 2), review(1, -1)]],
    ['three reviews', [review(1, 2), review(0, -1), review(0, 0)]],
    ['no mistakes', [review(1, 2), review(0, -2)]],
    ['nothing but mistakes', [review(1, -2), review(0, 2)]],
    ['an empty text', [review(1, 0, ''), review(0, 0, '')]],
    ['certainty', [review(1, 800), review(0, -800), review(0, 800)]],
    ['no reviews', []],
  ])('stands with %s', (_, reviews) => {
    const page = pageOf(reviews);
    expect(page).not.toMatch(/NaN|Infinity|undefined/);
    expect(page.match(/<svg/g)?.length).toBe(page.match(/<\/svg>/g)?.length);
  });

  it('says why there is no ROC curve, and no mistake', () => {
    expect(textOf(pageOf([review(1, 2), review(1, 1)]))).toContain('ROC-AUC – needs both labels');
    expect(textOf(pageOf([review(1, 2), review(0, -2)]))).toContain('There is no mistake to show.');
  });
});

describe('the report of a bundle', () => {
  it('is written beside it from one evaluation, with the evidence of its mistakes', async () => {
    const folder = await temporaryFolder();
    const { model, vocabulary, manifest: json } = await workingBundleFiles();
    const { model: modelName, vocabulary: vocabularyName, manifest: manifestName } = BUNDLE_FILES;
    await writeFiles(folder, { [modelName]: model, [vocabularyName]: vocabulary, [manifestName]: json });
    const loadDataset = async () => ({ dataset: CORPUS, name: 'mine' });
    const bundle = await openClassifier(folder);
    const { evaluation } = await evaluate(bundle, { loadDataset, split: 'test', limit: 0, record: true });
    expect(await writeReport(bundle, { evaluation })).toBe(path.join(folder, 'report.html'));
    const page = await readFile(path.join(folder, 'report.html'), 'utf8');
    const { confusion, accuracy } = evaluation.metrics;
    expect(textOf(page)).toContain(`Accuracy ${(accuracy * 100).toFixed(2)} %`);
    expect(page.match(/<article>/g)).toHaveLength(confusion[0][1] + confusion[1][0]); // at most ten of either kind here
    expect(page).toMatch(/class="e3 (?:one|zero)" title="[+−]\d/);

    const file = path.join(folder, 'elsewhere', 'mine.html');
    expect(await writeReport(bundle, { file })).toBe(file);
    expect(await readdir(path.dirname(file))).toEqual(['mine.html']);
  });
});
