/**
 * An old and a new version of a model on the same texts: how many answers change, by how much, and, where the labels are
 * known, whether for the better. A version is a bundle's folder, classified with here by what the edge runs, or the URL of
 * an endpoint, which is asked.
 *
 * Not here: training two of them on the same budget (`compare.ts`).
 */

import { UserError } from '../../cli/errors.ts';
import { batches } from '../data/examples.ts';
import { openClassifier } from '../export/bundle.ts';
import { connect } from './endpoint.ts';
import { mcNemar } from './metrics.ts';

export interface Answer {
  readonly label: string;
  /** Of the positive label. */
  readonly probability: number;
}

export interface Version {
  /** The folder or the URL. */
  readonly from: string;
  readonly model: string;
  readonly version: string;
  /** [negative, positive] */
  readonly labels: readonly [string, string];
  /** One answer a text, in order; up to `BATCH_SIZE` texts. */
  readonly classify: (texts: readonly string[]) => Promise<Answer[]>;
}

/** A text, and its label where it is known. */
export interface Sample {
  readonly text: string;
  /** 0 negative, 1 positive. */
  readonly label?: 0 | 1;
}

export interface Pair extends Sample {
  readonly old: Answer;
  readonly new: Answer;
}

export interface Difference {
  readonly texts: number;
  /** Texts with another label than before, and how many of them became positive. */
  readonly flipped: number;
  readonly flippedToPositive: number;
  /** Of the probability of the positive label, without its sign. */
  readonly meanChange: number;
  readonly maxChange: number;
  /** Where the labels are known. */
  readonly accuracy?: {
    readonly old: number;
    readonly new: number;
    /** Texts that one of them got right and the other wrong. */
    readonly onlyOld: number;
    readonly onlyNew: number;
    /** How likely so uneven a division of those is if both are equally good: McNemar's exact test, two-sided. */
    readonly pValue: number;
  };
}

/** What an endpoint takes in one request. */
const BATCH_SIZE = 64;

/**
 * @param apiKey for an endpoint that needs one.
 * @throws UserError when there is no bundle there, or no endpoint.
 */
export async function openVersion(from: string, apiKey?: string): Promise<Version> {
  return /^https?:\/\//i.test(from) ? openEndpoint(from, apiKey) : openFolder(from);
}

async function openFolder(from: string): Promise<Version> {
  const { classifier, manifest } = await openClassifier(from);
  const { id, version, labels } = manifest;
  return {
    from,
    model: id,
    version,
    labels,
    classify: async (texts) => (await classifier.classify(texts)).map((answer) => answerOf(answer, labels)),
  };
}

async function openEndpoint(from: string, apiKey: string | undefined): Promise<Version> {
  const { model, classify } = await connect(from, apiKey);
  const { id, version, labels } = model;
  return {
    from,
    model: id,
    version,
    labels,
    classify: async (texts) => (await classify(texts)).map((result) => answerOf(result, labels)),
  };
}

function answerOf({ label, score }: { label: string; score: number }, [, positive]: Version['labels']): Answer {
  return { label, probability: label === positive ? score : 1 - score };
}

/**
 * Both versions' answers, in the order of the samples.
 * @throws UserError when the two do not answer with the same labels.
 */
export async function askBoth(
  samples: readonly Sample[],
  [old, now]: readonly [Version, Version],
  onProgress: (done: number, all: number) => void = () => {},
): Promise<Pair[]> {
  if (old.labels.join('\n') !== now.labels.join('\n')) {
    throw new UserError(`the versions answer with other labels: ${old.labels.join(', ')}; ${now.labels.join(', ')}`);
  }
  const pairs: Pair[] = [];
  for (const batch of batches(samples, BATCH_SIZE)) {
    const texts = batch.map(({ text }) => text);
    const [before, after] = await Promise.all([old.classify(texts), now.classify(texts)]);
    for (const [place, one] of batch.entries()) {
      pairs.push({ ...one, old: before[place] as Answer, new: after[place] as Answer });
    }
    onProgress(pairs.length, samples.length);
  }
  return pairs;
}

/** @param labels [negative, positive], as both versions have them. */
export function summarize(pairs: readonly Pair[], labels: Version['labels']): Difference {
  const flipped = pairs.filter((pair) => pair.old.label !== pair.new.label);
  const changes = pairs.map(changeOf).map(Math.abs);
  return {
    texts: pairs.length,
    flipped: flipped.length,
    flippedToPositive: flipped.filter((pair) => pair.new.label === labels[1]).length,
    meanChange: changes.reduce((sum, change) => sum + change, 0) / pairs.length,
    maxChange: changes.reduce((largest, change) => Math.max(largest, change), 0),
    ...(pairs.every(({ label }) => label !== undefined) && { accuracy: compareAccuracy(pairs, labels) }),
  };
}

function compareAccuracy(pairs: readonly Pair[], labels: Version['labels']): NonNullable<Difference['accuracy']> {
  const isRight = (pair: Pair, which: 'old' | 'new') => pair[which].label === labels[pair.label as 0 | 1];
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

/** The texts whose probability changed most, the largest change first. */
export function mostMoved(pairs: readonly Pair[], count: number): Pair[] {
  return pairs
    .filter((pair) => changeOf(pair) !== 0)
    .sort((a, b) => Math.abs(changeOf(b)) - Math.abs(changeOf(a)))
    .slice(0, count);
}

function changeOf(pair: Pair): number {
  return pair.new.probability - pair.old.probability;
}
