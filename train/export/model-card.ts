/** The model card: README.md of a bundle, generated from its `model.json` and nothing else. */
import type { Manifest, Metrics, RecordedMetrics } from '../../shared/bundle.ts';
import { OFFICIAL_DATASET } from '../data/types.ts';
import { count, counted, markdownTable, metric } from '../format.ts';

/** What tells a model card from anybody else's README.md. */
export const CARD_MARK = '<!-- Generated from model.json';

export function modelCard(manifest: Manifest): string {
  const { id, version, architecture, maxTokens, labels, threshold, training, metrics, files, parity } = manifest;
  const splits = Object.entries(metrics).filter((entry): entry is [string, RecordedMetrics] => entry[1] !== undefined);
  const official = training.dataset === OFFICIAL_DATASET;
  return `# ${id}

${official ? 'Is an English review positive or negative?' : `Is a text ${labels[1]} or ${labels[0]}?`} A small ${architecture.cell.toUpperCase()}, trained in TypeScript with tfjs and exported to ONNX.

${CARD_MARK} by npm run train, export and evaluate. Edit train/export/model-card.ts instead. -->

| | |
| --- | --- |
| version | \`${version}\` |
| network | ${networkText(architecture)}, ${architecture.weights} |
| reads | the last ${maxTokens} tokens of a text |
| answers | ${labels.join(' or ')}; ${labels[1]} when its probability reaches ${threshold} |
| size | ${fileSizes(files)} |
| trained on | ${trainingText(training)} |
| export | differs from the tfjs network by at most ${parity.maxDifference.toExponential(1)} in probability, on ${counted(parity.inputs, 'input')} |

## Results

${splits.length > 0 ? metricsTable(splits) : 'Not evaluated yet: `npm run evaluate -- --model <this folder> --record`.'}

## Training

${training.unlabelled > 0 ? SOFT_LABELS : ''}${epochTable(training.epochs)}

## Limits

- It knows the ${count(architecture.vocabularySize)} most frequent words of its training reviews, and reads only the end of a long text.
- It has read nothing but ${official ? 'film reviews in English' : `the reviews of ${training.dataset}`}; on other texts its answers are guesses with a number.
- Its probabilities are as good as the calibration error above says, and no better.
- A text without one known word gets the probability 0.5 by rule.
${official ? CITATION : ''}`;
}

/** The layers from the ids to the answer, and how many weights they have. */
export function networkText(architecture: Manifest['architecture']): string {
  const { cell, vocabularySize, embeddingUnits, units, pooling, ngramBuckets, parameters } = architecture;
  const layers = [
    `Embedding ${count(vocabularySize)} × ${embeddingUnits}`,
    `${cell.toUpperCase()} ${units}`,
    ...(pooling === 'mean-last' ? ['mean and last state'] : []),
    'Dense 1',
  ];
  const ngrams = ngramBuckets > 0 ? ` + words and bigrams in ${count(ngramBuckets)} buckets` : '';
  return `${layers.join(' → ')}${ngrams}, ${count(parameters)} parameters`;
}

/** What it was trained on, and how. */
export function trainingText({ dataset, reviews, unlabelled, epochs, preset, seed }: Manifest['training']): string {
  const more = unlabelled > 0 ? ` and ${counted(unlabelled, 'text')} without a label` : '';
  return `${counted(reviews, 'review')}${more} of ${dataset}, ${counted(epochs.length, 'epoch')}, preset ${preset}, seed ${seed}`;
}

const SOFT_LABELS = `Loss and accuracy are those of the recurrent half of the network alone: while training, against the soft labels
of its teacher and with dropout; on the validation split, against the true ones.

`;

const CITATION = `
The reviews are those of Maas et al., *Learning Word Vectors for Sentiment Analysis* (ACL 2011), and not part of this
repository.
`;

function fileSizes(files: Manifest['files']): string {
  return Object.entries(files)
    .map(([name, { bytes }]) => `${name} ${count(Math.round(bytes / 1024))} KiB`)
    .join(', ');
}

/** The metrics with their names, in the order in which they are written. */
export const METRICS = [
  ['accuracy', 'accuracy'],
  ['precision', 'precision'],
  ['recall', 'recall'],
  ['f1', 'F1'],
  ['rocAuc', 'ROC-AUC'],
  ['logLoss', 'log loss'],
  ['brier', 'Brier score'],
  ['expectedCalibrationError', 'expected calibration error'],
] as const satisfies readonly (readonly [keyof Metrics, string])[];

function metricsTable(splits: readonly (readonly [string, RecordedMetrics])[]): string {
  const row = (name: string, format: (metrics: RecordedMetrics) => string) => [
    name,
    ...splits.map(([, metrics]) => format(metrics)),
  ];
  return markdownTable(
    ['', ...splits.map(([split]) => split)],
    [
      row('dataset', ({ dataset }) => dataset),
      row('reviews', ({ reviews }) => count(reviews)),
      ...METRICS.map(([key, name]) => row(name, (metrics) => metric(metrics[key]))),
    ],
  );
}

function epochTable(epochs: Manifest['training']['epochs']): string {
  const number = (value: number | undefined) => (value === undefined ? '–' : metric(value));
  return markdownTable(
    ['epoch', 'loss', 'accuracy', 'validation loss', 'validation accuracy'],
    epochs.map((epoch, index) => [
      String(index + 1),
      number(epoch.loss),
      number(epoch.accuracy),
      number(epoch.validationLoss),
      number(epoch.validationAccuracy),
    ]),
  );
}
