/** The ROC curve: how well the model puts positive reviews before negative ones. */
import type { Manifest, Metrics } from '../../../shared/bundle.ts';
import { metric, percent } from '../../format.ts';
import { path, plane, round, svg } from '../drawing/chart.ts';
import { type Html, html } from '../drawing/html.ts';
import { type Prediction, rocCurve } from '../metrics.ts';

/** Points nearer to each other than this, in both rates together, are one to the eye. */
const LEAST_STEP = 0.004;
const QUARTERS = [0, 0.25, 0.5, 0.75, 1];

/** `undefined` when the reviews have one label only: there is no curve then. */
export function rocChart(
  predictions: readonly Prediction[],
  { rocAuc, confusion }: Metrics,
  { labels, threshold }: Pick<Manifest, 'labels' | 'threshold'>,
): Html | undefined {
  const points = thinned(rocCurve(predictions));
  if (points.length === 0) return undefined;
  const [[trueNegatives, falsePositives], [falseNegatives, truePositives]] = confusion;
  const falsePositiveRate = falsePositives / (trueNegatives + falsePositives);
  const truePositiveRate = truePositives / (falseNegatives + truePositives);
  const { x, y, axes } = plane({
    top: 34,
    bottom: 340,
    x: {
      range: [0, 1],
      ticks: QUARTERS,
      format: tick,
      grid: true,
      label: `${labels[0]} reviews answered ${labels[1]}`,
    },
    y: {
      range: [0, 1],
      ticks: QUARTERS,
      format: tick,
      grid: true,
      label: `${labels[1]} reviews answered ${labels[1]}`,
    },
  });
  const places = points.map(([across, up]) => [x(across), y(up)] as const);
  const curve = path(places);
  const [atX, atY] = [round(x(falsePositiveRate)), round(y(truePositiveRate))];
  const description =
    `The area under the curve is ${metric(rocAuc)}; 0.5 is chance. At the threshold ${threshold}, ${percent(truePositiveRate)} of the ` +
    `${labels[1]} reviews and ${percent(falsePositiveRate)} of the ${labels[0]} ones are answered ${labels[1]}.`;
  return svg({ id: 'roc', title: 'ROC curve', description, height: 384 }, [
    axes,
    html`<path class="area" d="${curve}L${round(x(1))} ${round(y(0))}L${round(x(0))} ${round(y(0))}Z"/>
<path class="chance" d="M${round(x(0))} ${round(y(0))}L${round(x(1))} ${round(y(1))}"/>
<path class="line" d="${curve}"/>
<circle class="point" cx="${atX}" cy="${atY}" r="4.5"/>
<text x="${atX + 12}" y="${atY + 6}" dy=".35em">threshold ${threshold}</text>
<text x="${round(x(0.97))}" y="${round(y(0.09))}" class="end strong">AUC ${metric(rocAuc)}</text>`,
  ]);
}

/** A curve of 25,000 points says no more than one of 250. */
function thinned(points: readonly (readonly [number, number])[]): (readonly [number, number])[] {
  const kept: (readonly [number, number])[] = [];
  for (const [index, point] of points.entries()) {
    const last = kept.at(-1);
    const step = last === undefined ? 1 : point[0] - last[0] + point[1] - last[1];
    if (step >= LEAST_STEP || index === points.length - 1) kept.push(point);
  }
  return kept;
}

function tick(value: number): string {
  return percent(value, 0);
}
