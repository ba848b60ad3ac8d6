import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encode, toBatch } from '../../shared/encoding.ts';
import { tokenize } from '../../shared/tokenizer.ts';
import { PAD_ID, START_ID, UNKNOWN_ID, Vocabulary } from '../../shared/vocabulary.ts';

/** a is 3, b is 4, and so on to e, which is 7. */
const VOCABULARY = Vocabulary.of(['a', 'b', 'c', 'd', 'e']);

const encodeText = (text: string, maxTokens: number) => encode(tokenize(text), VOCABULARY, maxTokens);
const idsOf = (text: string, maxTokens: number) => [...encodeText(text, maxTokens).ids];

describe('encode', () => {
  it('puts START before the ids of the words', () => {
    expect(idsOf('a c b', 10)).toEqual([START_ID, 3, 5, 4]);
  });

  it('returns 32-bit integers', () => {
    expect(encodeText('a', 10).ids).toBeInstanceOf(Int32Array);
  });

  it('gives START alone for a text without words', () => {
    for (const text of ['', ' \n', '...', '\uD83D']) {
      const { ids, tokens, unknown, truncated } = encodeText(text, 10);
      expect([...ids]).toEqual([START_ID]);
      expect(tokens).toEqual([]);
      expect({ unknown, truncated }).toEqual({ unknown: 0, truncated: false });
    }
  });

  it('drops START only when the words fill maxTokens', () => {
    expect(idsOf('a b', 4)).toEqual([START_ID, 3, 4]);
    expect(idsOf('a b c', 4)).toEqual([START_ID, 3, 4, 5]);
    expect(idsOf('a b c d', 4)).toEqual([3, 4, 5, 6]);
    expect(idsOf('a b c d e', 4)).toEqual([4, 5, 6, 7]);
  });

  it('keeps the last word when there is room for one', () => {
    expect(idsOf('a b c', 1)).toEqual([5]);
    expect(idsOf('', 1)).toEqual([START_ID]);
  });

  it('sets truncated when words were left out, but not for START', () => {
    expect(['a b', 'a b c', 'a b c d'].map((text) => encodeText(text, 3).truncated)).toEqual([false, false, true]);
  });

  it('returns the tokens of the ids, with their places in the whole text', () => {
    expect(encodeText('A, b. C!', 3).tokens).toEqual([
      { text: 'b', start: 3, end: 4 },
      { text: 'c', start: 6, end: 7 },
      { text: '!', start: 7, end: 8 },
    ]);
  });

  it('reads and counts the words that are not in the vocabulary', () => {
    const { ids, unknown } = encodeText('a zebra a lion', 10);
    expect([...ids]).toEqual([START_ID, 3, UNKNOWN_ID, 3, UNKNOWN_ID]);
    expect(unknown).toBe(2);
  });

  it('does not count unknown words that were left out', () => {
    expect(encodeText('zebra lion a zebra', 2).unknown).toBe(1);
  });

  it('looks for slips of the pen until a hundred words are unknown', () => {
    const vocabulary = Vocabulary.of(['terrible']);
    const idsOf = (unknown: number) => encode(tokenize(`${'zebra '.repeat(unknown)} terible`), vocabulary, 200).ids;
    expect(idsOf(99).at(-1)).toBe(3);
    expect(idsOf(100).at(-1)).toBe(UNKNOWN_ID);
  });

  it('reads a text that spells out the specials as words', () => {
    expect(idsOf('<pad> <start> <unk>', 10)).toEqual([START_ID, UNKNOWN_ID, UNKNOWN_ID, UNKNOWN_ID]);
  });

  it('keeps its invariants for any text and any maxTokens', () => {
    const text = fc.oneof(
      fc.string({ unit: 'grapheme' }),
      fc.array(fc.constantFrom('a', 'b', 'zebra', '!', '<pad>')).map((words) => words.join(' ')),
    );
    fc.assert(
      fc.property(text, fc.integer({ min: 1, max: 12 }), (text, maxTokens) => {
        const all = tokenize(text);
        const { ids, tokens, unknown, truncated } = encode(all, VOCABULARY, maxTokens);
        expect(ids.length).toBe(Math.min(all.length + 1, maxTokens));
        expect(ids.every((id) => id >= START_ID && id < VOCABULARY.size)).toBe(true);
        expect(ids.includes(START_ID)).toBe(all.length < maxTokens);
        expect(tokens).toEqual(all.slice(all.length - tokens.length));
        expect(tokens.length).toBe(Math.min(all.length, maxTokens));
        expect(unknown).toBe(ids.filter((id) => id === UNKNOWN_ID).length);
        expect(truncated).toBe(all.length > maxTokens);
      }),
      { numRuns: 500 },
    );
  });

  it('does not change the tokens', () => {
    const tokens = tokenize('a b c d');
    encode(tokens, VOCABULARY, 2);
    expect(tokens).toEqual(tokenize('a b c d'));
  });
});

describe('toBatch', () => {
  const row = (...ids: number[]) => Int32Array.from(ids);

  it('is the row itself when there is one', () => {
    expect(toBatch([row(1, 3, 4)])).toEqual({ ids: row(1, 3, 4), lengths: row(3), rows: 1, steps: 3 });
  });

  it('pads rows at the end, to the length of the longest', () => {
    expect(toBatch([row(1, 3), row(4, 5, 6, 7), row(1)])).toEqual({
      ids: row(1, 3, PAD_ID, PAD_ID, 4, 5, 6, 7, 1, PAD_ID, PAD_ID, PAD_ID),
      lengths: row(2, 4, 1),
      rows: 3,
      steps: 4,
    });
  });

  it('does not pad rows of equal length', () => {
    expect(toBatch([row(1, 3), row(1, 4)])).toEqual({ ids: row(1, 3, 1, 4), lengths: row(2, 2), rows: 2, steps: 2 });
  });

  it('is empty without rows', () => {
    expect(toBatch([])).toEqual({ ids: row(), lengths: row(), rows: 0, steps: 0 });
  });

  it('keeps every row, followed only by PAD', () => {
    const ids = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(fc.array(ids, { minLength: 1 }), (rows) => {
        const batch = toBatch(rows.map((ids) => row(...ids)));
        expect(batch.steps).toBe(Math.max(...rows.map((ids) => ids.length)));
        expect(batch.ids.length).toBe(batch.rows * batch.steps);
        const padded = rows.map((_, index) => [...batch.ids.subarray(index * batch.steps, (index + 1) * batch.steps)]);
        expect(padded.map((ids, index) => ids.slice(0, batch.lengths[index]))).toEqual(rows);
        expect(padded.every((ids, index) => ids.slice(batch.lengths[index]).every((id) => id === PAD_ID))).toBe(true);
      }),
    );
  });

  it('does not change the rows, and shares no memory with them', () => {
    const only = row(1, 3);
    toBatch([only]).ids.fill(9);
    expect(only).toEqual(row(1, 3));
  });
});
