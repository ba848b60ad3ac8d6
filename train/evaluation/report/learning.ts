/** The learning curves: loss and accuracy after every epoch. */
import type { Manifest } from '../../../shared/bundle.ts';
import { tickLabel } from '../compare/plot.ts';
import { path, plane, round, svg, WIDTH } from './chart.ts';
import { counted, metric, percent } from './format.ts';
import { type Html, html } from './html.ts';

type Epoch = Manifest['training']['epochs'][number];

interface Curve {
  readonly id: string;
  readonly title: string;
  readonly training: (epoch: Epoch) => number;
  readonly validation: (epoch: Epoch) => number | undefined;
  readonly tick: (value: number) => string;
  readonly format: (value: number) => string;
}

const LOSS: Curve = {
  id: 'loss',
  title: 'Loss',
  training: ({ loss }) => loss,
  validation: ({ validationLoss }) => validationLoss,
  tick: tickLabel,
  format: metric,
};
const ACCURACY: Curve = {
  id: 'accuracy',
  title: 'Accuracy',
  training: ({ accuracy }) => accuracy,
  validation: ({ validationAccuracy }) => validationAccuracy,
  tick: (value) => `${tickLabel(value * 100)}\u00a0%`,
  format: (value) => percent(value, 2),
};

const MAX_EPOCH_TICKS = 10;

export function learningCurves(epochs: readonly Epoch[]): Html[] {
  return [LOSS, ACCURACY].map((curve) => learningCurve(curve, epochs));
}

function learningCurve({ id, title, training, validation, tick, format }: Curve, epochs: readonly Epoch[]): Html {
  const series = [
    { name: 'training', values: epochs.map(training) },
    { name: 'validation', values: epochs.map(validation) },
  ].map(({ name, values }) => ({
    name,
    points: values.flatMap((value, index) =>
      value === undefined || !Number.isFinite(value) ? [] : [[index + 1, value] as const],
    ),
  }));
  const values = series.flatMap(({ points }) => points.map(([, value]) => value));
  const every = Math.ceil(epochs.length / MAX_EPOCH_TICKS);
  const { x, y, axes } = plane({
    top: 40,
    bottom: 236,
    x: {
      range: epochs.length > 1 ? [1, epochs.length] : [0, 2],
      ticks: epochs.flatMap((_, index) => (index % every === 0 ? [index + 1] : [])),
      format: String,
      label: 'epoch',
    },
    y: { range: [Math.min(...values), Math.max(...values)], format: tick, grid: true },
  });
  const shown = series.filter(({ points }) => points.length > 0);
  const lines = shown.map(({ name, points }, index) => {
    const places = points.map(([epoch, value]) => [x(epoch), y(value)] as const);
    const legend = WIDTH - 8 - (shown.length - index) * 118;
    // With many epochs the marks would run into one another; the dashes tell the lines apart.
    const marks = places.filter((_, at) => at % Math.ceil(places.length / 25) === 0);
    return html`<g class="${name}"><path class="line" d="${path(places)}"/>${marks.map(([px, py]) => mark(name, px, py))}
<path class="line" d="M${legend} 18h30"/>${mark(name, legend + 15, 18)}<text x="${legend + 38}" y="18" dy=".35em">${name}</text></g>`;
  });
  const ends = shown.map(({ name, points }) => {
    const [first, last] = [points[0]?.[1] ?? 0, points.at(-1)?.[1] ?? 0];
    return `${name} from ${format(first)} to ${format(last)}`;
  });
  const description = `After the first and the last of ${counted(epochs.length, 'epoch')}: ${ends.join('; ')}.`;
  return svg({ id, title: `${title} by epoch`, description, height: 280 }, [
    axes,
    html`<text x="0" y="18" dy=".35em" class="strong">${title}</text>`,
    ...lines,
  ]);
}

function mark(name: string, x: number, y: number): Html {
  return name === 'training'
    ? html`<circle class="point" cx="${round(x)}" cy="${round(y)}" r="3.5"/>`
    : html`<rect class="point" x="${round(x - 3.5)}" y="${round(y - 3.5)}" width="7" height="7"/>`;
}

/** The curves' numbers. */
export function learningTable(epochs: readonly Epoch[]): Html {
  const cell = (value: number | undefined, format: (value: number) => string) =>
    html`<td>${value === undefined ? '–' : format(value)}</td>`;
  const percentage = (value: number) => percent(value, 2);
  return html`<table><caption>Loss and accuracy after every epoch</caption>
<thead><tr><th scope="col">epoch</th><th scope="col">loss</th><th scope="col">accuracy</th><th scope="col">validation loss</th><th scope="col">validation accuracy</th></tr></thead>
<tbody>${epochs.map(
    (epoch, index) =>
      html`<tr><th scope="row">${index + 1}</th>${cell(epoch.loss, metric)}${cell(epoch.accuracy, percentage)}${cell(epoch.validationLoss, metric)}${cell(epoch.validationAccuracy, percentage)}</tr>
`,
  )}</tbody></table>`;
}
