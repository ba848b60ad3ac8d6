/** Chooses the validation reviews. `evaluate` makes the same choice again. */
import type { Config } from '../config.ts';
import { randomNumbers, shuffled } from '../random.ts';
import { duplicateKey } from './duplicates.ts';
import type { Review } from './types.ts';

/**
 * Cuts `reviews` in two with the configuration's seed. Each label of each source is cut by itself, so that both parts keep
 * the balance of the whole, and the limit is applied before the cut.
 *
 * The validation part is one stretch of each label's reviews in the dataset's order. The files are in the order of films, and a film
 * whose other reviews were trained on is not a fair test: a random split is too good by one to three points (docs/experiments.md).
 * Duplicates stay together, whatever their labels.
 */
export function splitReviews(
  reviews: readonly Review[],
  { seed, limit, validationFraction }: Pick<Config, 'seed' | 'limit' | 'validationFraction'>,
): { train: Review[]; validation: Review[] } {
  const wanted = limit > 0 ? Math.min(limit, reviews.length) : reviews.length;
  const used: Review[] = [];
  const held = new Set<string>(); // by text
  const groups = [...Map.groupBy(reviews, ({ source = '', label }) => `${source}\n${String(label).padStart(3)}`)].sort(
    ([a], [b]) => (a < b ? -1 : 1),
  );
  let seen = 0;
  for (const [, own] of groups) {
    seen += own.length; // carries rounding over to the next group
    const share = Math.floor((seen * wanted) / reviews.length) - used.length;
    const some = shuffled(own, seed).slice(0, share);
    used.push(...some);
    hold(some, reviews, Math.round(some.length * validationFraction), randomNumbers(seed)(), held);
  }
  if (held.size === 0) return { train: used, validation: [] };
  const parts = Map.groupBy(used, ({ text }) => held.has(duplicateKey(text)));
  return { train: parts.get(false) ?? [], validation: parts.get(true) ?? [] };
}

/**
 * Adds to `held` the texts of `wanted` of `some`, duplicates counted, from one stretch of the order of `all`.
 * @param place the place of the stretch, in [0, 1)
 */
function hold(some: readonly Review[], all: readonly Review[], wanted: number, place: number, held: Set<string>): void {
  if (wanted === 0) return;
  const own = new Set(some);
  const inOrder = all.filter((review) => own.has(review));
  const duplicates = Map.groupBy(inOrder, ({ text }) => duplicateKey(text));
  let count = [...duplicates].reduce((sum, [key, { length }]) => sum + (held.has(key) ? length : 0), 0);
  const from = Math.floor(place * (inOrder.length - wanted + 1));
  for (const { text } of [...inOrder.slice(from), ...inOrder.slice(0, from)]) {
    if (count >= wanted) return;
    const key = duplicateKey(text);
    if (held.has(key)) continue;
    held.add(key);
    count += duplicates.get(key)?.length ?? 0;
  }
}
