import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Manifest } from '../../../shared/bundle.ts';
import { likeliest, softmax } from '../../../shared/labels.ts';
import { tokenize } from '../../../shared/tokenizer.ts';
import { type Evaluation, evaluate, type ScoredReview } from '../../../train/evaluation/evaluate.ts';
import { computeMetrics } from '../../../train/evaluation/metrics.ts';
import { confidentMistakes, explainMistakes, type Mistake } from '../../../train/evaluation/report/mistakes.ts';
import { type ReportFacts, reportPage, writeReport } from '../../../train/evaluation/report/report.ts';
import { openClassifier } from '../../../train/export/bundle.ts';
import { modelCard } from '../../../train/export/model-card.ts';
import { manifestOf, tinyBundleFiles, writeBundle } from '../../fixtures/bundle.ts';
import { CORPUS } from '../../fixtures/corpus.ts';
import { temporaryFolder } from '../../fixtures/temporary.ts';
import { workingBundleFiles } from '../../fixtures/working.ts';

const LABELS = ['rotten', 'fresh'];
let manifest: Manifest;
beforeAll(async () => {
  manifest = manifestOf(await tinyBundleFiles({ manifest: { labels: LABELS } }));
});

/** A text, scored. @param logits of each label. */
function scored(label: number, logits: readonly number[], text = 'so so'): ScoredReview {
  const scores = softmax(logits);
  const answer = likeliest(scores, []);
  return { id: `mine/${label}/${logits}`, text, label, scores, answer, tokens: tokenize(text).length };
}

/** A text of one of two labels. @param logit the log-odds of the second. */
function review(label: 0 | 1, logit: number, text?: string): ScoredReview {
  return { ...scored(label, [-logit / 2, logit / 2], text), id: `mine/${label}/${logit}` };
}

function evaluationOf(reviews: readonly ScoredReview[], more: Partial<Evaluation> = {}): Evaluation {
  const { labels = manifest.labels } = more;
  const metrics = computeMetrics(reviews, labels);
  return { split: 'validation', dataset: 'mine', labels, splitReviews: reviews.length, reviews, metrics, ...more };
}

/** As if every word had done the same, unless `evidenceOf` says otherwise. */
function explained(
  one: ScoredReview,
  evidenceOf: (word: string, place: number) => number = () => logOdds(one) / one.tokens,
  truncated = false,
): Mistake {
  const words = tokenize(one.text).map(({ text, start, end }, place) => {
    return { text: one.text.slice(start, end), start, end, evidence: evidenceOf(text, place) };
  });
  return { review: one, words, truncated };
}

/** The log-odds of the answer against the true label. */
function logOdds({ scores, label, answer }: ScoredReview): number {
  return Math.min(Math.log((scores[answer] as number) / (scores[label] as number)), 1_000);
}

function pageOf(reviews: readonly ScoredReview[], more: Partial<ReportFacts> = {}): string {
  const evaluation = more.evaluation ?? evaluationOf(reviews);
  const mistakes = confidentMistakes(evaluation).map((one) => explained(one));
  return reportPage({ manifest, evaluation, mistakes, ...more });
}

/** The page's visible text, without the pictures. */
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
    const { rocAuc, logLoss, brier, macroRecall, macroF1 } = metrics;
    const errors = [metrics.expectedCalibrationError, metrics.classwiseCalibrationError];
    const rates = metrics.labels.flatMap(({ precision, recall, f1 }) => [precision, recall, f1]);
    for (const value of [rocAuc, logLoss, brier, macroRecall, macroF1, ...errors, ...rates]) {
      expect(text).toContain(` ${value.toFixed(4)} `);
      expect(card).toContain(` ${value.toFixed(4)} `);
    }
    expect(text).toContain(`Accuracy ${(metrics.accuracy * 100).toFixed(2)} %`);
    expect(text).toContain('95 % interval 30.00–90.32 %'); // Wilson's, of 4 in 6
    expect(text).toContain('rotten 2 66.7 % right 1 33.3 % wrong 3'); // a row of the confusion matrix
    expect(text).toContain('fresh 1 33.3 % wrong 2 66.7 % right 3');
  });

  it('names the model, the dataset and the split', () => {
    const text = textOf(pageOf(MIXED));
    expect(text).toContain(`${manifest.id} version ${manifest.version}`);
    expect(text).toContain('Measured on the 6 reviews of the validation split of mine.');
    const sample = reportPage({ manifest, evaluation: evaluationOf(MIXED, { splitReviews: 40 }) });
    expect(textOf(sample)).toContain(
      'Measured on 6 of the 40 reviews of the validation split of mine, drawn at random.',
    );
  });

  it('warns when the model was trained on the measured reviews', () => {
    const page = (split: 'train' | 'test') =>
      textOf(reportPage({ manifest, evaluation: evaluationOf(MIXED, { split }) }));
    expect(page('train')).toContain('so every figure below is flattering');
    expect(page('test')).not.toContain('so every figure below is flattering');
  });

  it('takes the labels from the bundle', () => {
    expect(pageOf(MIXED)).not.toMatch(/positive|negative/);
    expect(
      modelCard({ ...manifest, metrics: { test: { dataset: 'mine', ...evaluationOf(MIXED).metrics } } }),
    ).not.toMatch(/positive|negative/);
  });

  it('names the labels that the model chose between, if it has more', () => {
    const labels = ['fresh', 'rotten', 'unripe'];
    const asked = textOf(pageOf(MIXED, { manifest: { ...manifest, labels } }));
    expect(asked).toContain('The model chose between &#34;rotten&#34;, &#34;fresh&#34; only.');
    expect(textOf(pageOf(MIXED))).not.toContain('chose between');
  });

  it('is self-contained, and may fetch nothing', () => {
    const page = pageOf(MIXED);
    expect(page).toContain(`content="default-src 'none'; style-src 'unsafe-inline'; img-src data:"`);
    expect(page).not.toMatch(/<script|<link|<img|<iframe|@import|\b(?:src|href|on\w+)=/);
    expect(page).not.toMatch(/https?:/);
    expect(page.match(/url\([^)]*\)/g)).toEqual(['url(#hatch)']);
  });

  it('describes its pictures and tables for screen readers', () => {
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

  it('are escaped everywhere', () => {
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

  it('are cut to the part with the most evidence if they are long', () => {
    const text = `${'dull '.repeat(400)}SPLENDID${' dull'.repeat(400)}`;
    const one = review(0, 3, text);
    const page = pageOf([one], { mistakes: [explained(one, (word) => (word === 'splendid' ? 3 : 0))] });
    const quote = page.match(/<blockquote[^>]*>(.*?)<\/blockquote>/s)?.[1] ?? '';
    expect(quote).toMatch(/^… .*SPLENDID<\/span> dull.* …$/s);
    expect(textOf(quote).length).toBeLessThan(1_000);

    const endless = review(0, 3, 'a'.repeat(100_000));
    expect(pageOf([endless]).length).toBeLessThan(40_000);
  });

  it('lose their <br> tags', () => {
    expect(textOf(pageOf([review(0, 3, 'One.<br /><br />Two.')]))).toContain('One . Two .');
  });
});

describe('a mistake', () => {
  it('is shown with its probability and the evidence of its words', () => {
    const one = review(0, 3, 'Bad, bad soup. We came, saw it and went home.');
    const page = pageOf([one], { mistakes: [explained(one, (_, place) => [2, 1.5, -0.5][place] ?? 0, true)] });
    const text = textOf(page);
    expect(text).toContain('95.3 % for fresh 4.7 % for rotten'); // σ(3)
    expect(text).toContain('for fresh bad ×2 +3.50');
    expect(text).toContain('for rotten soup −0.50');
    expect(text).toContain('10 tokens, the last 10 read');
    expect(page).toContain('<span class="e3 answer" title="+2.00">Bad</span>');
    expect(page).toMatch(/class="e\d truth" title="−0.50">soup/);
  });

  it('is shown if few of its kind are more certain', () => {
    const many = Array.from({ length: 30 }, (_, index) => [review(1, -1 - index), review(0, 1 + index)]).flat();
    const shown = confidentMistakes(evaluationOf([...many, review(1, 9), review(0, -9)]));
    for (const [label, sign] of [
      [1, -1],
      [0, 1],
    ] as const) {
      const ofKind = shown.filter((one) => one.label === label);
      expect(ofKind.map(({ id }) => id)).toEqual(
        Array.from({ length: 10 }, (_, index) => `mine/${label}/${sign * (30 - index)}`),
      );
    }
  });

  it('is shown if its kind is frequent, where there are many labels', () => {
    const labels = Array.from({ length: 12 }, (_, place) => `label ${place}`);
    const answered = (label: number, answer: number) =>
      scored(
        label,
        labels.map((_, place) => (place === answer ? 3 : 0)),
      );
    // One text of label 0 taken for 1, two taken for 2, and so on.
    const reviews = labels.flatMap((_, answer) => Array.from({ length: answer }, () => answered(0, answer)));
    const shown = confidentMistakes(evaluationOf(reviews, { labels }));
    expect(Map.groupBy(shown, ({ answer }) => answer).size).toBe(8);
    expect(shown.map(({ answer }) => answer)).toEqual(
      [11, 10, 9, 8, 7, 6, 5, 4].flatMap((answer) => Array(3).fill(answer)),
    );
  });

  it("has the words' changes of the log-odds of the answer against the true label as its evidence", async () => {
    const labels = ['negative', 'neutral', 'positive'];
    const folder = await temporaryFolder();
    await writeBundle(folder, await workingBundleFiles({ labels }));
    const bundle = await openClassifier(folder);
    const dataset = { ...CORPUS, labels: ['negative', 'positive'] };
    const loadDataset = async () => ({ dataset, name: 'mine' });
    const { evaluation } = await evaluate(bundle, { loadDataset, split: 'test', labels, limit: 0, record: false });
    const mistakes = await explainMistakes(bundle, evaluation);
    expect(mistakes.length).toBeGreaterThan(3);
    const texts = mistakes.map(({ review: { text } }) => ({ text, labels, evidence: true }));
    for (const [index, { evidence, logits }] of (await bundle.classifier.classify(texts)).entries()) {
      const { review: one, words } = mistakes[index] as Mistake;
      const against = (values: readonly number[] = []) =>
        (values[one.answer] as number) - (values[one.label] as number);
      const sum = words.reduce((total, word) => total + word.evidence, against(evidence?.bias));
      expect(sum).toBeCloseTo(against(logits), 5);
      expect(against(logits)).toBeCloseTo(logOdds(one), 5);
    }
  });
});

describe.each([3, 5, 7, 20, 100])('the page of %d labels', (count) => {
  const labels = Array.from({ length: count }, (_, place) => `topic number ${place + 1}`);
  /** Two texts of each label: the first is right, the second is taken for the next label. */
  const reviews = labels.flatMap((_, label) =>
    [label, (label + 1) % count].map((answer) =>
      scored(
        label,
        labels.map((_, place) => (place === answer ? 2 : place === label ? 1 : 0)),
      ),
    ),
  );
  const page = () =>
    pageOf(reviews, { manifest: { ...manifest, labels }, evaluation: evaluationOf(reviews, { labels }) });

  it('has each label, its rates, and each cell of the confusion matrix', () => {
    const text = textOf(page());
    for (const label of labels) expect(text).toContain(` ${label} 2 0.5000 0.5000 0.5000 `);
    const [matrix = ''] = page().match(/<table class="confusion.*?<\/table>/s) ?? [];
    expect(matrix.match(/<td class="cell right"/g)).toHaveLength(count);
    expect(matrix.match(/<td class="cell wrong"/g)).toHaveLength(count * (count - 1));
    expect(text).toContain('Accuracy 50.00 %');
  });

  it('has a bounded size with many labels', () => {
    const source = page();
    expect(source).not.toMatch(/NaN|Infinity|undefined/);
    expect(source.match(/<article>/g)?.length).toBeLessThanOrEqual(24);
    expect(source.match(/<svg/g)?.length).toBeLessThanOrEqual(4 + 28);
    expect(source.length).toBeLessThan(60_000 + 100 * count ** 2);
    expect(new Set(source.match(/ id="[^"]*"/g)).size).toBe(source.match(/ id="[^"]*"/g)?.length);
  });
});

describe('the page of a small training', () => {
  it('shows the learning curves, and notes that nothing was held out', () => {
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

  it('explains why ROC curve and mistakes are missing', () => {
    expect(textOf(pageOf([review(1, 2), review(1, 1)]))).toContain('ROC-AUC – needs two labels');
    expect(textOf(pageOf([review(1, 2), review(0, -2)]))).toContain('There are no mistakes.');
  });
});

describe('the report of a bundle', () => {
  it('is written beside the bundle, with the evidence of its mistakes', async () => {
    const folder = await temporaryFolder();
    await writeBundle(folder, await workingBundleFiles());
    const loadDataset = async () => ({ dataset: CORPUS, name: 'mine' });
    const bundle = await openClassifier(folder);
    const { evaluation } = await evaluate(bundle, { loadDataset, split: 'test', limit: 0, record: true });
    expect(await writeReport(bundle, { evaluation })).toBe(path.join(folder, 'report.html'));
    const page = await readFile(path.join(folder, 'report.html'), 'utf8');
    const { confusion, accuracy } = evaluation.metrics;
    expect(textOf(page)).toContain(`Accuracy ${(accuracy * 100).toFixed(2)} %`);
    const wrong = (confusion[0]?.[1] as number) + (confusion[1]?.[0] as number); // at most ten of either kind here
    expect(page.match(/<article>/g)).toHaveLength(wrong);
    expect(page).toMatch(/class="e3 (?:answer|truth)" title="[+−]\d/);

    const file = path.join(folder, 'elsewhere', 'mine.html');
    expect(await writeReport(bundle, { file })).toBe(file);
    expect(await readdir(path.dirname(file))).toEqual(['mine.html']);
  });
});
