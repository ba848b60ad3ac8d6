/** The reliability diagram: are four in five of the answers with 80 % right? It has the bins of the ECE. */
import type { Metrics } from '../../../shared/bundle.ts';
import { count, interval, metric, percent } from '../../format.ts';
import { plane, round, svg } from '../drawing/chart.ts';
import { type Html, html } from '../drawing/html.ts';
import { type CalibrationBin, calibrationBins, type Judgement, wilsonInterval } from '../metrics.ts';

const FIFTHS = [0, 0.2, 0.4, 0.6, 0.8, 1];
const TOP = { from: 34, to: 244 };
const HISTOGRAM = { from: 284, to: 340 };

/**
 * The diagram, with a histogram of the reviews in each bin below it.
 * @param answers the probability of each answer, and whether it is right.
 */
export function reliabilityChart(
  answers: readonly Judgement[],
  { expectedCalibrationError, labels }: Pick<Metrics, 'expectedCalibrationError' | 'labels'>,
): Html {
  const bins = calibrationBins(answers).filter(({ texts }) => texts > 0);
  const most = bins.reduce((max, { texts }) => Math.max(max, texts), 0);
  // The likeliest of n labels has a probability of at least 1/n.
  const least = FIFTHS.findLast((fifth) => fifth < 1 / labels.length) as number;
  const x = { range: [least, 1], ticks: FIFTHS.filter((fifth) => fifth >= least) } as const;
  const diagram = plane({
    top: TOP.from,
    bottom: TOP.to,
    x,
    y: {
      range: [0, 1],
      ticks: FIFTHS,
      format: (value) => percent(value, 0),
      grid: true,
      label: 'share of answers that are right',
    },
  });
  const histogram = plane({
    top: HISTOGRAM.from,
    bottom: HISTOGRAM.to,
    x: { ...x, format: (value) => percent(value, 0), label: 'probability of the answer' },
    y: { range: [0, most], ticks: [0, most], format: compact, label: 'reviews' },
  });
  const at = (value: number) => round(diagram.x(value));
  const bars = bins.map((bin) => {
    const [left, width] = [at(bin.from) + 1, round(at(bin.to) - at(bin.from) - 2)];
    const share = bin.actual / bin.texts;
    const said = bin.expected / bin.texts;
    const [low, high] = wilsonInterval(bin.actual, bin.texts);
    const box = (from: number, to: number) =>
      html`y="${round(diagram.y(to))}" height="${round(diagram.y(from) - diagram.y(to))}"`;
    const middle = round(left + width / 2);
    return html`<g><rect class="bar" x="${left}" width="${width}" ${box(0, share)}/>
<rect class="gap" x="${left}" width="${width}" ${box(Math.min(share, said), Math.max(share, said))}/>
<path class="whisker" d="M${middle} ${round(diagram.y(low))}V${round(diagram.y(high))}"/>
<rect class="bar" x="${left}" width="${width}" y="${round(histogram.y(bin.texts))}" height="${round(histogram.y(0) - histogram.y(bin.texts))}"/></g>`;
  });
  const description =
    'Bars: the share of answers that are right, by the probability they were given. Hatched: the gap to that probability. ' +
    `On average the gap is ${metric(expectedCalibrationError)} (expected calibration error).`;
  return svg({ id: 'reliability', title: 'Reliability diagram', description, height: 384 }, [
    html`<defs><pattern id="hatch" width="5" height="5" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><path class="hatch" d="M0 0V5"/></pattern></defs>`,
    diagram.axes,
    histogram.axes,
    ...bars,
    html`<path class="chance" d="M${at(least)} ${round(diagram.y(least))}L${at(1)} ${round(diagram.y(1))}"/>
<text x="${at(1)}" y="${TOP.from - 16}" class="end strong">ECE ${metric(expectedCalibrationError)}</text>`,
  ]);
}

/** The diagram's numbers. */
export function reliabilityTable(answers: readonly Judgement[]): Html {
  const rows = calibrationBins(answers).filter(({ texts }) => texts > 0);
  return html`<table><caption>Reliability, bin by bin</caption>
<thead><tr><th scope="col">probability of the answer</th><th scope="col">reviews</th><th scope="col">mean</th><th scope="col">right</th><th scope="col">95&nbsp;% interval</th></tr></thead>
<tbody>${rows.map(reliabilityRow)}</tbody></table>`;
}

function reliabilityRow({ from, to, texts, actual, expected }: CalibrationBin): Html {
  return html`<tr><th scope="row">${interval([from, to])}</th><td>${count(texts)}</td><td>${percent(expected / texts)}</td><td>${percent(actual / texts)}</td><td>${interval(wilsonInterval(actual, texts))}</td></tr>
`;
}

/** 4,300 → 4.3k, to fit beside an axis. */
function compact(value: number): string {
  return value < 1_000 ? String(value) : `${Number((value / 1_000).toPrecision(2))}k`;
}
