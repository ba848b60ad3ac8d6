/** Writes the comparison as Markdown with pictures, and as one self-contained HTML page. */
import { markdownTable } from '../../format.ts';
import { html, trusted } from '../drawing/html.ts';
import { type LineChart, lineChart } from '../drawing/line-chart.ts';
import { CHART_STYLE, COLOURS } from '../drawing/style.ts';
import type { CellResult, Comparison } from './compare.ts';

const NAMES = { lstm: 'LSTM', gru: 'GRU', rnn: 'RNN' } as const;

interface Figure {
  readonly chart: LineChart;
  readonly caption: string;
}

/** The report's files by name: a Markdown page, its pictures, and an HTML page with both. */
export function comparisonReport(comparison: Comparison): Record<string, string> {
  const figures = figuresOf(comparison);
  return {
    'rnn-vs-lstm.md': markdown(comparison, figures),
    'rnn-vs-lstm.html': page(comparison, figures),
    ...Object.fromEntries(
      figures.map(({ chart }) => [fileOf(chart), `${lineChart({ ...chart, style: STYLE }).source}\n`]),
    ),
  };
}

const TITLE = 'RNN versus LSTM, measured';

function introduction({ config, reviews, validationReviews }: Comparison): string {
  return (
    `One network with three recurrent cells, each trained on the same ${reviews.toLocaleString('en')} reviews in the same order ` +
    `(${config.epochs} epochs, the last ${config.maxTokens} tokens of a review, ${config.units} units, seed ${config.seed}), and measured ` +
    `on ${validationReviews.toLocaleString('en')} reviews held out of the training split. The test split took no part.`
  );
}

function tableRows({ cells }: Comparison): string[][] {
  return [
    ['cell', 'held-out accuracy', 'best epoch', 'parameters', 'time a step', `gradient ${BACK} steps back`],
    ...cells.map(({ cell, accuracies, parameters, millisecondsPerStep, gradientNorms }) => [
      NAMES[cell],
      (accuracies.at(-1) ?? Number.NaN).toFixed(4),
      `${Math.max(...accuracies).toFixed(4)} (${accuracies.indexOf(Math.max(...accuracies)) + 1})`,
      parameters.toLocaleString('en'),
      `${millisecondsPerStep.toFixed(1)} ms`,
      percentage(gradientNorms.trained[BACK]),
    ]),
  ];
}

/** The number of steps back in the table's last column. */
const BACK = 50;

function percentage(share: number | undefined): string {
  if (share === undefined) return '–';
  return share < 1e-4 ? `${(share * 100).toExponential(0)} %` : `${(share * 100).toPrecision(2)} %`;
}

/** The style sheet of the pictures and the page. A cell's line has a colour and dashes of its own. */
const STYLE = `${COLOURS}
svg { background: var(--paper); font: 13px system-ui, sans-serif }
${CHART_STYLE}
.LSTM { --c: var(--blue) } .GRU { --c: var(--orange) } .RNN { --c: var(--curve) }
.GRU .line { stroke-dasharray: 7 4 } .RNN .line { stroke-dasharray: 2 4 }`;

function fileOf({ id }: LineChart): string {
  return `${id}.svg`;
}

function figuresOf({ cells, memorySteps, memorySeeds }: Comparison): Figure[] {
  const series = (points: (cell: CellResult) => readonly (readonly [number, number])[]) =>
    cells.map((cell) => ({ name: NAMES[cell.cell], points: points(cell) }));
  const size = { width: 720, height: 380 };
  const gradient = (when: keyof CellResult['gradientNorms'], caption: string): Figure => ({
    chart: {
      ...size,
      id: `gradient-${when}`,
      title: `The gradient on its way back, ${when === 'untrained' ? 'before' : 'after'} training`,
      description: caption,
      x: { label: 'steps back from the end of the text' },
      y: { label: '‖∂L/∂h‖ relative to the end', log: true },
      series: series(({ gradientNorms }) => gradientNorms[when].map((norm, back) => [back, norm])),
    },
    caption,
  });
  const memory = `A task that only the first word decides, after ${memorySteps} steps of training (median of ${memorySeeds} seeds); 0.5 is chance.`;
  return [
    gradient(
      'untrained',
      'How much of the gradient is left k steps back, before training (mean over full-length reviews).',
    ),
    gradient('trained', 'The same after training on the reviews.'),
    {
      chart: {
        ...size,
        id: 'memory',
        title: 'Remembering the first word',
        description: memory,
        x: {
          label: 'words in the text',
          log: true,
          ticks: cells[0]?.memory.map(({ length }) => length) ?? [],
        },
        y: { label: 'accuracy', range: [0.4, 1] },
        series: series(({ memory }) => memory.map(({ length, accuracy }) => [length, accuracy])),
      },
      caption: memory,
    },
  ];
}

const WHY = [
  'On its way back through the text, a plain RNN’s gradient is multiplied at every step by the same matrix and by the slope of tanh. In general it shrinks or explodes exponentially. But here, as in Keras, the matrix starts out orthogonal, which keeps lengths: before training the plain RNN’s gradient fades least, and the memory task, which asks to carry one bit, suits it. Training on reviews changes the matrix.',
  'The LSTM adds to its cell instead: cell = f ⊙ cell + i ⊙ candidate. The gradient is multiplied by the forget gate, which starts near σ(1) = 0.73, so at first it fades faster. But the network learns to keep the gate open, as the second figure shows, unless the first gradient is too faint to begin that, as with the longest texts of the memory task. (The figure shows the gradient of the output h; the cell carries the rest.) The GRU has one state, h = z ⊙ h + (1 − z) ⊙ candidate, whose z starts near 0.5, so it fades fastest at first.',
  'Carrying a gradient far is not enough: a network must also choose what to keep. Gates choose word by word; a fixed matrix cannot.',
];

function markdown(comparison: Comparison, figures: readonly Figure[]): string {
  const [head = [], ...rows] = tableRows(comparison);
  return `# ${TITLE}

<!-- Written by npm run compare. -->

${introduction(comparison)}

${markdownTable(head, rows)}

## Why

${WHY.join('\n\n')}

${figures.map(({ chart, caption }) => `![${chart.title}](${fileOf(chart)})\n\n*${caption}*`).join('\n\n')}

## Run it yourself

\`\`\`sh
npm run compare -- --data <aclImdb_v1.tar.gz or its folder> --out <folder>
\`\`\`
`;
}

function page(comparison: Comparison, figures: readonly Figure[]): string {
  const [head = [], ...rows] = tableRows(comparison);
  return html`<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${TITLE}</title>
<style>
${trusted(STYLE)}
body { font: 16px/1.55 system-ui, sans-serif; max-width: 54rem; margin: 2rem auto; padding: 0 1rem; background: var(--paper); color: var(--ink) }
table { border-collapse: collapse; display: block; overflow-x: auto; margin: 1.5rem 0 }
th, td { padding: .4rem .8rem; border-bottom: 1px solid var(--line); text-align: right; white-space: nowrap }
th:first-child, td:first-child { text-align: left }
figure { margin: 2rem 0; break-inside: avoid } figure svg { width: 100%; height: auto } figcaption { color: var(--soft) }
</style>
<h1>${TITLE}</h1>
<p>${introduction(comparison)}</p>
<table><thead><tr>${head.map((cell) => html`<th scope="col">${cell}</th>`)}</tr></thead><tbody>${rows.map(
    (cells) => html`<tr>${cells.map((cell) => html`<td>${cell}</td>`)}</tr>`,
  )}</tbody></table>
<h2>Why</h2>
${WHY.map(
  (paragraph) => html`<p>${paragraph}</p>
`,
)}
${figures.map(
  ({ chart, caption }) => html`<figure>${lineChart(chart)}<figcaption>${caption}</figcaption></figure>
`,
)}
</html>
`.source;
}
