/** The accuracy on short and on long reviews. */
import type { ScoredReview } from '../evaluate.ts';

export interface LengthBin {
  /** Reviews of `from` to `to` tokens. */
  readonly from: number;
  readonly to: number;
  readonly reviews: number;
  readonly correct: number;
  /** Whether it is the bin of the longest reviews. */
  readonly last: boolean;
  /** Whether the network reads only the end of these reviews. */
  readonly truncated: boolean;
}

/** The least share of the reviews in a bin, unless it is the only bin on its side of `maxTokens`. */
const LEAST_SHARE = 0.08;
/** Bins end at one of these times a power of ten. */
const ROUND_ENDS = [1, 1.5, 2, 3, 4, 5, 6, 8] as const;

/**
 * Bins by the number of tokens in the whole text, from short to long. They end at round numbers and at `maxTokens`, so that a
 * bin's reviews are either all read whole or all cut.
 */
export function accuracyByLength(
  reviews: readonly ScoredReview[],
  { maxTokens }: { readonly maxTokens: number },
): LengthBin[] {
  const longest = reviews.reduce((most, { tokens }) => Math.max(most, tokens), 0);
  const whole = reviews.filter(({ tokens }) => tokens <= maxTokens);
  const cut = reviews.filter(({ tokens }) => tokens > maxTokens);
  const least = reviews.length * LEAST_SHARE;
  const binsOf = (some: readonly ScoredReview[], first: number, last: number, truncated: boolean) =>
    rangesOf(some, first, last, least).map(([from, to]) => {
      const inside = some.filter(({ tokens }) => tokens >= from && tokens <= to);
      const correct = inside.filter(({ label, answer }) => label === answer).length;
      return { from, to, last: to === longest, reviews: inside.length, correct, truncated };
    });
  return [...binsOf(whole, 0, Math.min(maxTokens, longest), false), ...binsOf(cut, maxTokens + 1, longest, true)];
}

/** Ranges that cover [first, last], with at least `least` reviews each. */
function rangesOf(reviews: readonly ScoredReview[], first: number, last: number, least: number): [number, number][] {
  if (reviews.length === 0) return [];
  const ranges: [number, number][] = [];
  let from = first;
  for (const end of [...roundEnds(first, last), last]) {
    const inside = reviews.filter(({ tokens }) => tokens >= from && tokens <= end).length;
    if (inside < least) continue;
    ranges.push([from, end]);
    from = end + 1;
  }
  // The rest is too small for its own bin, so the last bin takes it.
  const lastRange = ranges.pop() ?? [first, last];
  return [...ranges, [lastRange[0], last]];
}

function roundEnds(first: number, last: number): number[] {
  const ends: number[] = [];
  for (let power = 10; power <= last; power *= 10) ends.push(...ROUND_ENDS.map((factor) => factor * power));
  return ends.filter((end) => end >= first && end < last);
}
