import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { slipsOf, unstretched } from '../../shared/spelling.ts';
import { UNKNOWN_ID, Vocabulary } from '../../shared/vocabulary.ts';

describe('slipsOf', () => {
  it.each([
    ['terible', 'terrible'],
    ['wonderfull', 'wonderful'],
    ['agian', 'again'],
    ['realy', 'really'],
  ])('takes %s for %s', (typed, meant) => {
    expect(slipsOf(typed)).toContain(meant);
  });

  it('has no candidates for short and very long words', () => {
    for (const word of ['', 'a', 'teh', 'thsi', 'a'.repeat(25), 'ab'.repeat(50_000)]) {
      expect(slipsOf(word)).toEqual([]);
    }
  });

  it('takes any string, and gives few', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 30 }), (word) => {
        expect(slipsOf(word).length).toBeLessThanOrEqual(72);
      }),
    );
  });

  it('knows the hash of each spelling', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...'abeés好'), minLength: 5, maxLength: 24 }), (word) => {
        fc.pre(unstretched(word)[0] === word);
        for (const slip of slipsOf(word)) {
          if (slip !== word) expect(Vocabulary.of([slip]).idOf(word)).toBe(3);
        }
      }),
    );
  });
});

describe('unstretched', () => {
  it('is the word with each held letter twice, then once', () => {
    expect(unstretched('sooo')).toEqual(['soo', 'so']);
    expect(unstretched('reaaallly')).toEqual(['reaally', 'realy']);
  });

  it('is the word itself if no letter is held down, or no other word is left', () => {
    for (const word of ['good', 'soo', 'iii', 'xxx', '10000', '']) expect(unstretched(word)).toEqual([word]);
  });
});

describe('Vocabulary.idOf', () => {
  it('reads a misspelling as the most frequent candidate', () => {
    const vocabulary = Vocabulary.of(['really', 'relay', 'films']);
    expect(vocabulary.idOf('realy')).toBe(vocabulary.idOf('really'));
    expect(vocabulary.idOf('fillms')).toBe(vocabulary.idOf('films'));
  });

  it.each([
    ['sooo', 'so'],
    ['goood', 'good'],
    ['goooddd', 'good'],
    ['tooo', 'too'],
    ['reaaallly', 'really'],
    ['terrrible', 'terrible'],
  ])('reads the stretched word %s as %s', (typed, meant) => {
    const vocabulary = Vocabulary.of(['so', 'to', 'god', 'good', 'too', 'terrible', 'really']);
    expect(vocabulary.idOf(typed)).toBe(vocabulary.idOf(meant));
  });

  it('reads a stretched word that it has as that word', () => {
    expect(Vocabulary.of(['so', 'sooo']).idOf('sooo')).toBe(4);
  });

  it('reads a word that it has as that word', () => {
    const vocabulary = Vocabulary.of(['really', 'realy']);
    expect(vocabulary.idOf('realy')).toBe(4);
  });

  it('reads no misspelling as a rare word', () => {
    const words = Array.from({ length: 5_000 }, (_, index) => `w${index}`);
    expect(Vocabulary.of([...words, 'inspector']).idOf('inspectors')).toBe(UNKNOWN_ID);
    expect(Vocabulary.of(['inspector', ...words]).idOf('inspectors')).toBe(3);
  });
});
