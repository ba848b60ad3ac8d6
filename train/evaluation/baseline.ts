/**
 * A baseline for a network: a linear model of the words, fitted in seconds on the same reviews and measured on the same held-out
 * ones.
 */
import { labelsOfColumns } from '../../shared/labels.ts';
import type { TrainingSet } from '../data/training-set.ts';
import type { Review } from '../data/types.ts';
import { freeMemory } from '../memory.ts';
import { fitAll } from '../teacher/fits.ts';
import { dot } from '../teacher/logistic-regression.ts';
import { bagOfNgrams, ngramsOf } from '../teacher/ngrams.ts';
import type { Evaluation } from './evaluate.ts';
import { mcNemar } from './metrics.ts';

/** The penalty that a teacher finds for reviews (`teacher/teach.ts`). */
const COST = 4;
/** The p-value from which a difference counts as chance. */
const CHANCE = 0.05;

export interface Baseline {
  readonly reviews: number;
  /** The accuracy of each. */
  readonly linear: number;
  readonly network: number;
  /** Whether the linear model is better by more than chance (McNemar's test). */
  readonly isBetter: boolean;
}

/** @param evaluation of the network on those of `set.validation` that could have had all of its labels. */
export async function linearBaseline(
  { facts, train }: TrainingSet,
  { labels, reviews }: Evaluation,
): Promise<Baseline> {
  const places = labels.map((label) => facts.labels.indexOf(label));
  const answers = await linearAnswers(train, reviews, places);
  const pairs = reviews.map(({ label, answer }, place) => [answers[place] === label, answer === label] as const);
  const count = (holds: (pair: readonly [boolean, boolean]) => boolean) => pairs.filter(holds).length;
  const [onlyLinear, onlyNetwork] = [count(([a, b]) => a && !b), count(([a, b]) => b && !a)];
  return {
    reviews: pairs.length,
    linear: count(([a]) => a) / pairs.length,
    network: count(([, b]) => b) / pairs.length,
    isBetter: onlyLinear > onlyNetwork && mcNemar(onlyLinear, onlyNetwork) < CHANCE,
  };
}

/**
 * The likeliest label of each of the texts `asked`: naive-Bayes-weighted regression of each label against the rest. As in the
 * network, a text teaches only the labels that it could have had, and counts as much as it weighs.
 * @param places of the labels to choose from, among the dataset's
 * @returns places in `places`
 */
async function linearAnswers(
  train: readonly Pick<Review, 'text' | 'label' | 'choice' | 'weight'>[],
  asked: readonly { readonly text: string }[],
  places: readonly number[],
): Promise<number[]> {
  const ngrams = ngramsOf([...train, ...asked].map(({ text }) => text));
  freeMemory(train.length); // what they were counted in
  const bag = bagOfNgrams(ngrams);
  const weights = train.map(({ weight = 1 }) => weight);
  const fits = labelsOfColumns(places.length).map((column) => {
    const own = places[column] as number;
    const rows = train.flatMap(({ label, choice }, row) =>
      places.includes(label) && (choice === undefined || choice.includes(own)) ? row : [],
    );
    const targets = Float64Array.from(train, ({ label }) => Number(label === own));
    return { targets, cost: COST, rows: Int32Array.from(rows), weights, bias: true };
  });
  const models = (await fitAll(bag, 'naiveBayes', fits)) ?? [];
  return asked.map((_, place) => {
    const scores = models.map((own) => dot(own, bag, train.length + place));
    return places.length === 2 ? Number((scores[0] as number) > 0) : scores.indexOf(Math.max(...scores));
  });
}

/** By preset. */
const HELP: Readonly<Record<string, string>> = {
  seed: '--preset best, which has a linear half, or more reviews',
  finetune: 'more reviews',
};

/** Compares the two in one line, with advice if the network is worse. */
export function describeBaseline({ linear, network, isBetter, reviews }: Baseline, preset: string): string {
  const facts = `on the ${reviews} reviews held out, a linear model of the words is right on ${shareOf(linear)}, the network on ${shareOf(network)}`;
  if (!isBetter) return facts;
  const help = HELP[preset] ?? 'more reviews, or other --epochs';
  return `${facts}: use ${help}`;
}

function shareOf(value: number): string {
  return `${(100 * value).toFixed(2)} %`;
}
