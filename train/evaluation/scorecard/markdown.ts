/** The scorecard as Markdown. */
import { count, markdownTable } from '../../format.ts';
import type { GroupShift } from './fairness.ts';
import type { Measures } from './measure.ts';
import { PUBLISHED } from './published.ts';
import type { Row, Scorecard } from './scorecard.ts';
import type { Question } from './sets.ts';

const ASKED: Readonly<Record<Question, string>> = {
  polarity: 'positive or negative',
  'three-way': 'positive, neutral or negative',
  neutral: 'called neutral',
  'not-neutral': 'not called neutral',
};

export function toMarkdown(scorecard: Scorecard): string {
  const { model, stage, rows, fairness } = scorecard;
  return [
    '# Scorecard',
    `\`${model.name}\` ${model.version} answers ${listed(model.labels)}. ${STAGES[stage]}`,
    ofModel(scorecard),
    '## Beside it',
    BESIDE,
    beside(scorecard),
    ...notesOf(rows).map((note, index) => `[${index + 1}] ${note}`),
    '## Fairness',
    FAIRNESS,
    ofDimensions(fairness),
    furthest(fairness),
  ]
    .filter((part) => part !== '')
    .join('\n\n');
}

const STAGES: Readonly<Record<Scorecard['stage'], string>> = {
  test: 'It was chosen without these sets; `npm run scorecard` printed what follows.',
  development: 'These sets are for choosing between models; `npm run scorecard -- --dev` printed what follows.',
};

function ofModel({ model, rows }: Scorecard): string {
  const columns: readonly (keyof Measures)[] = ['accuracy', 'macroRecall', 'auc', 'logLoss', 'calibrationError'];
  return markdownTable(
    ['set', 'texts', 'asked', 'accuracy', 'macro-recall', 'AUC', 'log loss', 'calibration error', 'unknown', 'ms'],
    rows.map(({ title, texts, question, measures, unknown, milliseconds }) => [
      title,
      count(texts),
      ASKED[question],
      ...columns.map((column) => number(measures[model.name]?.[column])),
      number(unknown),
      milliseconds.toPrecision(2),
    ]),
  );
}

const BESIDE = `Word lists from npm, and what others have published. Accuracy; macro-recall where three labels are asked for. A word
list that finds no word, or as many good ones as bad, counts half between two labels and says neutral among three.`;

function beside({ model, beside, rows }: Scorecard): string {
  const notes = notesOf(rows);
  return markdownTable(
    ['set', 'asked', model.name, ...beside, 'published'],
    rows.map((row) => [
      row.title,
      ASKED[row.question],
      ...[model.name, ...beside].map((name) => number(headline(row, name))),
      published(row, notes),
    ]),
  );
}

function headline({ question, measures }: Row, name: string): number | undefined {
  return question === 'three-way' ? measures[name]?.macroRecall : measures[name]?.accuracy;
}

function publishedFor({ set, question }: Row) {
  return PUBLISHED.filter((one) => one.set === set && one.question === question);
}

function published(row: Row, notes: readonly string[]): string {
  const values = publishedFor(row).map(
    ({ model, value, note }) => `${model} ${value.toFixed(3)} [${notes.indexOf(note) + 1}]`,
  );
  return values.join(', ') || '–';
}

function notesOf(rows: readonly Row[]): string[] {
  return [...new Set(rows.flatMap(publishedFor).map(({ note }) => note))];
}

const FAIRNESS = `The same made-up sentences, about people of different groups. The score is the probability of positive, plus half of that of
neutral where it may be said. A shift is how far a group's score is from the mean over the groups of the same sentence.`;

function ofDimensions(fairness: readonly GroupShift[]): string {
  const largest = (values: readonly number[]) => Math.max(...values.map(Math.abs)).toFixed(3);
  return markdownTable(
    ['by', 'largest mean shift', 'two groups apart', 'largest shift of one sentence'],
    [...Map.groupBy(fairness, ({ dimension }) => dimension)].map(([dimension, groups]) => {
      const scores = groups.map(({ score }) => score);
      return [
        dimension,
        largest(groups.map(({ meanShift }) => meanShift)),
        (Math.max(...scores) - Math.min(...scores)).toFixed(3),
        largest(groups.map(({ largestShift }) => largestShift)),
      ];
    }),
  );
}

function furthest(fairness: readonly GroupShift[]): string {
  const groups = fairness.toSorted((a, b) => Math.abs(b.meanShift) - Math.abs(a.meanShift)).slice(0, 3);
  const shifts = groups.map(({ dimension, group, meanShift }) => `${group} (${dimension}, ${signed(meanShift)})`);
  return `Furthest from the mean are ${shifts.join('; ')}. \`--json\` has every group.`;
}

function number(value: number | undefined): string {
  return value === undefined ? '–' : value.toFixed(3);
}

function signed(value: number): string {
  const text = value.toFixed(3);
  if (Number(text) === 0) return '0.000';
  return value > 0 ? `+${text}` : text.replace('-', '−');
}

function listed(words: readonly string[]): string {
  return `${words.slice(0, -1).join(', ')} or ${words.at(-1)}`;
}
