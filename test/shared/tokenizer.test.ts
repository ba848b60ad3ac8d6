import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CONTRACTIONS } from '../../shared/tokenizer/contractions.ts';
import { TOKENIZER_NAME, type Token, tokenize } from '../../shared/tokenizer.ts';
import { anyText } from '../fuzz/arbitraries.ts';
import { GOLDEN } from './golden.ts';

/** Tokens as one line: `it's[0,4] ![4,5]`. */
const show = (tokens: readonly Token[]) => tokens.map(({ text, start, end }) => `${text}[${start},${end}]`).join(' ');

const words = (text: string) => tokenize(text).map((token) => token.text);

/** The tokens of addresses and names, which no text yields otherwise. */
const NAMES = ['<url>', '<email>', '<user>'];

const TEXTS = Object.values(GOLDEN).flatMap((rows) => rows.map(([, text]) => text));

describe.each(Object.entries(GOLDEN))('tokenize: %s', (_group, rows) => {
  it.each(rows)('%s', (_name, text, expected) => {
    expect(show(tokenize(text))).toBe(expected);
  });
});

const texts = fc.oneof({ weight: 9, arbitrary: anyText }, fc.constantFrom(...TEXTS));

/** Checks `holds` on many texts. */
const forAnyText = (holds: (text: string) => void) => fc.assert(fc.property(texts, holds), { numRuns: 1_000 });

describe('tokenize: any text', () => {
  it('gives non-empty tokens in order, without overlap, inside the text', () => {
    forAnyText((text) => {
      let free = 0;
      for (const token of tokenize(text)) {
        expect(token.start).toBeGreaterThanOrEqual(free);
        expect(token.end).toBeGreaterThan(token.start);
        expect(token.text).not.toBe('');
        free = token.end;
      }
      expect(free).toBeLessThanOrEqual(text.length);
    });
  });

  it('finds the same token alone in its part of the text', () => {
    forAnyText((text) => {
      for (const token of tokenize(text)) {
        const part = text.slice(token.start, token.end);
        expect(tokenize(part)).toEqual([{ text: token.text, start: 0, end: part.length }]);
      }
    });
  });

  it('tokenizes a token to itself, but for the names of addresses', () => {
    forAnyText((text) => {
      for (const word of words(text)) {
        if (!NAMES.includes(word)) expect(tokenize(word)).toEqual([{ text: word, start: 0, end: word.length }]);
      }
    });
  });

  it('yields the names of addresses for addresses alone', () => {
    expect(words(NAMES.join(' '))).toEqual(['url', 'email', 'user']);
    forAnyText((text) => {
      for (const word of words(text)) if (word.includes('<')) expect(NAMES).toContain(word);
    });
  });

  it('never cuts a surrogate pair in two', () => {
    forAnyText((text) => {
      for (const { start, end } of tokenize(text)) {
        for (const cut of [start, end])
          expect(text.slice(cut - 1, cut + 1)).not.toMatch(/^[\uD800-\uDBFF][\uDC00-\uDFFF]$/);
      }
    });
  });

  it('reads lines as if each stood alone, unless markup goes on from one to the next', () => {
    fc.assert(
      fc.property(texts, texts, (before, after) => {
        const plain = before.replaceAll('<', '');
        expect(words(`${plain}\n${after}`)).toEqual([...words(plain), ...words(after)]);
      }),
      { numRuns: 1_000 },
    );
  });

  it('makes no difference between small and capital ASCII letters', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: 'binary-ascii' }), texts), (text) => {
        const ascii = text.replace(/[^\0-\x7f]/g, '');
        expect(tokenize(ascii.toUpperCase())).toEqual(tokenize(ascii.toLowerCase()));
      }),
      { numRuns: 1_000 },
    );
  });

  it('reads a word alike with a soft hyphen in it, and so by the rules as by the short way for ordinary ones', () => {
    const word = fc.oneof(
      fc.string({ unit: fc.constantFrom(...'abdehinorstvwyxABDT'), minLength: 2, maxLength: 8 }),
      fc.constantFrom(...CONTRACTIONS.keys(), 'xD', 'sooooo', 'bookkeeper', 'hmmmm', 'five', 'their'),
    );
    fc.assert(
      fc.property(word, fc.constantFrom('', ' ', '.', ', ', ')', '!', '"', '/'), (word, behind) => {
        const hyphenated = `${word[0]}\u00AD${word.slice(1)}`;
        expect(words(word + behind)).toEqual(words(hyphenated + behind));
      }),
      { numRuns: 1_000 },
    );
  });

  it('gives the same tokens again after other texts', () => {
    const ideographs = Array.from({ length: 5_000 }, (_, index) => String.fromCodePoint(0x4e00 + index)).join('');
    const first = TEXTS.map(tokenize);
    expect(tokenize(ideographs)).toHaveLength(5_000);
    expect(TEXTS.map(tokenize)).toEqual(first);
  });
});

describe('tokenize: every contraction', () => {
  it.each([...CONTRACTIONS])('%s is read as %s', (typed, written) => {
    const half = written.endsWith("n't") ? written.length - 3 : written.indexOf("'");
    const cut = `${written.slice(0, half)} ${written.slice(half)}`;
    expect([typed, typed.toUpperCase(), cut].map(words)).toEqual([
      [written],
      [written],
      written === "y'all" ? ['y', 'all'] : [written],
    ]);
  });
});

describe('tokenize: hundreds of thousands of code units', () => {
  it.each([
    ...['<', '<a ', '<a b=', '<!--', '<script>', '</', '&', '&#1', '&amp;', '@', 'a@', 'a.', 'a-', 'a_', 'http://'],
    ...['www.', '#', '#aB', " 's", "a 's ", "n't ", ':', ':)', '(', '-_', '★', '5/', '5 stars ', '*', '1/2 ', 'a', 'A'],
    ...[
      'é',
      'e\u0301',
      'か\u3099',
      'क\u093F',
      '\u1100\u1161',
      '好',
      '👍\u200D',
      '🇫',
      '!',
      "'",
      "a'",
      '\u00AD',
      '\uD800',
    ],
  ])('of %j come to an end', (unit) => {
    expect(() => tokenize(unit.repeat(200_000 / unit.length))).not.toThrow();
  });
});

describe('tokenize: every code point', () => {
  /** The code points that do not hold, as `U+00E9`. */
  const exceptions = (last: number, holds: (character: string) => boolean) => {
    const found: string[] = [];
    for (let point = 0; point <= last; point++) {
      if (!holds(String.fromCodePoint(point))) found.push(`U+${point.toString(16).toUpperCase().padStart(4, '0')}`);
    }
    return found;
  };

  it('gives at most one token, which tokenizes to itself', () => {
    const found = exceptions(0x10ffff, (character) => {
      const [token, ...more] = tokenize(character);
      if (token === undefined) return true;
      const [again, ...others] = tokenize(token.text);
      return more.length + others.length === 0 && token.end === character.length && again?.text === token.text;
    });
    expect(found).toEqual([]);
  });

  it('reads composed and decomposed accented letters alike', () => {
    const found = exceptions(0xffff, (character) => {
      const decomposed = character.normalize('NFD');
      if (!/\p{L}/u.test(character) || decomposed === character) return true;
      return words(decomposed).join(' ') === words(character).join(' ');
    });
    expect(found).toEqual([]);
  });
});

describe('TOKENIZER_NAME', () => {
  it('is the name the golden table was written for', () => {
    expect(TOKENIZER_NAME).toBe('words-v3');
  });
});
