/**
 * Word by word, what moved the model's answer: the exported network gives the logit after every token, and a word's
 * evidence is the change of the logit when it is read.
 *
 * Not here: which texts to ask about (`report/mistakes.ts`), and how to show it (`report/review.ts`).
 */
import type { Network } from '../../edge/inference/network.ts';
import type { Bundle } from '../../shared/bundle.ts';
import { encode, toBatch } from '../../shared/encoding.ts';
import { type Token, tokenize } from '../../shared/tokenizer.ts';
import { START_ID } from '../../shared/vocabulary.ts';

export interface Evidence {
  /** The logit before the first word. */
  readonly base: number;
  /** The words that were read, in order. `base` and their evidences add up to `logit`. */
  readonly words: readonly WordEvidence[];
  /** The model's answer: log-odds of the positive label. */
  readonly logit: number;
  /** Whether tokens before the first of `words` were left out. */
  readonly truncated: boolean;
}

export interface WordEvidence extends Token {
  /** What reading the word added to the log-odds of the positive label. */
  readonly evidence: number;
}

/**
 * The evidence in each text, from one run of one padded batch.
 *
 * `base` is the logit after START alone. That is exact where the network reads START; where a text's words fill the
 * network's input and push START out, the first word is measured against the same base, so that the sum still holds.
 * Of a text without one known word the classifier says 0 by rule, and no word is evidence.
 */
export async function evidenceOf(
  network: Network,
  { vocabulary, manifest }: Pick<Bundle, 'vocabulary' | 'manifest'>,
  texts: readonly string[],
): Promise<Evidence[]> {
  const encodings = texts.map((text) => encode(tokenize(text), vocabulary, manifest.maxTokens));
  const batch = toBatch([Int32Array.of(START_ID), ...encodings.map(({ ids }) => ids)]);
  const logits = await network.run(batch); // [rows × steps]
  const base = logits[0] as number;
  return encodings.map(({ ids, tokens, unknown, truncated }, index) => {
    if (unknown === tokens.length) {
      return { base: 0, words: tokens.map((token) => ({ ...token, evidence: 0 })), logit: 0, truncated };
    }
    const row = (index + 1) * batch.steps;
    const first = row + ids.length - tokens.length; // START has no token
    const after = (word: number) => (word < 0 ? base : (logits[first + word] as number));
    const words = tokens.map((token, word) => ({ ...token, evidence: after(word) - after(word - 1) }));
    return { base, words, logit: after(tokens.length - 1), truncated };
  });
}
