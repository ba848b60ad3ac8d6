/**
 * The report as one self-contained HTML page: no script, font, picture or network. Pure: the same facts give the same page.
 */
import type { Manifest, Metrics } from '../../../shared/bundle.ts';
import { listed } from '../../data/labels.ts';
import { networkText, trainingText } from '../../export/model-card.ts';
import { count, counted, interval, metric, percent } from '../../format.ts';
import { type Baseline, describeBaseline } from '../baseline.ts';
import { type Html, html, trusted } from '../drawing/html.ts';
import { STYLE } from '../drawing/style.ts';
import { type Evaluation, splitName } from '../evaluate.ts';
import { answersOf, CALIBRATION_BINS, wilsonInterval } from '../metrics.ts';
import { confusionList, confusionTable, labelTable, ROOMY_LABELS } from './answers.ts';
import { reliabilityChart, reliabilityTable } from './calibration.ts';
import { learningCurves, learningTable } from './learning.ts';
import { lengthChart, lengthTable } from './length-chart.ts';
import { accuracyByLength } from './lengths.ts';
import type { Mistake } from './mistakes.ts';
import { rocChart, rocCharts, SHOWN_CURVES } from './ranking.ts';
import { evidenceLegend, evidenceLevels, mistakeArticle } from './review.ts';

export interface ReportFacts {
  readonly manifest: Manifest;
  /** The measurement. Without it, the page has the learning curves and says what is missing. */
  readonly evaluation?: Evaluation | undefined;
  /** A linear model on the same reviews. */
  readonly baseline?: Baseline | undefined;
  /** The most certain mistakes (`explainMistakes`). */
  readonly mistakes?: readonly Mistake[];
}

export function reportPage({ manifest, evaluation, baseline, mistakes = [] }: ReportFacts): string {
  const { id } = manifest;
  const measured = evaluation !== undefined && evaluation.reviews.length > 0 ? evaluation : undefined;
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${id}: ${measured ? `report on ${splitName(measured.split)}` : 'training report'}</title>
<style>${trusted(STYLE)}</style>
</head>
<body>
${header(manifest, measured)}
<main>
${measured ? keyFigures(measured) : notMeasured(manifest)}
${baseline && html`<p class="notice">${sentenceOf(describeBaseline(baseline, manifest.training.preset))}</p>`}
${learning(manifest)}
${measured && answers(measured)}
${measured && probabilities(measured)}
${measured && lengths(measured, manifest)}
${measured && mistakesSection(mistakes, measured)}
</main>
<footer>Written by edge-sentiment.${mistakes.length > 0 && measured ? ` This page quotes reviews of ${measured.dataset}, which belong to their authors. Do not publish it; git ignores it.` : ''}</footer>
</body>
</html>
`.source;
}

function sentenceOf(clause: string): string {
  return `${clause.charAt(0).toUpperCase()}${clause.slice(1)}.`;
}

/** Says why the page has no evaluation, and how to get one. */
function notMeasured({ training: { validationReviews } }: Manifest): Html {
  const why = validationReviews > 0 ? 'Nothing was measured for this page' : 'No reviews were held out of training';
  const remedy = validationReviews > 0 ? undefined : html`Train with <code>--validation 0.1</code>, or score`;
  return html`<p class="notice"><b>${why}</b>, so it does not show how good the model is on new reviews. ${remedy ?? 'Score'} a split with <code>npm run evaluate</code>.</p>`;
}

function header(manifest: Manifest, evaluation: Evaluation | undefined): Html {
  const { id, version, maxTokens, training } = manifest;
  const network = `${networkText(manifest)}; reads the last ${count(maxTokens)} tokens of a text`;
  return html`<header>
<p class="eyebrow">${evaluation ? `Report on ${splitName(evaluation.split)}` : 'Report on the training'}</p>
<h1>${id}</h1>
<p class="soft">version <code>${version}</code></p>
<p class="lead">${evaluation && measuredOn(evaluation, manifest)} Trained on ${trainingText(training)}.</p>
<p class="lead soft">${network}.</p>
</header>`;
}

function measuredOn({ split, dataset, labels, reviews, splitReviews }: Evaluation, manifest: Manifest): string {
  const whole = reviews.length === splitReviews;
  const which = whole
    ? `the ${counted(splitReviews, 'review')} of ${splitName(split)} of ${dataset}`
    : `${count(reviews.length)} of the ${counted(splitReviews, 'review')} of ${splitName(split)} of ${dataset}, drawn at random`;
  const caution =
    split === 'train' ? ' The model was trained on these reviews, so every figure below is flattering.' : '';
  const fewer = labels.length < manifest.labels.length ? ` The model chose between ${listed(labels)} only.` : '';
  return `Measured on ${which}.${fewer}${caution}`;
}

function keyFigures({ metrics, labels, reviews }: Evaluation): Html {
  const correct = reviews.filter(({ label, answer }) => label === answer).length;
  const present = metrics.labels.filter(({ texts }) => texts > 0).length;
  const ranked = present > 1;
  const figure = (name: string, value: string, remark: string, main?: 'main') =>
    html`<div${main && html` class="main"`}><dt>${name}</dt><dd class="value">${value}</dd><dd class="remark">${remark}</dd></div>
`;
  const against = labels.length > 2 ? 'mean of the labels' : 'chance is 0.5';
  return html`<dl class="figures">
${figure('Accuracy', percent(metrics.accuracy, 2), `95 % interval ${interval(wilsonInterval(correct, metrics.reviews), 2)}`, 'main')}${figure('Macro-F1', metric(metrics.macroF1), `mean of ${counted(present, 'label')}`)}${figure('ROC-AUC', ranked ? metric(metrics.rocAuc) : '–', ranked ? against : 'needs two labels')}${figure('Log loss', metric(metrics.logLoss), 'nats a review')}${figure('Calibration error', metric(metrics.expectedCalibrationError), `of the answer, ${CALIBRATION_BINS} bins`)}${figure('Brier score', metric(metrics.brier), 'half the squared error')}${figure('Reviews', count(reviews.length), `${count(reviews.length - correct)} answered wrong`)}</dl>`;
}

function answers({ metrics, labels, reviews }: Evaluation): Html {
  const tables = [
    confusionTable(metrics, labels),
    ...(isLarge(labels) ? [confusionList(metrics, labels)] : []),
    labelTable(metrics, reviews),
  ];
  return html`<section><h2>Answers</h2>
<p class="note">The answer is the likeliest label.</p>
<div class="pair${labels.length > 3 ? ' wide' : ''}">${tables.map((table) => html`<div class="scroll">${table}</div>`)}</div></section>`;
}

/** Whether there are too many labels for tables side by side. */
function isLarge(labels: readonly string[]): boolean {
  return labels.length > ROOMY_LABELS;
}

function probabilities({ reviews, metrics, labels }: Evaluation): Html {
  const predictions = answersOf(reviews, labels);
  return html`<section><h2>Probabilities</h2>
<div class="pair${isLarge(labels) ? ' wide' : ''}">${labels.length > 2 ? rankings(reviews, metrics) : ranking(reviews, metrics)}
<figure><h3>Reliability</h3>${reliabilityChart(predictions, metrics)}<figcaption>A bar on the diagonal means a true probability. The gap is hatched, whiskers are 95&nbsp;% intervals, and the histogram below counts the answers.</figcaption>
<details><summary>The numbers</summary><div class="scroll">${reliabilityTable(predictions)}</div></details></figure></div></section>`;
}

function ranking(reviews: Evaluation['reviews'], metrics: Metrics): Html {
  const roc = rocChart(reviews, metrics);
  const [one, other] = metrics.labels.map(({ label }) => label);
  return html`<figure><h3>ROC curve</h3>${
    roc ?? html`<p class="note">A ROC curve needs reviews of two labels; these have one.</p>`
  }${roc && html`<figcaption>Each point is a threshold. The area is the probability that a ${other} review scores higher than a ${one} one.</figcaption>`}</figure>`;
}

function rankings(reviews: Evaluation['reviews'], metrics: Metrics): Html {
  const charts = rocCharts(reviews, metrics);
  const chosen = metrics.labels.length > SHOWN_CURVES ? `The ${charts.length} labels with the smallest areas. ` : '';
  return html`<div><h3>ROC curves</h3>${
    charts.length > 0
      ? html`<div class="small">${charts}</div>
<p class="note">${chosen}Each label against the rest. The number is the area: the probability that a review of the label scores higher for it than another review.</p>`
      : html`<p class="note">A ROC curve needs reviews of two labels; these have one.</p>`
  }</div>`;
}

function lengths({ reviews, metrics }: Evaluation, manifest: Manifest): Html {
  const bins = accuracyByLength(reviews, manifest);
  const anyCut = bins.some(({ truncated }) => truncated);
  const cut = anyCut ? ` Rings on grey: over ${count(manifest.maxTokens)} tokens, so only the end was read.` : '';
  return html`<section><h2>Accuracy by length</h2>
<div class="pair"><figure>${lengthChart(bins, metrics, manifest)}<figcaption>Tokens in the whole review; whiskers are 95&nbsp;% intervals.${cut}</figcaption></figure>
<div class="scroll">${lengthTable(bins, manifest)}</div></div></section>`;
}

function learning({ architecture, training: { epochs, validationReviews, from } }: Manifest): Html {
  const held =
    validationReviews > 0
      ? `Validation: ${counted(validationReviews, 'review')} held out of the training split.`
      : 'No reviews were held out: these are figures on the training reviews.';
  // Without this note, validation curves that are better than training curves would look like a mistake.
  const soft =
    architecture.ngramBuckets > 0 && epochs.length > 0
      ? ` Both curves show the recurrent half alone. ${
          from
            ? 'In training it is measured with dropout, which is harder.'
            : 'In training it has to match a teacher’s soft labels, with dropout and cropped texts. On the validation reviews it gets whole texts and true labels, which is easier.'
        }`
      : '';
  return html`<section><h2>Learning</h2>
<p class="note">${held}${soft}</p>
${
  epochs.length === 0
    ? html`<p class="note">There are no epochs: the last layer was fitted at once.</p>`
    : html`<div class="pair">${learningCurves(epochs).map((curve) => html`<figure>${curve}</figure>`)}</div>
<details><summary>The numbers</summary><div class="scroll">${learningTable(epochs)}</div></details>`
}</section>`;
}

function mistakesSection(mistakes: readonly Mistake[], { metrics, labels }: Evaluation): Html {
  if (mistakes.length === 0)
    return html`<section><h2>Most confident mistakes</h2><p class="note">There are no mistakes.</p></section>`;
  const levels = evidenceLevels(mistakes);
  const kinds = Map.groupBy(mistakes, ({ review }) => `${review.label} ${review.answer}`);
  const shown = [...kinds.values()].map((own) => {
    const { label, answer } = (own[0] as Mistake).review;
    const all = metrics.confusion[label]?.[answer] as number;
    return html`<div><h3>Labelled <bdi>${labels[label]}</bdi>, answered <bdi>${labels[answer]}</bdi> <span class="soft">${count(own.length)} of ${count(all)}</span></h3>
${own.map((mistake) => mistakeArticle(mistake, levels, labels))}</div>
`;
  });
  return html`<section class="mistakes"><h2>Most confident mistakes</h2>
${evidenceLegend(levels)}
<div class="kinds">${shown}</div></section>`;
}
