/** The contenders of the scorecard: a bundle, an endpoint, and word lists (`word-lists.ts`). */
import { UserError } from '../../../cli/errors.ts';
import type { Classification } from '../../../edge/inference/answer.ts';
import { quoted } from '../../../shared/quoted.ts';
import { OPINIONS, type Opinion } from '../../data/sources/source.ts';
import { openClassifier } from '../../export/bundle.ts';
import { connect } from '../endpoint.ts';

/** A score for each label, without neutral if the contender does not know it. The largest is the answer. */
export type Scores = Readonly<Record<'negative' | 'positive', number> & Partial<Record<'neutral', number>>>;

export interface Answer {
  readonly scores: Scores;
  /** The tokens that it read, and how many of them it does not know, if it says so. */
  readonly tokens?: number;
  readonly unknown?: number;
}

export interface Contender {
  readonly name: string;
  /** Whether its scores are probabilities, which add up to 1. */
  readonly probabilities: boolean;
  /** One answer a text, in order. */
  readonly classify: (texts: readonly string[]) => Promise<Answer[]>;
}

export interface Model extends Contender {
  readonly version: string;
  /** The folder or the URL. */
  readonly from: string;
  readonly labels: readonly Opinion[];
}

/** Texts in one call. */
export const BATCH_SIZE = 64;

/** The part of a classifier's or endpoint's answer that the scorecard needs. */
type Result = Pick<Classification, 'scores' | 'tokens' | 'unknown'>;

/** @throws UserError when there is no bundle, or it has other labels. */
export async function openBundle(folder: string): Promise<Model> {
  const { classifier, manifest } = await openClassifier(folder);
  const { id, version, labels } = manifest;
  return modelOf({ name: id, version, from: folder, labels }, (texts) => classifier.classify(texts));
}

/**
 * @param apiKey for an endpoint that needs one.
 * @throws UserError when there is no endpoint, or it has other labels.
 */
export async function openEndpoint(url: string, apiKey?: string): Promise<Model> {
  const { model, classify } = await connect(url, apiKey);
  const { id, version, labels } = model;
  return modelOf({ name: id, version, from: url, labels }, (texts) => classify(texts, labels));
}

function modelOf(
  facts: Pick<Model, 'name' | 'version' | 'from'> & { readonly labels: readonly string[] },
  classify: (texts: readonly string[]) => Promise<readonly Result[]>,
): Model {
  const labels = facts.labels.filter(isOpinion);
  const isWhole = labels.includes('negative') && labels.includes('positive') && labels.length === facts.labels.length;
  if (!isWhole) {
    const own = facts.labels.map(quoted).join(', ');
    throw new UserError(
      `${facts.from} answers ${own}; the scorecard is for negative and positive, with or without neutral`,
    );
  }
  return {
    ...facts,
    labels,
    probabilities: true,
    classify: async (texts) =>
      (await classify(texts)).map((result) => ({
        scores: Object.fromEntries(result.scores.map(({ label, score }) => [label, score])) as Scores,
        tokens: result.tokens,
        unknown: result.unknown,
      })),
  };
}

function isOpinion(label: string): label is Opinion {
  return (OPINIONS as readonly string[]).includes(label);
}
