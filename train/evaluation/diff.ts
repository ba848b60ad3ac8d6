/**
 * Compares an old and a new version of a model on the same texts: how many answers change, by how much, and, if the true
 * labels are known, whether for the better. A version is a bundle's folder, which runs in the edge's classifier, or an
 * endpoint's URL.
 */

import type { AddressNames } from '../../cli/endpoint.ts';
import { UserError } from '../../cli/errors.ts';
import type { Classification } from '../../edge/inference/answer.ts';
import { batches } from '../data/examples.ts';
import { listed } from '../data/labels.ts';
import { openClassifier } from '../export/bundle.ts';
import { connect } from './endpoint.ts';
import { mcNemar } from './metrics.ts';

export interface Answer {
  readonly label: string;
  /** The probability of each compared label, in their order. */
  readonly scores: readonly number[];
}

export interface Version {
  /** The folder or the URL. */
  readonly from: string;
  readonly model: string;
  readonly version: string;
  readonly labels: readonly string[];
  /** One answer a text, in order, chosen from `labels`; at most `BATCH_SIZE` texts. */
  readonly classify: (texts: readonly string[], labels: readonly string[]) => Promise<Answer[]>;
}

/** A text, with its true label if known. */
export interface Sample {
  readonly text: string;
  /** Its place among the compared labels. */
  readonly label?: number;
}

export interface Pair extends Sample {
  readonly old: Answer;
  readonly new: Answer;
}

/** How many texts changed from one label to another. */
interface Flip {
  readonly from: string;
  readonly to: string;
  readonly texts: number;
}

export interface Difference {
  readonly texts: number;
  /** Texts with another label than before. */
  readonly flipped: number;
  /** From which label to which, the most frequent first. */
  readonly flips: readonly Flip[];
  /** The change of probabilities (`changeOf`). */
  readonly meanChange: number;
  readonly maxChange: number;
  /** Present if every text's label is known. */
  readonly accuracy?: {
    readonly old: number;
    readonly new: number;
    /** The number of texts that only this version got right. */
    readonly onlyOld: number;
    readonly onlyNew: number;
    /** The p-value of McNemar's exact test, two-sided. */
    readonly pValue: number;
  };
}

/** The most texts that an endpoint takes in one request. */
const BATCH_SIZE = 64;

/**
 * @param key for an endpoint that needs one.
 * @throws UserError when there is no bundle or endpoint at `from`.
 */
export async function openVersion(from: string, key?: string, names?: AddressNames): Promise<Version> {
  return isEndpoint(from) ? openEndpoint(from, key, names) : openFolder(from);
}

/** Whether a version is an endpoint's URL, and not a bundle's folder. */
export function isEndpoint(from: string): boolean {
  return /^https?:\/\//i.test(from);
}

async function openFolder(from: string): Promise<Version> {
  const { classifier, manifest } = await openClassifier(from);
  const { id, version, labels } = manifest;
  return {
    from,
    model: id,
    version,
    labels,
    classify: async (texts, asked) => {
      const answers = await classifier.classify(texts.map((text) => ({ text, labels: asked })));
      return answers.map((answer) => answerOf(answer, asked));
    },
  };
}

async function openEndpoint(from: string, key: string | undefined, names?: AddressNames): Promise<Version> {
  const { model, classify } = await connect(from, key, names);
  const { id, version, labels } = model;
  return {
    from,
    model: id,
    version,
    labels,
    classify: async (texts, asked) => (await classify(texts, asked)).map((result) => answerOf(result, asked)),
  };
}

/** The scores in the order of `labels`, which may differ from the version's. */
function answerOf({ label, scores }: Pick<Classification, 'label' | 'scores'>, labels: readonly string[]): Answer {
  const byLabel = new Map(scores.map((one) => [one.label, one.score]));
  return { label, scores: labels.map((one) => byLabel.get(one) as number) };
}

/** The labels that both versions have, in the old one's order. */
export function commonLabels([old, now]: readonly [Version, Version]): readonly string[] {
  return old.labels.filter((label) => now.labels.includes(label));
}

/** @throws UserError when the versions do not answer with the same labels. */
export function refuseOtherLabels(versions: readonly [Version, Version]): void {
  const common = commonLabels(versions);
  if (versions.every(({ labels }) => labels.length === common.length)) return;
  const [old, now] = versions.map(({ labels }) => listed(labels));
  const remedy = common.length < 2 ? 'they share fewer than two' : `compare them with --labels ${common.join(',')}`;
  throw new UserError(`the versions have different labels, ${old} and ${now}; ${remedy}`);
}

/** Both versions' answers, in the order of the samples. */
export async function askBoth(
  samples: readonly Sample[],
  [old, now]: readonly [Version, Version],
  labels: readonly string[],
  onProgress: (done: number, all: number) => void = () => {},
): Promise<Pair[]> {
  const pairs: Pair[] = [];
  for (const batch of batches(samples, BATCH_SIZE)) {
    const texts = batch.map(({ text }) => text);
    const [before, after] = await Promise.all([old.classify(texts, labels), now.classify(texts, labels)]);
    for (const [place, one] of batch.entries()) {
      pairs.push({ ...one, old: before[place] as Answer, new: after[place] as Answer });
    }
    onProgress(pairs.length, samples.length);
  }
  return pairs;
}

/** @param labels the compared ones. */
export function summarize(pairs: readonly Pair[], labels: readonly string[]): Difference {
  const flips = flipsOf(pairs);
  const changes = pairs.map(changeOf);
  return {
    texts: pairs.length,
    flipped: flips.reduce((sum, { texts }) => sum + texts, 0),
    flips,
    meanChange: changes.reduce((sum, change) => sum + change, 0) / pairs.length,
    maxChange: changes.reduce((largest, change) => Math.max(largest, change), 0),
    ...(pairs.every(({ label }) => label !== undefined) && { accuracy: compareAccuracy(pairs, labels) }),
  };
}

function flipsOf(pairs: readonly Pair[]): Flip[] {
  const flipped = pairs.filter((pair) => pair.old.label !== pair.new.label);
  const kinds = Map.groupBy(flipped, (pair) => JSON.stringify([pair.old.label, pair.new.label]));
  return [...kinds.values()]
    .map((own) => ({ from: (own[0] as Pair).old.label, to: (own[0] as Pair).new.label, texts: own.length }))
    .sort((a, b) => b.texts - a.texts);
}

function compareAccuracy(pairs: readonly Pair[], labels: readonly string[]): NonNullable<Difference['accuracy']> {
  const isRight = (pair: Pair, which: 'old' | 'new') => pair[which].label === labels[pair.label as number];
  const count = (condition: (pair: Pair) => boolean) => pairs.filter(condition).length;
  const onlyOld = count((pair) => isRight(pair, 'old') && !isRight(pair, 'new'));
  const onlyNew = count((pair) => isRight(pair, 'new') && !isRight(pair, 'old'));
  return {
    old: count((pair) => isRight(pair, 'old')) / pairs.length,
    new: count((pair) => isRight(pair, 'new')) / pairs.length,
    onlyOld,
    onlyNew,
    pValue: mcNemar(onlyOld, onlyNew),
  };
}

/** The texts whose probabilities changed most, the largest change first. */
export function mostMoved(pairs: readonly Pair[], count: number): Pair[] {
  return pairs
    .filter((pair) => changeOf(pair) > 0)
    .sort((a, b) => changeOf(b) - changeOf(a))
    .slice(0, count);
}

/**
 * The total variation distance of two answers: ½ Σ |change of the probability| over the labels. It is the probability that
 * moved between labels, from 0 to 1; for two labels, the change of either one's.
 */
export function changeOf(pair: Pair): number {
  const moved = pair.old.scores.map((score, place) => Math.abs((pair.new.scores[place] as number) - score));
  return moved.reduce((sum, change) => sum + change, 0) / 2;
}
