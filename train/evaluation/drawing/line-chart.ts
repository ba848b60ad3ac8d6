/** A chart of several lines, told apart by marks, and by the colours and dashes that the style sheet gives their names. */
import { extent, tickLabel } from './axis.ts';
import { type AxisOptions, type Picture, path, plane, round, svg, WIDTH } from './chart.ts';
import { type Html, html } from './html.ts';

export interface LineChart extends Omit<Picture, 'height'> {
  /** Default: 280. */
  readonly height?: number;
  /** Default: the points' range with round ticks. A logarithmic axis leaves out values that it cannot show. */
  readonly x: Partial<AxisOptions>;
  readonly y: Partial<AxisOptions>;
  /** Series without points are left out. */
  readonly series: readonly Series[];
}

interface Series {
  /** The name in the legend, and the class of the group. */
  readonly name: string;
  readonly points: readonly (readonly [x: number, y: number])[];
}

/** The most marks on a line: more would run into each other. */
const MAX_MARKS = 25;

/** @throws RangeError when there are more series than can be told apart. */
export function lineChart({ x: xOptions, y: yOptions, series, ...picture }: LineChart): Html {
  if (series.length > MARKS.length) throw new RangeError(`a chart shows at most ${MARKS.length} series`);
  const { title, width = WIDTH, height = 280 } = picture;
  const fits = (value: number, log = false) => Number.isFinite(value) && (!log || value > 0);
  const shown = series
    .map(({ name, points }) => ({
      name,
      points: points.filter(([x, y]) => fits(x, xOptions.log) && fits(y, yOptions.log)),
    }))
    .filter(({ points }) => points.length > 0);
  const all = shown.flatMap(({ points }) => points);
  const { x, y, axes } = plane({
    right: width - 20,
    top: yOptions.label === undefined ? 40 : 66,
    bottom: height - 44,
    x: { range: extent(all.map(([at]) => at)), format: tickLabel, ...xOptions },
    y: { range: extent(all.map(([, at]) => at)), format: tickLabel, grid: true, ...yOptions },
  });
  const legendWidth = 60 + 6 * Math.max(...shown.map(({ name }) => name.length));
  const lines = shown.map(({ name, points }, index) => {
    const places = points.map(([atX, atY]) => [x(atX), y(atY)] as const);
    const marked = places.filter((_, at) => at % Math.ceil(places.length / MAX_MARKS) === 0);
    const mark = MARKS[index] as (typeof MARKS)[number];
    const legend = width - 8 - (shown.length - index) * legendWidth;
    return html`<g class="${name}"><path class="line" d="${path(places)}"/>${marked.map(([atX, atY]) => mark(atX, atY))}
<path class="line" d="M${legend} 18h30"/>${mark(legend + 15, 18)}<text x="${legend + 38}" y="18" dy=".35em">${name}</text></g>`;
  });
  return svg({ ...picture, height }, [
    axes,
    html`<text x="0" y="18" dy=".35em" class="strong">${title}</text>`,
    ...lines,
  ]);
}

/** A circle, a square and a diamond. */
const MARKS = [
  (x: number, y: number) => html`<circle class="point" cx="${round(x)}" cy="${round(y)}" r="3.5"/>`,
  (x: number, y: number) =>
    html`<rect class="point" x="${round(x - 3.5)}" y="${round(y - 3.5)}" width="7" height="7"/>`,
  (x: number, y: number) => html`<path class="point" d="M${round(x)} ${round(y - 5)}l5 5l-5 5l-5 -5z"/>`,
] as const;
