/**
 * What each token of a text did to its answer: the change in the logit when it was read. An exact account, and a free
 * one, because a run gives the logit after every token anyway. Not an explanation of the network: a word that turns what
 * came before it ("not bad") has the turn as its evidence.
 */
import type { Encoding } from '../../shared/encoding.ts';
import { UNKNOWN_ID } from '../../shared/vocabulary.ts';

export interface Evidence {
  /** The logit before the first token. */
  readonly bias: number;
  /** Those that the network read, in order. Their evidences and the bias add up to the answer's logit. */
  readonly tokens: TokenEvidence[];
}

export interface TokenEvidence {
  /** As it stands in the text, at [start, end) in UTF-16 code units. */
  readonly text: string;
  readonly start: number;
  readonly end: number;
  /** What the answer's would be had the text ended here. */
  readonly logit: number;
  /** The change that the token made to the logit. */
  readonly evidence: number;
  /** Whether it was read as a word of the vocabulary. */
  readonly known: boolean;
}

/**
 * The account of one text: `bias` and the tokens' evidences add up to the answer's logit.
 * @param logits float32 [ids], the logit after each id that was read.
 * @param emptyLogit the logit of the empty text. It is what START leaves behind, and stands in for it in a text whose
 * tokens leave no room for START, so that the bias does not depend on a text's length. No other text needs it.
 */
export function accountFor(
  text: string,
  { ids, tokens, unknown }: Encoding,
  logits: Float32Array,
  emptyLogit: number | undefined,
): Evidence {
  const start = ids.length - tokens.length; // 1 where START was read, else 0
  const nothingKnown = unknown === tokens.length; // such a text has the logit 0, by rule
  const bias = nothingKnown ? 0 : ((start === 1 ? logits[0] : emptyLogit) as number);
  let before = bias;
  const account = tokens.map(({ start: from, end }, index) => {
    const logit = nothingKnown ? 0 : (logits[start + index] as number);
    const evidence = logit - before;
    before = logit;
    return {
      text: text.slice(from, end),
      start: from,
      end,
      logit,
      evidence,
      known: ids[start + index] !== UNKNOWN_ID,
    };
  });
  return { bias, tokens: account };
}
