/** ROC curves: how well the model ranks the texts of a label above the rest. */
import type { Metrics } from '../../../shared/bundle.ts';
import { metric, percent } from '../../format.ts';
import { path, plane, round, svg } from '../drawing/chart.ts';
import { type Html, html } from '../drawing/html.ts';
import { judgementsOf, type Prediction, rocCurve } from '../metrics.ts';

/** Points closer than this (sum of both rates) cannot be told apart. */
const LEAST_STEP = 0.004;
const QUARTERS = [0, 0.25, 0.5, 0.75, 1];
/** The most small curves that are shown: those with the smallest areas. */
export const SHOWN_CURVES = 28;

type Point = readonly [across: number, up: number];

/** The curve of the second of two labels; the first one's is the same. `undefined` when the texts have only one label. */
export function rocChart(predictions: readonly Prediction[], metrics: Metrics): Html | undefined {
  const points = thinned(rocCurve(judgementsOf(predictions, 1)));
  if (points.length === 0) return undefined;
  const [one, other] = metrics.labels.map(({ label }) => label) as [string, string];
  const [[, falsePositives = 0] = [], [, truePositives = 0] = []] = metrics.confusion;
  const [rest, own] = metrics.labels.map(({ texts }) => texts) as [number, number];
  const rates = [falsePositives / rest, truePositives / own] as const;
  const axis = { range: [0, 1], ticks: QUARTERS, format: (value: number) => percent(value, 0), grid: true } as const;
  const { x, y, axes } = plane({
    ...{ top: 34, bottom: 340 },
    x: { ...axis, label: `${one} reviews answered ${other}` },
    y: { ...axis, label: `${other} reviews answered ${other}` },
  });
  const [atX, atY] = [round(x(rates[0])), round(y(rates[1]))];
  const description =
    `The area under the curve is ${metric(metrics.rocAuc)}; 0.5 is chance. ${percent(rates[1])} of the ` +
    `${other} reviews and ${percent(rates[0])} of the ${one} ones were answered ${other}.`;
  return svg({ id: 'roc', title: 'ROC curve', description, height: 384 }, [
    axes,
    ...curve(points, x, y),
    html`<circle class="point" cx="${atX}" cy="${atY}" r="4.5"/>
<text x="${atX + 12}" y="${atY + 6}" dy=".35em">as answered</text>
<text x="${round(x(0.97))}" y="${round(y(0.09))}" class="end strong">AUC ${metric(metrics.rocAuc)}</text>`,
  ]);
}

/** A small curve for each label that has one. */
export function rocCharts(predictions: readonly Prediction[], { labels }: Metrics): Html[] {
  const curves = labels.flatMap(({ label, rocAuc }, place) => {
    const points = thinned(rocCurve(judgementsOf(predictions, place)));
    return points.length > 0 ? [{ label, rocAuc, place, points }] : [];
  });
  const shown = new Set([...curves].sort((a, b) => a.rocAuc - b.rocAuc).slice(0, SHOWN_CURVES));
  return curves
    .filter((one) => shown.has(one))
    .map(({ label, rocAuc, place, points }) => {
      const axis = { range: [0, 1], ticks: [0, 1] } as const;
      const { x, y, axes } = plane({ left: 1, right: 139, top: 1, bottom: 119, x: axis, y: axis });
      const description = `The area under the curve of ${label} against the rest is ${metric(rocAuc)}; 0.5 is chance.`;
      return html`<figure><h4><bdi>${label}</bdi></h4>${svg(
        { id: `roc-${place + 1}`, title: `ROC curve of ${label}`, description, width: 140, height: 120 },
        [axes, ...curve(points, x, y), html`<text x="132" y="108" class="end strong">${metric(rocAuc)}</text>`],
      )}</figure>`;
    });
}

function curve(points: readonly Point[], x: (value: number) => number, y: (value: number) => number): Html[] {
  const line = path(points.map(([across, up]) => [x(across), y(up)] as const));
  const corner = (across: number, up: number) => `${round(x(across))} ${round(y(up))}`;
  return [
    html`<path class="area" d="${line}L${corner(1, 0)}L${corner(0, 0)}Z"/>
<path class="chance" d="M${corner(0, 0)}L${corner(1, 1)}"/>
<path class="line" d="${line}"/>`,
  ];
}

/** Leaves out points that would not be visible: 250 points show as much as 25,000. */
function thinned(points: readonly Point[]): Point[] {
  const kept: Point[] = [];
  for (const [index, point] of points.entries()) {
    const last = kept.at(-1);
    const step = last === undefined ? 1 : point[0] - last[0] + point[1] - last[1];
    if (step >= LEAST_STEP || index === points.length - 1) kept.push(point);
  }
  return kept;
}
