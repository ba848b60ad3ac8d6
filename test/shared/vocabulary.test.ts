import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { tokenizeWith } from '../../shared/tokenizer.ts';
import { PAD_ID, START_ID, UNKNOWN_ID, Vocabulary } from '../../shared/vocabulary.ts';

const SPECIALS = '<pad>\n<start>\n<unk>\n';

/** The words of a vocabulary in the order of their ids, the specials left out. */
const wordsOf = (vocabulary: Vocabulary) => vocabulary.toString().slice(SPECIALS.length).split('\n').slice(0, -1);

const ranking = (counts: Record<string, number>, size = 100) =>
  wordsOf(Vocabulary.fromCounts(new Map(Object.entries(counts)), size));

describe('ids', () => {
  it("follow Keras' convention: 0 pads, 1 starts, 2 is unknown, the first word is 3", () => {
    const vocabulary = Vocabulary.of(['the', 'film']);
    expect([PAD_ID, START_ID, UNKNOWN_ID]).toEqual([0, 1, 2]);
    expect(['<pad>', '<start>', '<unk>', 'the', 'film'].map((word) => vocabulary.idOf(word))).toEqual([0, 1, 2, 3, 4]);
  });

  it('is the unknown id for every other word, in other cases too', () => {
    const vocabulary = Vocabulary.of(['the']);
    for (const word of ['film', 'The', 'the ', '', 'th']) expect(vocabulary.idOf(word)).toBe(UNKNOWN_ID);
  });

  it('is the unknown id for names of object properties', () => {
    const vocabulary = Vocabulary.of(['the']);
    for (const word of ['__proto__', 'constructor', 'toString', 'hasOwnProperty', 'size', 'get', '0']) {
      expect(vocabulary.idOf(word)).toBe(UNKNOWN_ID);
    }
  });

  it('are those of the words if such names are words', () => {
    const words = ['__proto__', 'constructor', 'toString', '0'];
    const vocabulary = Vocabulary.parse(Vocabulary.of(words).toString());
    expect(words.map((word) => vocabulary.idOf(word))).toEqual([3, 4, 5, 6]);
  });
});

describe('a lexicon', () => {
  it('gives plain words their ids, in capitals too, and no other word', () => {
    const vocabulary = Vocabulary.of(['film', "don't", 'café', 'b2b', 'x', 'films', '好']);
    const ids = tokenizeWith(vocabulary, "Film, FILMS x B2B don't café 好 fil filmsy y").map(({ text, id }) => [
      text,
      id,
    ]);
    const expected = [
      ['film', 3],
      ['films', 8],
      ['x', 7],
      ['b2b', 6],
      ["don't"],
      ['cafe'],
      ['好'],
      ['fil'],
      ['filmsy'],
      ['y'],
    ];
    expect(ids).toEqual(expected.map(([text, id]) => [text, id]));
  });
});

it('gives every word the same id in a text as alone', () => {
  const letters = fc.string({ unit: fc.constantFrom('a', 'b', 'z', '7'), minLength: 1, maxLength: 14 });
  fc.assert(
    fc.property(fc.uniqueArray(letters), fc.array(letters), (words, others) => {
      const vocabulary = Vocabulary.of(['好★', ...words]); // characters of several bytes come first
      for (const { text, id } of tokenizeWith(vocabulary, [...words, ...others].join(' '))) {
        if (id !== undefined || words.includes(text)) expect(id ?? vocabulary.idOf(text)).toBe(4 + words.indexOf(text));
      }
    }),
  );
});

describe('size', () => {
  it('counts the three specials', () => {
    expect(Vocabulary.of([]).size).toBe(3);
    expect(Vocabulary.of(['the', 'film']).size).toBe(5);
  });
});

describe('Vocabulary.of', () => {
  it('takes any iterable', () => {
    expect(wordsOf(Vocabulary.of(new Set(['b', 'a'])))).toEqual(['b', 'a']);
  });

  it('refuses a repeated word, and a special', () => {
    expect(() => Vocabulary.of(['the', 'film', 'the'])).toThrow('"the" is repeated');
    expect(() => Vocabulary.of(['<unk>'])).toThrow('"<unk>" is repeated');
  });
});

describe('Vocabulary.fromCounts', () => {
  it('ranks by frequency, the most frequent first', () => {
    expect(ranking({ rare: 1, the: 90, film: 12 })).toEqual(['the', 'film', 'rare']);
  });

  it('compares frequencies as numbers', () => {
    expect(ranking({ nine: 9, ten: 10, hundred: 100 })).toEqual(['hundred', 'ten', 'nine']);
  });

  it('orders ties by code unit, in any language and order of counting', () => {
    // By code point 😀 would come after ～, by dictionary é before z and a before B.
    const ordered = ['!', "'a", 'B', 'a', 'ab', 'b', 'z', 'é', '好', '😀', '～'];
    fc.assert(
      fc.property(fc.shuffledSubarray(ordered, { minLength: ordered.length }), (words) => {
        expect(ranking(Object.fromEntries(words.map((word) => [word, 7])))).toEqual(ordered);
      }),
    );
  });

  it('keeps the most frequent words, up to the size including the specials', () => {
    const counts = new Map(Object.entries({ a: 1, b: 5, c: 3, d: 3, e: 9 }));
    const vocabulary = Vocabulary.fromCounts(counts, 6);
    expect(vocabulary.size).toBe(6);
    expect(wordsOf(vocabulary)).toEqual(['e', 'b', 'c']);
    expect(vocabulary.idOf('d')).toBe(UNKNOWN_ID);
  });

  it('is smaller than the given size if there are fewer words', () => {
    expect(Vocabulary.fromCounts(new Map([['a', 1]]), 1000).size).toBe(4);
    expect(Vocabulary.fromCounts(new Map(), 1000).size).toBe(3);
  });

  it('holds the specials alone at size 3', () => {
    expect(Vocabulary.fromCounts(new Map([['a', 1]]), 3).toString()).toBe(SPECIALS);
  });

  it('does not change the counts', () => {
    const counts = new Map([
      ['a', 1],
      ['b', 2],
    ]);
    Vocabulary.fromCounts(counts, 4);
    expect([...counts.keys()]).toEqual(['a', 'b']);
  });
});

describe('vocabulary.txt', () => {
  it('has one token a line, so that line n (from 0) is id n', () => {
    expect(Vocabulary.of(['the', "don't", '😀']).toString()).toBe(`${SPECIALS}the\ndon't\n😀\n`);
  });

  it('is read with and without a line end after the last line', () => {
    for (const file of [`${SPECIALS}the\nfilm\n`, `${SPECIALS}the\nfilm`]) {
      const vocabulary = Vocabulary.parse(file);
      expect(vocabulary.size).toBe(5);
      expect(vocabulary.idOf('film')).toBe(4);
    }
  });

  it('may hold the specials alone', () => {
    expect(Vocabulary.parse(SPECIALS).size).toBe(3);
  });

  it('reads back as the vocabulary it was written from', () => {
    const word = fc.string({ unit: 'grapheme', minLength: 1 }).filter((text) => !text.includes('\n'));
    fc.assert(
      fc.property(fc.uniqueArray(word), (words) => {
        const vocabulary = Vocabulary.parse(Vocabulary.of(words).toString());
        expect(wordsOf(vocabulary)).toEqual(words);
        expect(words.map((word) => vocabulary.idOf(word))).toEqual(words.map((_, index) => index + 3));
      }),
    );
  });

  const notTheSpecials = 'the vocabulary does not begin with <pad>, <start>, <unk>';
  it.each([
    ['an empty file', '', notTheSpecials],
    ['a special too few', '<pad>\n<start>\nthe\n', notTheSpecials],
    ['the specials in another order', '<start>\n<pad>\n<unk>\nthe\n', notTheSpecials],
    ['words alone', 'the\nfilm\n', notTheSpecials],
    ['Windows line ends', '<pad>\r\n<start>\r\n<unk>\r\nthe\r\n', notTheSpecials],
    ['a blank line first', `\n${SPECIALS}`, notTheSpecials],
    ['an empty line among the words', `${SPECIALS}the\n\nfilm\n`, 'line 5 of the vocabulary is empty'],
    ['an empty line at the end', `${SPECIALS}the\n\n`, 'line 5 of the vocabulary is empty'],
    ['a word twice', `${SPECIALS}the\nfilm\nthe\n`, '"the" is repeated'],
    ['a special twice', `${SPECIALS}<pad>\n`, '"<pad>" is repeated'],
  ])('is refused with %s', (_name, file, message) => {
    expect(() => Vocabulary.parse(file)).toThrow(new Error(message));
  });
});
