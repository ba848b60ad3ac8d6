/** Makes a run's training and validation set from a dataset: first the texts, then, with a vocabulary and targets, their ids. */
import { createHash } from 'node:crypto';
import * as v from 'valibot';
import { UserError } from '../../cli/errors.ts';
import { quoted } from '../../shared/quoted.ts';
import type { Vocabulary } from '../../shared/vocabulary.ts';
import type { Config } from '../config.ts';
import { shuffled } from '../random.ts';
import type { NamedDataset } from './dataset.ts';
import { buildVocabulary, type Example, type Target, toExample, toExamples } from './examples.ts';
import { identityWords, representatives } from './identities.ts';
import { opinionLabels } from './labels.ts';
import { makePhrases } from './phrases.ts';
import { splitReviews } from './split.ts';
import type { Choice, Dataset, Review } from './types.ts';

export interface TrainingSet {
  readonly facts: DatasetFacts;
  readonly train: readonly Review[];
  /** Held out of the training reviews. */
  readonly validation: readonly Review[];
  /** Texts for a teacher to label, which the network trains on too. Empty without a teacher. */
  readonly unlabelled: readonly string[];
  /** The labels that the unlabelled texts may have. Default: all. */
  readonly unlabelledChoice?: Choice | undefined;
}

/** The facts of a run's dataset. A schema, because a checkpoint contains them. */
export const DatasetFacts = v.object({
  name: v.string(),
  labels: v.array(v.string()),
  /** The number of training reviews. */
  reviews: v.number(),
  /** The number of texts without a label that are trained on too. */
  unlabelled: v.number(),
  validationReviews: v.number(),
  /** The SHA-256 of all texts and labels: a run can be resumed only on the same ones. */
  digest: v.string(),
  /** True if all names are read as one word, all nationalities as another, and so on (`identities.ts`). */
  tiesIdentities: v.optional(v.boolean()),
});
export type DatasetFacts = v.InferOutput<typeof DatasetFacts>;

export function chooseTrainingSet({ dataset, name }: NamedDataset, config: Config): TrainingSet {
  const { train, validation } = splitReviews(dataset.train, config);
  const unlabelled = config.teacherEpochs > 0 ? unlabelledOf(dataset, config) : [];
  const facts = {
    name,
    labels: [...dataset.labels],
    reviews: train.length,
    unlabelled: unlabelled.length,
    validationReviews: validation.length,
    digest: digestOf(dataset.labels, [...train, ...validation], unlabelled),
    ...(dataset.tiesIdentities && { tiesIdentities: true }),
  };
  return {
    ...{ facts, train, validation, unlabelled },
    unlabelledChoice: dataset.unlabelledChoice,
  };
}

/** @throws UserError when the limit or the validation split leaves no review of a label. */
export function refuseMissingLabels({ facts, train }: TrainingSet): void {
  const missing = facts.labels.find((_, place) => !train.some(({ label }) => label === place));
  if (missing === undefined) return;
  throw new UserError(`no review of ${quoted(missing)} is left to train on; raise --limit, or lower --validation`);
}

/** All training texts: the reviews, then those without a label. */
export function textsOf({ train, unlabelled }: TrainingSet): string[] {
  return [...train.map(({ text }) => text), ...unlabelled];
}

/** How often the vocabulary counts a word of an open set. The reviews have ten times as many words. */
const OPEN_SET_COUNT = 20;

/**
 * The most frequent words of all training texts. With `tiesIdentities`, words for who somebody is are always included: an unknown one
 * might be read as a misspelling ("broker" as "broken").
 */
export function vocabularyOf(set: TrainingSet, size: number): Vocabulary {
  return buildVocabulary(textsOf(set), size, {
    timesOf: (index) => (set.train[index]?.source === undefined ? 1 : OPEN_SET_COUNT),
    always: set.facts.tiesIdentities ? identityWords() : [],
  });
}

/**
 * The texts as ids, followed by made-up phrases if configured.
 * @param targets [texts × labels] probabilities. Default: the reviews' labels, if every text has one.
 */
export function encodeTrainingSet(
  set: TrainingSet,
  targets: Float32Array | undefined,
  vocabulary: Vocabulary,
  { maxTokens, phrases, seed }: Config,
): Example[] {
  const { labels } = set.facts;
  const targetOf = (index: number) =>
    targets?.slice(index * labels.length, (index + 1) * labels.length) ??
    ownTarget(set.train[index] as Review, labels.length);
  const opinions = phrases ? opinionLabels(labels) : undefined;
  const texts = textsOf(set);
  const examples = [
    ...texts.map((text, index) => ({
      ...toExample(text, targetOf(index), vocabulary, maxTokens),
      ...termsOf(set, index),
    })),
    ...(opinions ? makePhrases(texts.length, vocabulary, opinions, { maxTokens, seed }) : []),
  ];
  return tied(examples, set, vocabulary);
}

/** The probability of each label that the text came with. */
export function ownTarget({ label, target }: Review, labels: number): Target {
  return Float32Array.from({ length: labels }, (_, other) => target?.[other] ?? Number(other === label));
}

/** The texts that are held out, as ids. */
export function encodeValidation(set: TrainingSet, vocabulary: Vocabulary, { maxTokens }: Config): Example[] {
  return tied(toExamples(set.validation, set.facts.labels.length, vocabulary, maxTokens), set, vocabulary);
}

function tied(examples: Example[], { facts }: TrainingSet, vocabulary: Vocabulary): Example[] {
  if (!facts.tiesIdentities) return examples;
  const ids = representatives(vocabulary);
  return examples.map((example) => ({ ...example, ids: example.ids.map((id) => ids[id] as number) }));
}

/** The weight of a text, the labels that it may have, and whether its target is its own: the teacher leaves an open set as it is. */
function termsOf({ train, unlabelledChoice }: TrainingSet, index: number): Pick<Example, 'weight' | 'choice' | 'own'> {
  const { weight, choice, source } = train[index] ?? { choice: unlabelledChoice };
  return { weight, choice, ...(source !== undefined && { own: true }) };
}

/** With a limit, so many texts without a label are used for each review: the ratio of the official dataset. */
const UNLABELLED_PER_REVIEW = 2;

function unlabelledOf({ unlabelled }: Dataset, { limit, seed }: Config): readonly string[] {
  return limit > 0 ? shuffled(unlabelled, seed).slice(0, UNLABELLED_PER_REVIEW * limit) : unlabelled;
}

function digestOf(labels: readonly string[], reviews: readonly Review[], unlabelled: readonly string[]): string {
  const hash = createHash('sha256').update(JSON.stringify(labels));
  for (const { text, label } of reviews) hash.update(`${label} ${text.length} ${text}`);
  for (const text of unlabelled) hash.update(`? ${text.length} ${text}`);
  return hash.digest('hex');
}
