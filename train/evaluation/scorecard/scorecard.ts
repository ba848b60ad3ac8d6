/** The scorecard: measures a model and word lists on public sets. */
import { batches } from '../../data/examples.ts';
import { type Answer, BATCH_SIZE, type Contender, type Model } from './contenders.ts';
import { type GroupShift, measureFairness } from './fairness.ts';
import { type Measures, measure, textsFor } from './measure.ts';
import type { LabelledText, Places, Question, ScorecardSet } from './sets.ts';

/** One question about one set. */
export interface Row {
  readonly set: string;
  readonly title: string;
  readonly question: Question;
  readonly texts: number;
  /** By contender, the model first; null when the question needs neutral and the contender does not know it. */
  readonly measures: Readonly<Record<string, Measures | null>>;
  /** The model's share of unknown tokens, and its milliseconds a text. */
  readonly unknown: number;
  readonly milliseconds: number;
}

export interface Scorecard {
  readonly model: Pick<Model, 'name' | 'version' | 'from' | 'labels'>;
  readonly stage: ScorecardSet['stage'];
  readonly beside: readonly string[];
  readonly rows: readonly Row[];
  readonly fairness: readonly GroupShift[];
}

interface ScorecardOptions {
  readonly model: Model;
  readonly beside: readonly Contender[];
  readonly stage: ScorecardSet['stage'];
  readonly sets: readonly ScorecardSet[];
  readonly places: Places;
  readonly onProgress?: (what: string, done: number, all: number) => void;
}

/** @throws UserError when a set cannot be read, or an endpoint fails. */
export async function runScorecard(options: ScorecardOptions): Promise<Scorecard> {
  const { model, beside, stage, sets, places, onProgress = () => {} } = options;
  await model.classify(['The first one starts the runtime.']);
  const rows: Row[] = [];
  for (const set of sets) {
    const texts = await set.read(places);
    rows.push(...(await scoreSet(set, texts, model, beside, (done, all) => onProgress(set.title, done, all))));
  }
  const fairness = await measureFairness(model, stage, (done, all) => onProgress('fairness', done, all));
  const { name, version, from, labels } = model;
  return { model: { name, version, from, labels }, stage, beside: beside.map((one) => one.name), rows, fairness };
}

async function scoreSet(
  { name, title, asks }: ScorecardSet,
  texts: readonly LabelledText[],
  model: Model,
  beside: readonly Contender[],
  onProgress: (done: number, all: number) => void,
): Promise<Row[]> {
  const used = texts.filter((text) => asks.some((question) => textsFor(question, [text]).length > 0));
  const contenders = [model, ...beside];
  const answers = new Map<string, Map<LabelledText, Answer>>();
  let milliseconds = 0;
  for (const [index, contender] of contenders.entries()) {
    const own = new Map<LabelledText, Answer>();
    for (const batch of batches(used, BATCH_SIZE)) {
      const started = performance.now();
      const answered = await contender.classify(batch.map(({ text }) => text));
      if (contender === model) milliseconds += performance.now() - started;
      for (const [place, text] of batch.entries()) own.set(text, answered[place] as Answer);
      onProgress(index * used.length + own.size, contenders.length * used.length);
    }
    answers.set(contender.name, own);
  }
  return asks.map((question) => {
    const asked = textsFor(question, used);
    const answersOf = (contender: Contender) => asked.map((text) => answers.get(contender.name)?.get(text) as Answer);
    const ownAnswers = answersOf(model);
    const sum = (count: (answer: Answer) => number) => ownAnswers.reduce((all, answer) => all + count(answer), 0);
    return {
      set: name,
      title,
      question,
      texts: asked.length,
      measures: Object.fromEntries(
        contenders.map((one) => [one.name, measure(question, asked, answersOf(one), one) ?? null]),
      ),
      unknown:
        sum(({ unknown = 0 }) => unknown) /
        Math.max(
          1,
          sum(({ tokens = 0 }) => tokens),
        ),
      milliseconds: milliseconds / used.length,
    };
  });
}
