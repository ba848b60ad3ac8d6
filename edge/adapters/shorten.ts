/** Shortens texts to a number of the model's tokens, as some formats request. */
import { type Token, tokenize } from '../../shared/tokenizer.ts';

/** The text up to the end of its first `count` tokens. */
export function firstTokens(text: string, count: number): string {
  const tokens = tokenize(text);
  return tokens.length <= count ? text : text.slice(0, (tokens[count - 1] as Token).end);
}

/** The text from its last `count` tokens on. */
export function lastTokens(text: string, count: number): string {
  const tokens = tokenize(text);
  return tokens.length <= count ? text : text.slice((tokens[tokens.length - count] as Token).start);
}
