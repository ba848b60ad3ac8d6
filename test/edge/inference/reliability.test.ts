/** On the shipped model's vocabulary: the bounds of what a change of the tokenizer or the vocabulary may make of the votes. */
import { beforeAll, describe, expect, it } from 'vitest';
import { kindsIn, type Reason, unreliable } from '../../../edge/inference/reliability.ts';
import { readBundle } from '../../../edge/runtime/files.ts';
import { type Encoding, encode } from '../../../shared/encoding.ts';
import { tokenize, tokenizeWith } from '../../../shared/tokenizer.ts';
import { Vocabulary } from '../../../shared/vocabulary.ts';
import { ownTexts } from '../../reliability/texts.ts';

const { test: sets } = await ownTexts();
const named = (start: string) => Object.entries(sets).filter(([name]) => name.startsWith(start));

let vocabulary: Vocabulary;
beforeAll(async () => {
  const files = await readBundle(new URL('../../../model/', import.meta.url));
  vocabulary = Vocabulary.parse(new TextDecoder().decode(files.vocabulary));
});
const reasonOf = (text: string): Reason | undefined => unreliable(text, encode(tokenize(text), vocabulary, 400));
/** The share of the texts that are called unreliable. */
const shareOf = (texts: readonly string[]) =>
  texts.filter((text) => reasonOf(text) !== undefined).length / texts.length;

it.each(named('language'))('most sentences are unreliable: %s', (_, texts) => {
  expect(shareOf(texts)).toBeGreaterThanOrEqual(0.8);
});

it('nearly all keyboard noise, code and tables are unreliable', () => {
  for (const origin of ['made', 'written']) {
    const all = named('noise').filter(([name]) => name.endsWith(origin));
    expect(shareOf(all.flatMap(([, texts]) => texts))).toBeGreaterThanOrEqual(0.95);
  }
});

it.each(named('a text'))('a repetitive text is unreliable: %s', (_, texts) => {
  expect(shareOf(texts)).toBeGreaterThanOrEqual(0.95);
});

it('hardly any English is unreliable', () => {
  expect(shareOf(named('English').flatMap(([, texts]) => texts))).toBeLessThanOrEqual(0.02);
});

it('is the same whether the words got their ids from the tokenizer or after it', () => {
  const kinds = kindsIn(vocabulary);
  for (const text of Object.values(sets).flatMap((texts) => texts.slice(0, 20))) {
    const [known, plain] = [tokenizeWith(vocabulary, text), tokenize(text)];
    expect(known.map(({ text, start, end }) => ({ text, start, end }))).toEqual(plain);
    const [reading, expected] = [known, plain].map((tokens) => encode(tokens, vocabulary, 400)) as [Encoding, Encoding];
    expect([...reading.ids]).toEqual([...expected.ids]);
    expect(unreliable(text, reading, kinds)).toBe(unreliable(text, expected));
  }
});

describe('the reason', () => {
  it.each<[string, Reason | undefined]>([
    ['A fine film.', undefined],
    ['Excellent!', undefined],
    ['Bought it for $20, sold it for $35.', undefined],
    ['Very, very, very, very good.', undefined],
    ['', 'unknown-words'],
    ['…', 'unknown-words'],
    ['Xyzzyq plughw', 'unknown-words'],
    ['No me gustó nada la película.', 'other-language'],
    ['Мне не понравилось', 'other-language'],
    ['asdfgh jklqwr sdfsdf', 'noise'],
    ['12, 40, 77, 80\n13, 44, 70, 91', 'noise'],
    ['for (let i = 0; i < n; i++) { sum += data[i]; }', 'noise'],
    [`${'I loved the soup. '.repeat(80)}`, 'repetitive'],
  ])('of %.40j is %s', (text, reason) => {
    expect(reasonOf(text)).toBe(reason);
  });
});

it.each(['a', 'A.', ' ', '<', '{ ', '1 ', 'é', '中', 'qwrt ', "'"])(
  'takes linear time for %j many times',
  (piece) => {
    const text = piece.repeat(256 * 1024);
    expect(() => reasonOf(text)).not.toThrow();
  },
  20_000,
);
