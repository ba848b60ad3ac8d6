/** The reliability diagram: whether what is given 80 % is positive in 80 % of the cases. Its bins are the ECE's. */
import type { Manifest, Metrics } from '../../../shared/bundle.ts';
import { count, interval, metric, percent } from '../../format.ts';
import { plane, round, svg } from '../drawing/chart.ts';
import { type Html, html } from '../drawing/html.ts';
import { type CalibrationBin, calibrationBins, type Prediction, wilsonInterval } from '../metrics.ts';

const QUARTERS = [0, 0.25, 0.5, 0.75, 1];
const TOP = { from: 34, to: 244 };
const HISTOGRAM = { from: 284, to: 340 };

/** The diagram above, how many reviews each bin has below. */
export function reliabilityChart(
  predictions: readonly Prediction[],
  { expectedCalibrationError }: Metrics,
  { labels, threshold }: Pick<Manifest, 'labels' | 'threshold'>,
): Html {
  const bins = calibrationBins(predictions).filter(({ reviews }) => reviews > 0);
  const most = bins.reduce((max, { reviews }) => Math.max(max, reviews), 0);
  const x = { range: [0, 1], ticks: QUARTERS } as const;
  const diagram = plane({
    top: TOP.from,
    bottom: TOP.to,
    x,
    y: { ...x, format: (value) => percent(value, 0), grid: true, label: `share that is ${labels[1]} in fact` },
  });
  const histogram = plane({
    top: HISTOGRAM.from,
    bottom: HISTOGRAM.to,
    x: { ...x, format: (value) => percent(value, 0), label: `probability of ${labels[1]}, as answered` },
    y: { range: [0, most], ticks: [0, most], format: compact, label: 'reviews' },
  });
  const at = (value: number) => round(diagram.x(value));
  const bars = bins.map((bin) => {
    const [left, width] = [at(bin.from) + 1, round(at(bin.to) - at(bin.from) - 2)];
    const share = bin.positives / bin.reviews;
    const said = bin.expected / bin.reviews;
    const [low, high] = wilsonInterval(bin.positives, bin.reviews);
    const box = (from: number, to: number) =>
      html`y="${round(diagram.y(to))}" height="${round(diagram.y(from) - diagram.y(to))}"`;
    const middle = round(left + width / 2);
    return html`<g><rect class="bar" x="${left}" width="${width}" ${box(0, share)}/>
<rect class="gap" x="${left}" width="${width}" ${box(Math.min(share, said), Math.max(share, said))}/>
<path class="whisker" d="M${middle} ${round(diagram.y(low))}V${round(diagram.y(high))}"/>
<rect class="bar" x="${left}" width="${width}" y="${round(histogram.y(bin.reviews))}" height="${round(histogram.y(0) - histogram.y(bin.reviews))}"/></g>`;
  });
  const edge = round(histogram.x(threshold));
  const description =
    `Bars: the share of reviews that are ${labels[1]}, by the probability they were given. Hatched: the gap to that probability. ` +
    `On average the gap is ${metric(expectedCalibrationError)} (expected calibration error).`;
  return svg({ id: 'reliability', title: 'Reliability diagram', description, height: 384 }, [
    html`<defs><pattern id="hatch" width="5" height="5" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><path class="hatch" d="M0 0V5"/></pattern></defs>`,
    diagram.axes,
    histogram.axes,
    ...bars,
    html`<path class="chance" d="M${at(0)} ${round(diagram.y(0))}L${at(1)} ${round(diagram.y(1))}"/>
<path class="chance" d="M${edge} ${HISTOGRAM.from}V${HISTOGRAM.to}"/>
<text x="${at(1)}" y="${TOP.from - 16}" class="end strong">ECE ${metric(expectedCalibrationError)}</text>`,
  ]);
}

/** The diagram's numbers. */
export function reliabilityTable(predictions: readonly Prediction[], [, positive]: Manifest['labels']): Html {
  const rows = calibrationBins(predictions).filter(({ reviews }) => reviews > 0);
  return html`<table><caption>Reliability, bin by bin</caption>
<thead><tr><th scope="col">probability of ${positive}</th><th scope="col">reviews</th><th scope="col">mean</th><th scope="col">${positive} in fact</th><th scope="col">95&nbsp;% interval</th></tr></thead>
<tbody>${rows.map(reliabilityRow)}</tbody></table>`;
}

function reliabilityRow({ from, to, reviews, positives, expected }: CalibrationBin): Html {
  return html`<tr><th scope="row">${interval([from, to])}</th><td>${count(reviews)}</td><td>${percent(expected / reviews)}</td><td>${percent(positives / reviews)}</td><td>${interval(wilsonInterval(positives, reviews))}</td></tr>
`;
}

/** 4,300 → 4.3k, which has room beside an axis. */
function compact(value: number): string {
  return value < 1_000 ? String(value) : `${Number((value / 1_000).toPrecision(2))}k`;
}
