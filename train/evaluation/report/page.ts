/**
 * The report as one HTML page that needs nothing else: no script, no font, no picture, no network. Pure: the same facts
 * give the same page.
 */
import type { Manifest } from '../../../shared/bundle.ts';
import { networkText, trainingText } from '../../export/model-card.ts';
import { count, counted, interval, metric, percent } from '../../format.ts';
import { type Html, html, trusted } from '../drawing/html.ts';
import { STYLE } from '../drawing/style.ts';
import { type Evaluation, predictionOf, splitName } from '../evaluate.ts';
import { wilsonInterval } from '../metrics.ts';
import { confusionTable, labelTable } from './answers.ts';
import { reliabilityChart, reliabilityTable } from './calibration.ts';
import { learningCurves, learningTable } from './learning.ts';
import { lengthChart, lengthTable } from './length-chart.ts';
import { accuracyByLength } from './lengths.ts';
import type { Mistake } from './mistakes.ts';
import { rocChart } from './ranking.ts';
import { evidenceLegend, evidenceLevels, mistakeArticle } from './review.ts';

export interface ReportFacts {
  readonly manifest: Manifest;
  /** What was measured; without it the page has the learning curves and says what is missing. */
  readonly evaluation?: Evaluation | undefined;
  /** The most confident mistakes among its reviews (`explainMistakes`). */
  readonly mistakes?: readonly Mistake[];
}

export function reportPage({ manifest, evaluation, mistakes = [] }: ReportFacts): string {
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
${measured ? keyFigures(measured, manifest) : notMeasured(manifest)}
${learning(manifest)}
${measured && answers(measured, manifest)}
${measured && probabilities(measured, manifest)}
${measured && lengths(measured, manifest)}
${measured && mistakesSection(mistakes, manifest)}
</main>
<footer>Written by edge-sentiment.${mistakes.length > 0 && measured ? ` This page quotes reviews of ${measured.dataset}, which belong to their authors: it is no part of the model, and git ignores it.` : ''}</footer>
</body>
</html>
`.source;
}

/** Says why the page has no evaluation, and what to do about it. */
function notMeasured({ training: { validationReviews } }: Manifest): Html {
  const why = validationReviews > 0 ? 'Nothing was measured for this page' : 'No reviews were held out of training';
  const remedy = validationReviews > 0 ? undefined : html`Train with <code>--validation 0.1</code> for that, or score`;
  return html`<p class="notice"><b>${why}</b>, so it does not say how good the model is on reviews it has not read. ${remedy ?? 'Score'} a split with <code>npm run evaluate</code>.</p>`;
}

function header(
  { id, version, architecture, maxTokens, training }: Manifest,
  evaluation: Evaluation | undefined,
): Html {
  const network = `${networkText(architecture)}; reads the last ${count(maxTokens)} tokens of a text`;
  return html`<header>
<p class="eyebrow">${evaluation ? `Report on ${splitName(evaluation.split)}` : 'Report on the training'}</p>
<h1>${id}</h1>
<p class="soft">version <code>${version}</code></p>
<p class="lead">${evaluation && measuredOn(evaluation)} Trained on ${trainingText(training)}.</p>
<p class="lead soft">${network}.</p>
</header>`;
}

function measuredOn({ split, dataset, reviews, splitReviews }: Evaluation): string {
  const whole = reviews.length === splitReviews;
  const which = whole
    ? `the ${counted(splitReviews, 'review')} of ${splitName(split)} of ${dataset}`
    : `${count(reviews.length)} of the ${counted(splitReviews, 'review')} of ${splitName(split)} of ${dataset}, drawn at random`;
  const caution = split === 'train' ? ' It was trained on these very reviews, which flatters every figure below.' : '';
  return `Measured on ${which}.${caution}`;
}

function keyFigures({ metrics, reviews }: Evaluation, { threshold, labels }: Manifest): Html {
  const [[trueNegatives, falsePositives], [falseNegatives, truePositives]] = metrics.confusion;
  const correct = trueNegatives + truePositives;
  const both = trueNegatives + falsePositives > 0 && falseNegatives + truePositives > 0;
  const figure = (name: string, value: string, remark: string, main?: 'main') =>
    html`<div${main && html` class="main"`}><dt>${name}</dt><dd class="value">${value}</dd><dd class="remark">${remark}</dd></div>
`;
  return html`<dl class="figures">
${figure('Accuracy', percent(metrics.accuracy, 2), `95 % interval ${interval(wilsonInterval(correct, metrics.reviews), 2)}`, 'main')}${figure('ROC-AUC', both ? metric(metrics.rocAuc) : '–', both ? 'chance is 0.5' : 'needs both labels')}${figure('Log loss', metric(metrics.logLoss), 'nats a review')}${figure('Calibration error', metric(metrics.expectedCalibrationError), 'ECE, 15 bins')}${figure('Brier score', metric(metrics.brier), 'mean squared error')}${figure('Reviews', count(reviews.length), `${count(reviews.length - correct)} misread`)}${figure('Threshold', String(threshold), `for ${labels[1]}`)}</dl>`;
}

function answers({ metrics }: Evaluation, { labels, threshold }: Manifest): Html {
  return html`<section><h2>Answers</h2>
<p class="note">The answer is ${labels[1]} when its probability reaches ${threshold}.</p>
<div class="pair"><div class="scroll">${confusionTable(metrics, labels)}</div><div class="scroll">${labelTable(metrics, labels)}</div></div></section>`;
}

function probabilities({ reviews, metrics }: Evaluation, manifest: Manifest): Html {
  const predictions = reviews.map(predictionOf);
  const { labels } = manifest;
  const roc = rocChart(predictions, metrics, manifest);
  return html`<section><h2>Probabilities</h2>
<div class="pair"><figure><h3>ROC curve</h3>${
    roc ?? html`<p class="note">A ROC curve needs reviews of both labels; these have one.</p>`
  }${roc && html`<figcaption>Every threshold is a point. The area is the probability that a ${labels[1]} review scores higher than a ${labels[0]} one.</figcaption>`}</figure>
<figure><h3>Reliability</h3>${reliabilityChart(predictions, metrics, manifest)}<figcaption>On the diagonal, a probability is what it says. Hatched is the gap; whiskers are 95&nbsp;% intervals; below, how many reviews were given each probability.</figcaption>
<details><summary>The numbers</summary><div class="scroll">${reliabilityTable(predictions, labels)}</div></details></figure></div></section>`;
}

function lengths({ reviews, metrics }: Evaluation, manifest: Manifest): Html {
  const bins = accuracyByLength(reviews, manifest);
  const anyCut = bins.some(({ truncated }) => truncated);
  const cut = anyCut
    ? ` Rings on grey: longer than ${count(manifest.maxTokens)} tokens, so that only the end was read.`
    : '';
  return html`<section><h2>Accuracy by length</h2>
<div class="pair"><figure>${lengthChart(bins, metrics, manifest)}<figcaption>Tokens in the whole review; whiskers are 95&nbsp;% intervals.${cut}</figcaption></figure>
<div class="scroll">${lengthTable(bins, manifest)}</div></div></section>`;
}

function learning({ training: { epochs, unlabelled, validationReviews } }: Manifest): Html {
  const held =
    validationReviews > 0
      ? `Validation: ${counted(validationReviews, 'review')} held out of the training split.`
      : 'No reviews were held out, so these are the training reviews themselves, as the network met them.';
  // Without this, curves that lie the wrong way round would look like a mistake.
  const soft =
    unlabelled > 0
      ? ' Both curves are of the recurrent half of the network alone. In training it has to match the graded answers of a teacher, with parts of the texts and of itself left out; on the validation reviews it meets whole texts and true labels, which is easier.'
      : '';
  return html`<section><h2>Learning</h2>
<p class="note">${held}${soft}</p>
${
  epochs.length === 0
    ? html`<p class="note">No epoch was recorded.</p>`
    : html`<div class="pair">${learningCurves(epochs).map((curve) => html`<figure>${curve}</figure>`)}</div>
<details><summary>The numbers</summary><div class="scroll">${learningTable(epochs)}</div></details>`
}</section>`;
}

function mistakesSection(mistakes: readonly Mistake[], manifest: Manifest): Html {
  const { labels } = manifest;
  if (mistakes.length === 0)
    return html`<section><h2>Most confident mistakes</h2><p class="note">There is no mistake to show.</p></section>`;
  const levels = evidenceLevels(mistakes);
  const kinds = ([1, 0] as const).map((label) => {
    const ofKind = mistakes.filter(({ review }) => review.label === label);
    const answer = labels[label === 0 ? 1 : 0];
    return html`<div><h3>Labelled ${labels[label]}, answered ${answer}</h3>
${ofKind.length > 0 ? ofKind.map((mistake) => mistakeArticle(mistake, levels, manifest)) : html`<p class="note">None.</p>`}</div>
`;
  });
  return html`<section class="mistakes"><h2>Most confident mistakes</h2>
${evidenceLegend(levels, labels)}
<div class="kinds">${kinds}</div></section>`;
}
