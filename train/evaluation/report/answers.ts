/** The tables of answers: the confusion matrix, the most frequent confusions, and each label's rates. */
import type { Metrics } from '../../../shared/bundle.ts';
import { count, metric, percent } from '../../format.ts';
import { type Html, html } from '../drawing/html.ts';
import { calibrationError, judgementsOf, type Prediction } from '../metrics.ts';

/** The most labels with which a cell of the matrix has room for its rate. */
export const ROOMY_LABELS = 6;
const SHOWN_CONFUSIONS = 12;

/** How many texts of one label were answered with another. */
export interface Confusion {
  readonly label: number;
  readonly answer: number;
  readonly texts: number;
}

/** The most frequent first. */
export function confusionsOf({ confusion }: Pick<Metrics, 'confusion'>): Confusion[] {
  return confusion
    .flatMap((row, label) => row.map((texts, answer) => ({ label, answer, texts })))
    .filter(({ label, answer, texts }) => label !== answer && texts > 0)
    .sort((a, b) => b.texts - a.texts);
}

/** Rows are true labels, columns answers; a rate is a share of its row. */
export function confusionTable({ confusion }: Metrics, labels: readonly string[]): Html {
  const roomy = labels.length <= ROOMY_LABELS;
  const inWords = labels.length === 2;
  const sums = confusion.map(sum);
  const rows = confusion.map((row, label) => {
    const cells = row.map((texts, answer) => {
      const rate = texts / (sums[label] || 1);
      const kind = label === answer ? 'right' : 'wrong';
      const inside = roomy
        ? html`<b>${count(texts)}</b> <span>${sums[label] === 0 ? '–' : percent(rate)}${inWords ? ` ${kind}` : ''}</span>`
        : html`${texts > 0 ? count(texts) : ''}`;
      return html`<td class="cell ${kind}" style="--rate:${Math.round(rate * 100)}%">${inside}</td>`;
    });
    return html`<tr><th scope="row">${numbered(label, labels)}</th>${cells}<td>${count(sums[label] as number)}</td></tr>
`;
  });
  const heads = labels.map((label, place) =>
    roomy
      ? html`<th scope="col">answered <bdi>${label}</bdi></th>`
      : html`<th scope="col" title="answered ${label}">${place + 1}</th>`,
  );
  const answered = labels.map((_, answer) => sum(confusion.map((row) => row[answer] as number)));
  const caption = `Confusion matrix; ${roomy ? 'rates' : 'tints'} are of the row`;
  return html`<table class="confusion ${roomy ? 'roomy' : 'compact'}"><caption>${caption}</caption>
<thead><tr><th scope="col">true label</th>${heads}<th scope="col">all</th></tr></thead>
<tbody>${rows}</tbody>
<tfoot><tr><th scope="row">all</th>${answered.map((texts) => html`<td>${count(texts)}</td>`)}<td>${count(sum(answered))}</td></tr></tfoot></table>`;
}

/** The label, with its number in front where columns show only numbers. */
function numbered(place: number, labels: readonly string[]): Html {
  const label = html`<bdi>${labels[place]}</bdi>`;
  return labels.length <= ROOMY_LABELS ? label : html`<span class="soft">${place + 1}</span> ${label}`;
}

export function confusionList(metrics: Metrics, labels: readonly string[]): Html {
  const rows = confusionsOf(metrics)
    .slice(0, SHOWN_CONFUSIONS)
    .map(({ label, answer, texts }) => {
      const share = texts / (metrics.labels[label]?.texts as number);
      return html`<tr><th scope="row"><bdi>${labels[label]}</bdi></th><td><bdi>${labels[answer]}</bdi></td><td>${count(texts)}</td><td>${percent(share)}</td></tr>
`;
    });
  return html`<table class="list confusions"><caption>The most frequent confusions; shares are of the true label</caption>
<thead><tr><th scope="col">true label</th><th scope="col">answered</th><th scope="col">reviews</th><th scope="col">share</th></tr></thead>
<tbody>${rows}</tbody></table>`;
}

/** @param predictions the ones that the metrics were computed from. */
export function labelTable(metrics: Metrics, predictions: readonly Prediction[]): Html {
  const cells = (values: readonly (number | undefined)[]) =>
    values.map((value) => html`<td>${value === undefined ? '–' : metric(value)}</td>`);
  const rows = metrics.labels.map(({ label, texts, precision, recall, f1, rocAuc }, place) => {
    const calibration = calibrationError(judgementsOf(predictions, place));
    const measured =
      texts > 0 ? [precision, recall, f1, rocAuc, calibration] : [...Array(4).fill(undefined), calibration];
    return html`<tr><th scope="row"><bdi>${label}</bdi></th><td>${count(texts)}</td>${cells(measured)}</tr>
`;
  });
  const { macroRecall, macroF1, rocAuc, classwiseCalibrationError } = metrics;
  return html`<table class="list"><caption>Each label against the rest; ECE: the calibration error</caption>
<thead><tr><th scope="col">label</th><th scope="col">reviews</th><th scope="col">precision</th><th scope="col">recall</th><th scope="col">F1</th><th scope="col">AUC</th><th scope="col">ECE</th></tr></thead>
<tbody>${rows}</tbody>
<tfoot><tr><th scope="row">mean</th><td></td><td></td>${cells([macroRecall, macroF1, rocAuc, classwiseCalibrationError])}</tr></tfoot></table>`;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
