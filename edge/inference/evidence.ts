/**
 * The evidence of each token of a text: the change of the logits when it was read. It is exact, and free, because a run gives the
 * logits after every token anyway. It does not explain the network: a word that turns what came before it ("not bad") has the turn
 * as its evidence.
 */
import type { Encoding } from '../../shared/encoding.ts';
import { UNKNOWN_ID } from '../../shared/vocabulary.ts';

export interface Evidence {
  /** The logit of each label before the first token. */
  readonly bias: number[];
  /** The tokens that the network read, in order. For each label, the bias and all evidences add up to the answer's logit. */
  readonly tokens: TokenEvidence[];
}

export interface TokenEvidence {
  /** As written in the text, at [start, end) in UTF-16 code units. */
  readonly text: string;
  readonly start: number;
  readonly end: number;
  /** Whether it was read as a word of the vocabulary. */
  readonly known: boolean;
  /** Each label's logit if the text ended here. */
  readonly logits: number[];
  /** The token's change of each logit. */
  readonly evidence: number[];
}

/**
 * The evidence of one text: for each label, `bias` and the tokens' evidences add up to the answer's logit.
 * @param logits float32 [ids × labels], after each id that was read.
 * @param emptyLogits [labels], of the empty text (START alone). Needed only for a text whose tokens leave no room for START, so that
 * the bias does not depend on a text's length.
 */
export function accountFor(
  text: string,
  { ids, tokens, unknown }: Encoding,
  logits: Float32Array,
  emptyLogits: Float32Array | undefined,
): Evidence {
  const start = ids.length - tokens.length; // 1 if START was read, else 0
  const labels = logits.length / ids.length;
  const nothingKnown = unknown === tokens.length; // such a text has the logits 0, by rule
  const after = (id: number): number[] => {
    const [row, from] = id < 0 ? [emptyLogits as Float32Array, 0] : [logits, id * labels];
    const values = new Array<number>(labels).fill(0);
    for (let label = 0; label < labels && !nothingKnown; label++) values[label] = row[from + label] as number;
    return values;
  };
  const bias = after(start - 1);
  let before = bias;
  const account = tokens.map(({ start: from, end }, index) => {
    const now = after(start + index);
    const evidence = now.map((logit, place) => logit - (before[place] as number));
    before = now;
    const known = ids[start + index] !== UNKNOWN_ID;
    return { text: text.slice(from, end), start: from, end, known, logits: now, evidence };
  });
  return { bias, tokens: account };
}
