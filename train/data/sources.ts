/**
 * The open sets of labelled texts for training, beside the reviews of `imdb.ts`. docs/data.md lists them, `npm run sources` counts them,
 * `commands/data.ts` fetches their files.
 */
import { createHash } from 'node:crypto';
import { UserError } from '../../cli/errors.ts';
import { wordsKey } from './duplicates.ts';
import { counterfactual } from './sources/counterfactual.ts';
import { goEmotions } from './sources/goemotions.ts';
import { type IsOverlap, readOverlaps } from './sources/overlaps.ts';
import { own } from './sources/own.ts';
import { productReviews } from './sources/product-reviews.ts';
import { prosCons } from './sources/pros-cons.ts';
import type { Source, SourceText } from './sources/source.ts';
import { subjectivity } from './sources/subjectivity.ts';
import { vaderNews, vaderProducts, vaderTweets } from './sources/vader.ts';

export type { Opinion, Source, SourceText } from './sources/source.ts';

/** A text that two sources share belongs to the first. Sources with more judgements a text come first. */
export const SOURCES: readonly Source[] = [
  vaderTweets,
  vaderProducts,
  vaderNews,
  goEmotions,
  subjectivity,
  productReviews,
  prosCons,
  counterfactual,
  own,
];

export interface LoadedSource {
  readonly source: Source;
  /** The training texts: each once, in the order of the files. */
  readonly texts: readonly SourceText[];
  /** The held-out texts, by part. */
  readonly heldOut: Readonly<Record<string, readonly SourceText[]>>;
  readonly leftOut: {
    /** Texts with two labels in this source. */
    readonly contradictions: number;
    /** Copies of a text of this or an earlier source. */
    readonly duplicates: number;
    /** Texts of a scorecard set. */
    readonly inScorecard: number;
  };
}

export interface LoadOptions {
  readonly sources?: readonly Source[];
  /** Whether the scorecard has a text. */
  readonly isOverlap?: IsOverlap;
}

/**
 * Loads all sources from one folder.
 * @throws UserError when a file cannot be read.
 */
export async function loadSources(folder: string, options: LoadOptions = {}): Promise<LoadedSource[]> {
  const { sources = SOURCES, isOverlap = await readOverlaps() } = options;
  const distinct = [];
  for (const source of sources) distinct.push(await readDistinct(source, folder));
  const taken = new Set(distinct.flatMap(({ heldOut }) => Object.values(heldOut).flat()).map(keyOf));
  return distinct.map((one) => leaveOut(one, taken, isOverlap));
}

interface DistinctSource {
  readonly source: Source;
  readonly texts: readonly SourceText[];
  readonly heldOut: LoadedSource['heldOut'];
  readonly contradictions: number;
  readonly duplicates: number;
}

/** Each text once, with the held-out ones apart. */
async function readDistinct(source: Source, folder: string): Promise<DistinctSource> {
  const all = await source.read(folder);
  if (all.length === 0) throw new UserError(`${folder}: no text for ${source.name} in its files`);
  const byKey = Map.groupBy(all, keyOf);
  const clear = [...byKey.values()].filter((duplicates) => new Set(duplicates.map(({ label }) => label)).size === 1);
  const texts = clear.map(([text]) => text as SourceText);
  const heldOut = holdOut(source, texts);
  const held = new Set(Object.values(heldOut).flat());
  const unclear = all.length - clear.reduce((sum, { length }) => sum + length, 0);
  return {
    source,
    texts: texts.filter((text) => !held.has(text)),
    heldOut,
    contradictions: unclear,
    duplicates: all.length - unclear - texts.length,
  };
}

/** Chooses texts by their hashes, so that the choice does not depend on the order of the file. */
function holdOut({ name: source, heldOut = [] }: Source, texts: readonly SourceText[]): LoadedSource['heldOut'] {
  const order = new Map(texts.map((text) => [text, createHash('sha256').update(keyOf(text)).digest('hex')]));
  let rest = [...texts].sort((a, b) => ((order.get(a) as string) < (order.get(b) as string) ? -1 : 1));
  const parts: Record<string, SourceText[]> = {};
  for (const { name, size, includes } of heldOut) {
    const part = rest.filter(includes).slice(0, size);
    if (part.length < size) throw new UserError(`${source} has ${part.length} texts for ${name} instead of ${size}`);
    parts[name] = part;
    const chosen = new Set(part);
    rest = rest.filter((text) => !chosen.has(text));
  }
  return parts;
}

/** @param taken the keys of texts that are held out or belong to another source; this source's are added. */
function leaveOut(
  { source, texts, heldOut, contradictions, duplicates }: DistinctSource,
  taken: Set<string>,
  isOverlap: IsOverlap,
): LoadedSource {
  const elsewhere = texts.filter(({ text }) => !isOverlap(text));
  const own = elsewhere.filter((text) => !taken.has(keyOf(text)));
  for (const text of own) taken.add(keyOf(text));
  return {
    source,
    texts: own,
    heldOut,
    leftOut: {
      contradictions,
      duplicates: duplicates + elsewhere.length - own.length,
      inScorecard: texts.length - elsewhere.length,
    },
  };
}

/** The letters and digits of a text; the text itself if it has none, such as an emoticon. */
function keyOf({ text }: SourceText): string {
  return wordsKey(text) || text;
}
