/** The learning curves: loss and accuracy after every epoch. */
import type { Manifest } from '../../../shared/bundle.ts';
import { counted, metric, percent } from '../../format.ts';
import { tickLabel } from '../drawing/axis.ts';
import { type Html, html } from '../drawing/html.ts';
import { lineChart } from '../drawing/line-chart.ts';

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
  const ends = series.flatMap(({ name, points: [first, ...rest] }) =>
    first === undefined ? [] : [`${name} from ${format(first[1])} to ${format((rest.at(-1) ?? first)[1])}`],
  );
  const every = Math.ceil(epochs.length / MAX_EPOCH_TICKS);
  return lineChart({
    id,
    title,
    description: `After the first and the last of ${counted(epochs.length, 'epoch')}: ${ends.join('; ')}.`,
    x: {
      range: epochs.length > 1 ? [1, epochs.length] : [0, 2],
      ticks: epochs.flatMap((_, index) => (index % every === 0 ? [index + 1] : [])),
      format: String,
      label: 'epoch',
    },
    y: { format: tick },
    series,
  });
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
