/** The model card: a bundle's README.md, generated from its `model.json` alone. */
import type { Manifest, Metrics, RecordedMetrics } from '../../shared/bundle.ts';
import { columnsOf, likeliest } from '../../shared/labels.ts';
import { GLOVE } from '../data/sources/glove.ts';
import { SOURCES } from '../data/sources.ts';
import { OFFICIAL_DATASET, OPEN_DATASET } from '../data/types.ts';
import { count, counted, markdownTable, metric } from '../format.ts';

/** Marks a README.md as a model card that may be overwritten. */
export const CARD_MARK = '<!-- Generated from model.json';

export function modelCard(manifest: Manifest): string {
  const { id, version, architecture, maxTokens, labels, training, metrics, files, parity } = manifest;
  const splits = (['train', 'validation', 'test'] as const).flatMap((split) => {
    const recorded = metrics[split];
    return recorded ? [[split, recorded] as const] : [];
  });
  const { dataset } = training;
  const names = labels.map(markdown);
  return `# ${id}

Classifies ${kindOf(dataset)} as ${anyOf(names)}. A small ${architecture.cell.toUpperCase()}, trained in TypeScript with tfjs and exported to ONNX.

${CARD_MARK} by npm run train, export and evaluate. Edit train/export/model-card.ts instead. -->

| | |
| --- | --- |
| version | \`${version}\` |
| network | ${networkText(manifest)}, ${architecture.weights} |
| reads | the last ${maxTokens} tokens of a text |
| answers | the likeliest of ${anyOf(names)}; on a tie ${markdown(tied(labels))} |
| size | ${fileSizes(files)} |
| trained on | ${markdown(trainingText(training))} |
| export | differs from the tfjs network by at most ${parity.maxDifference.toExponential(1)} in probability, on ${counted(parity.inputs, 'input')} |

## Results

${splits.length > 0 ? results(splits, labels) : 'Not evaluated yet: `npm run evaluate -- --model <this folder> --record`.'}

## Training

${learned(manifest)}

## Limits

- It knows only ${knownWords(manifest)}, and reads only the last ${maxTokens} tokens.
- ${hasRead(dataset)}
- Its probabilities are off by the calibration errors above, on texts like those it was measured on.
- A text without a known word gets the same probability for every label, by rule.
${credits(training.from?.dataset ?? dataset)}`;
}

/** The answer when all labels are equally likely. */
function tied(labels: readonly string[]): string {
  return labels[likeliest(new Float32Array(labels.length), labels)] as string;
}

/** The most labels that a sentence lists; the table has all. */
const LISTED_LABELS = 12;

/** `a, b or c` */
function anyOf(names: readonly string[]): string {
  const shown =
    names.length > LISTED_LABELS
      ? [...names.slice(0, LISTED_LABELS - 1), `one of ${names.length - LISTED_LABELS + 1} more`]
      : names;
  return `${shown.slice(0, -1).join(', ')} or ${shown.at(-1)}`;
}

/** `text` escaped for Markdown, tables included. */
function markdown(text: string): string {
  return text.replace(/[\\`*_{}[\]<>|#~&]/g, '\\$&');
}

/** The layers from ids to logits, and the number of parameters. */
export function networkText({ architecture, labels }: Pick<Manifest, 'architecture' | 'labels'>): string {
  const { cell, vocabularySize, embeddingUnits, units, pooling, ngramBuckets, parameters } = architecture;
  const layers = [
    `Embedding ${count(vocabularySize)} × ${embeddingUnits}`,
    `${cell.toUpperCase()} ${units}`,
    ...(pooling === 'mean-last' ? ['mean and last state'] : []),
    `Dense ${columnsOf(labels.length)}`,
  ];
  const ngrams = ngramBuckets > 0 ? ` + words and bigrams in ${count(ngramBuckets)} buckets` : '';
  return `${layers.join(' → ')}${ngrams}, ${count(parameters)} parameters`;
}

/** The training data and settings in one line. */
export function trainingText({
  dataset,
  reviews,
  unlabelled,
  epochs,
  preset,
  seed,
  from,
}: Manifest['training']): string {
  const more = unlabelled > 0 ? ` and ${counted(unlabelled, 'text')} without a label` : '';
  const start = from ? `, starting from ${from.id} ${from.version}` : '';
  const passes = from === undefined || epochs.length > 0 ? `, ${counted(epochs.length, 'epoch')}` : '';
  return `${counted(reviews, 'review')}${more} of ${dataset}${start}${passes}, preset ${preset}, seed ${seed}`;
}

/** For a network with n-grams, which are fitted before the first epoch. */
const SOFT_LABELS = `Loss and accuracy are those of the recurrent half alone. In training they are measured with dropout, against the
teacher's soft labels; on the validation split, against the true labels.

`;

function knownWords({ architecture, training: { from } }: Manifest): string {
  const words = count(architecture.vocabularySize);
  return from
    ? `${words} words, those of ${from.id} and frequent ones of its own texts`
    : `the ${words} most frequent words of its training texts`;
}

function learned({ architecture, training: { from, epochs } }: Manifest): string {
  if (from !== undefined) {
    const cell = architecture.cell.toUpperCase();
    return epochs.length === 0
      ? `Embeddings and ${cell} are those of ${from.id} ${from.version}. The last layer, and the weights of words and
pairs, were fitted to the reviews at once, so there are no epochs.`
      : `Embeddings and ${cell} began as those of ${from.id} ${from.version}. The weights of words and pairs were fitted to the reviews at
once. Loss and accuracy are those of the recurrent half alone; in training they are measured with dropout.

${epochTable(epochs)}`;
  }
  return `${architecture.ngramBuckets > 0 ? SOFT_LABELS : ''}${epochTable(epochs)}`;
}

function kindOf(dataset: string): string {
  if (dataset === OPEN_DATASET) return 'an English text';
  return dataset === OFFICIAL_DATASET ? 'an English review' : 'a text';
}

function hasRead(dataset: string): string {
  if (dataset === OPEN_DATASET) {
    return `It was trained on film reviews, comments, tweets, opinion pieces and opinions about products, all in English. Do not trust its answers to other kinds of texts without measuring them.
- Most of its neutral texts are comments and sentences about films. It has seen few news, instructions and questions.
- Words for who somebody is (names, nationalities, religions, family, professions) are read as one word of each kind, so that they do not move an answer. Words that are not listed in train/data/identities.ts still do.
- It takes irony at its word.`;
  }
  const read = dataset === OFFICIAL_DATASET ? 'film reviews in English' : `the texts of ${markdown(dataset)}`;
  return `It was trained on ${read} only. Do not trust its answers to other kinds of texts without measuring them.`;
}

const IMDB_CREDIT = 'Maas et al., *Learning Word Vectors for Sentiment Analysis* (ACL 2011)';

/** The credits of the texts. Of these, only our own sentences are part of this repository. */
function credits(dataset: string): string {
  if (dataset === OFFICIAL_DATASET) {
    return `\nThe reviews are from ${IMDB_CREDIT}. They are not part of this\nrepository.\n`;
  }
  if (dataset !== OPEN_DATASET) return '';
  const table = markdownTable(
    ['texts', 'by', 'licence'],
    [
      ['IMDB reviews', IMDB_CREDIT, 'none stated'],
      ...SOURCES.map(({ name, credit, licence }) => [name, credit, licence]),
      ['GloVe vectors of words, to start from', GLOVE.credit, GLOVE.licence],
    ],
  );
  return `\n## Sources\n\n${table}\n\nOf these texts, only those of \`own\` are part of this repository. docs/data.md says where they come from and which were left out.\n`;
}

function fileSizes(files: Manifest['files']): string {
  return Object.entries(files)
    .map(([name, { bytes }]) => `${name} ${count(Math.round(bytes / 1024))} KiB`)
    .join(', ');
}

/** The metrics over all labels with their names, in the order of the tables. */
export const METRICS = [
  ['accuracy', 'accuracy'],
  ['macroRecall', 'macro-recall'],
  ['macroF1', 'macro-F1'],
  ['rocAuc', 'ROC-AUC'],
  ['logLoss', 'log loss'],
  ['brier', 'Brier score'],
  ['expectedCalibrationError', 'expected calibration error'],
  ['classwiseCalibrationError', 'class-wise calibration error'],
] as const satisfies readonly (readonly [keyof Metrics, string])[];

function results(splits: readonly (readonly [string, RecordedMetrics])[], labels: Manifest['labels']): string {
  const row = (name: string, format: (metrics: RecordedMetrics) => string) => [
    name,
    ...splits.map(([, own]) => format(own)),
  ];
  const asked = ({ labels: own }: RecordedMetrics) =>
    own.length < labels.length ? anyOf(own.map(({ label }) => markdown(label))) : 'all';
  const overview = markdownTable(
    ['', ...splits.map(([split]) => split)],
    [
      row('dataset', ({ dataset }) => markdown(dataset)),
      row('reviews', ({ reviews }) => count(reviews)),
      ...(splits.every(([, own]) => asked(own) === 'all') ? [] : [row('asked for', asked)]),
      ...METRICS.map(([key, name]) => row(name, (own) => metric(own[key]))),
    ],
  );
  const [split, metrics] = splits.at(-1) as (typeof splits)[number]; // train, validation, test: the most telling one
  return `${overview}\n\nEach label against the rest, on ${split}:\n\n${labelTable(metrics)}`;
}

function labelTable({ labels }: RecordedMetrics): string {
  return markdownTable(
    ['label', 'reviews', 'precision', 'recall', 'F1', 'ROC-AUC'],
    labels.map(({ label, texts, precision, recall, f1, rocAuc }) => [
      ...[markdown(label), count(texts)],
      ...[precision, recall, f1, rocAuc].map(metric),
    ]),
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
