/**
 * What each token of a text did to its answer: the change in the logits when it was read. An exact account, and a free
 * one, because a run gives the logits after every token anyway. Not an explanation of the network: a word that turns what
 * came before it ("not bad") has the turn as its evidence.
 */
import type { Encoding } from '../../shared/encoding.ts';
import { UNKNOWN_ID } from '../../shared/vocabulary.ts';

export interface Evidence {
  /** The logit of each label before the first token. */
  readonly bias: number[];
  /** Those that the network read, in order. For each label, their evidences and the bias add up to the answer's logit. */
  readonly tokens: TokenEvidence[];
}

export interface TokenEvidence {
  /** As it stands in the text, at [start, end) in UTF-16 code units. */
  readonly text: string;
  readonly start: number;
  readonly end: number;
  /** Whether it was read as a word of the vocabulary. */
  readonly known: boolean;
  /** What each label's would be had the text ended here. */
  readonly logits: number[];
  /** The change that the token made to each of them. */
  readonly evidence: number[];
}

/**
 * The account of one text: for each label, `bias` and the tokens' evidences add up to the answer's logit.
 * @param logits float32 [ids × labels]: those of the labels that are accounted for, after each id that was read.
 * @param emptyLogits [labels], of the empty text. They are what START leaves behind, and stand in for it in a text whose
 * tokens leave no room for START, so that the bias does not depend on a text's length. No other text needs them.
 */
export function accountFor(
  text: string,
  { ids, tokens, unknown }: Encoding,
  logits: Float32Array,
  emptyLogits: Float32Array | undefined,
): Evidence {
  const start = ids.length - tokens.length; // 1 where START was read, else 0
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
