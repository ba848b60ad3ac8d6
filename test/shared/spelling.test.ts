import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { slipsOf } from '../../shared/spelling.ts';
import { UNKNOWN_ID, Vocabulary } from '../../shared/vocabulary.ts';

describe('slipsOf', () => {
  it.each([
    ['soooo', 'so'],
    ['goooood', 'good'],
    ['terible', 'terrible'],
    ['wonderfull', 'wonderful'],
    ['agian', 'again'],
    ['realy', 'really'],
  ])('takes %s for %s', (typed, meant) => {
    expect([...slipsOf(typed)]).toContain(meant);
  });

  it('has no candidates for short and very long words', () => {
    for (const word of ['', 'a', 'teh', 'thsi', 'a'.repeat(25), 'ab'.repeat(50_000)]) {
      expect([...slipsOf(word)]).toEqual([]);
    }
  });

  it('accepts any string, and yields few candidates', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 30 }), (word) => {
        expect([...slipsOf(word)].length).toBeLessThanOrEqual(72);
      }),
    );
  });
});

describe('Vocabulary.idOf', () => {
  it('reads a misspelling as the most frequent candidate', () => {
    const vocabulary = Vocabulary.of(['really', 'relay', 'films']);
    expect(vocabulary.idOf('realy')).toBe(vocabulary.idOf('really'));
    expect(vocabulary.idOf('fillms')).toBe(vocabulary.idOf('films'));
  });

  it('reads a known word as itself', () => {
    const vocabulary = Vocabulary.of(['really', 'realy']);
    expect(vocabulary.idOf('realy')).toBe(4);
  });

  it('reads no misspelling as a rare word', () => {
    const words = Array.from({ length: 5_000 }, (_, index) => `w${index}`);
    expect(Vocabulary.of([...words, 'inspector']).idOf('inspectors')).toBe(UNKNOWN_ID);
    expect(Vocabulary.of(['inspector', ...words]).idOf('inspectors')).toBe(3);
  });
});
