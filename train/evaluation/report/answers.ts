/** The answers counted: the confusion matrix, and precision, recall and F1 of either label. */
import type { Manifest, Metrics } from '../../../shared/bundle.ts';
import { count, metric, percent } from '../../format.ts';
import { type Html, html } from '../drawing/html.ts';
import { labelRates } from '../metrics.ts';

type Labels = Manifest['labels'];

/** Rows are the true labels, columns the answers; a rate is of its row. */
export function confusionTable({ confusion }: Metrics, labels: Labels): Html {
  const sums = confusion.map(([a, b]) => a + b);
  const rows = ([0, 1] as const).map((label) => {
    const cells = ([0, 1] as const).map((answer) => {
      const reviews = confusion[label][answer];
      const rate = sums[label] ? reviews / sums[label] : undefined;
      const tint = Math.round((rate ?? 0) * 100);
      return html`<td class="cell ${label === answer ? 'right' : 'wrong'}" style="--rate:${tint}%"><b>${count(reviews)}</b> <span>${rate === undefined ? '–' : percent(rate)} ${label === answer ? 'right' : 'wrong'}</span></td>`;
    });
    return html`<tr><th scope="row">${labels[label]}</th>${cells}<td>${count(sums[label] ?? 0)}</td></tr>
`;
  });
  const answered = ([0, 1] as const).map((answer) => confusion[0][answer] + confusion[1][answer]);
  const all = answered.reduce((a, b) => a + b, 0);
  return html`<table class="confusion"><caption>Confusion matrix; rates are of the row</caption>
<thead><tr><th scope="col">true label</th>${labels.map((label) => html`<th scope="col">answered ${label}</th>`)}<th scope="col">all</th></tr></thead>
<tbody>${rows}</tbody>
<tfoot><tr><th scope="row">all</th>${answered.map((reviews) => html`<td>${count(reviews)}</td>`)}<td>${count(all)}</td></tr></tfoot></table>`;
}

export function labelTable({ confusion }: Metrics, labels: Labels): Html {
  const rows = labelRates(confusion).map(
    ({ precision, recall, f1, reviews }, label) =>
      html`<tr><th scope="row">${labels[label]}</th><td>${metric(precision)}</td><td>${metric(recall)}</td><td>${metric(f1)}</td><td>${count(reviews)}</td></tr>
`,
  );
  return html`<table><caption>Each label by itself</caption>
<thead><tr><th scope="col">label</th><th scope="col">precision</th><th scope="col">recall</th><th scope="col">F1</th><th scope="col">reviews</th></tr></thead>
<tbody>${rows}</tbody></table>`;
}
