/** Accuracy by length: a row for each bin, with its interval as a whisker. */
import type { Manifest, Metrics } from '../../../shared/bundle.ts';
import { count, interval, percent } from '../../format.ts';
import { tickLabel } from '../drawing/axis.ts';
import { plane, round, svg, WIDTH } from '../drawing/chart.ts';
import { type Html, html } from '../drawing/html.ts';
import { wilsonInterval } from '../metrics.ts';
import type { LengthBin } from './lengths.ts';

const ROW = 26;
const TOP = 34;
const LEFT = 96;
const RIGHT = WIDTH - 62;

export function lengthChart(
  bins: readonly LengthBin[],
  { accuracy }: Metrics,
  { maxTokens }: Pick<Manifest, 'maxTokens'>,
): Html {
  const bottom = TOP + bins.length * ROW;
  const ends = bins.flatMap(({ correct, reviews }) => wilsonInterval(correct, reviews));
  const { x, axes } = plane({
    left: LEFT,
    right: RIGHT,
    top: TOP,
    bottom,
    x: {
      range: [Math.min(...ends), Math.max(...ends)],
      format: (value) => `${tickLabel(value * 100)}\u00a0%`,
      grid: true,
      label: 'accuracy',
    },
    y: { range: [0, 1], ticks: [] },
  });
  const rows = bins.map((bin, index) => {
    const y = TOP + (index + 0.5) * ROW;
    const [low, high] = wilsonInterval(bin.correct, bin.reviews);
    const at = round(x(bin.correct / bin.reviews));
    return html`<g><text x="${LEFT - 10}" y="${y}" dy=".35em" class="end">${rangeOf(bin)}</text>
<path class="whisker" d="M${round(x(low))} ${y}H${round(x(high))}"/><circle class="${bin.truncated ? 'hollow' : 'point'}" cx="${at}" cy="${y}" r="5"/>
<text x="${WIDTH}" y="${y}" dy=".35em" class="end soft">${count(bin.reviews)}</text></g>`;
  });
  const cut = bins.findIndex(({ truncated }) => truncated);
  const band =
    cut < 0
      ? undefined
      : html`<rect class="band" x="${LEFT}" width="${RIGHT - LEFT}" y="${TOP + cut * ROW}" height="${(bins.length - cut) * ROW}"/>`;
  const overall = round(x(accuracy));
  const description = `${bins.map((bin) => `${rangeOf(bin)} tokens: ${percent(bin.correct / bin.reviews)} of ${count(bin.reviews)}`).join('; ')}. Of texts above ${maxTokens} tokens only the end is read.`;
  return svg({ id: 'length', title: 'Accuracy by length', description, height: bottom + 44 }, [
    html`${band}`,
    axes,
    html`<text x="${LEFT - 10}" y="16" dy=".35em" class="end soft">tokens</text><text x="${WIDTH}" y="16" dy=".35em" class="end soft">reviews</text>
<path class="chance" d="M${overall} ${TOP}V${bottom}"/><text x="${Math.min(Math.max(overall, LEFT + 34), RIGHT - 34)}" y="16" dy=".35em" class="mid soft">all: ${percent(accuracy)}</text>`,
    ...rows,
  ]);
}

/** The chart's numbers. */
export function lengthTable(bins: readonly LengthBin[], { maxTokens }: Pick<Manifest, 'maxTokens'>): Html {
  return html`<table><caption>Accuracy by length</caption>
<thead><tr><th scope="col">tokens</th><th scope="col">reviews</th><th scope="col">accuracy</th><th scope="col">95&nbsp;% interval</th><th scope="col">read</th></tr></thead>
<tbody>${bins.map(
    (bin) =>
      html`<tr><th scope="row">${rangeOf(bin)}</th><td>${count(bin.reviews)}</td><td>${percent(bin.correct / bin.reviews)}</td><td>${interval(wilsonInterval(bin.correct, bin.reviews))}</td><td>${bin.truncated ? `last ${count(maxTokens)}` : 'whole'}</td></tr>
`,
  )}</tbody></table>`;
}

function rangeOf({ from, to, last }: LengthBin): string {
  if (from === 0) return `up to ${count(to)}`;
  return last ? `over ${count(from - 1)}` : `${count(from)}–${count(to)}`;
}
