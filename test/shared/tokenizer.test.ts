import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { TOKENIZER_NAME, type Token, tokenize } from '../../shared/tokenizer.ts';

/** Tokens as one line: `it's[0,4] ![4,5]`. */
const show = (tokens: readonly Token[]) => tokens.map(({ text, start, end }) => `${text}[${start},${end}]`).join(' ');

const words = (text: string) => tokenize(text).map((token) => token.text);

/** Name, text, and the expected tokens as `show` writes them. Any change to a row calls for a new TOKENIZER_NAME. */
const GOLDEN: readonly (readonly [name: string, text: string, expected: string])[] = [
  // Nothing to read
  ['empty', '', ''],
  ['blanks', ' \t\r\n\v\f', ''],
  ['exotic blanks', 'a\u00A0b\u2003c\u3000d\u2028e', 'a[0,1] b[2,3] c[4,5] d[6,7] e[8,9]'],
  ['punctuation only', '.,;:-()[]{}"/\\|@#$%^&*_+=~<>', ''],
  ['NUL', 'so\0good\0', 'so[0,2] good[3,7]'],
  ['a lone high surrogate', 'a\uD83D b', 'a[0,1] b[3,4]'],
  ['a lone low surrogate', '\uDE00a\uDE00b', 'a[1,2] b[3,4]'],
  ['surrogates the wrong way round', 'x\uDE00\uD83Dy', 'x[0,1] y[3,4]'],
  ['nothing but half a pair', '\uD83D', ''],
  ['a replacement character', 'caf\uFFFD', 'caf[0,3]'],

  // Break tags
  ['<br>', 'fine<br>film', 'fine[0,4] film[8,12]'],
  ['<br/>', 'fine<br/>film', 'fine[0,4] film[9,13]'],
  ['<br /><br />', 'fine.<br /><br />Film', 'fine[0,4] film[17,21]'],
  ['<BR /> in capitals', 'fine<BR />film', 'fine[0,4] film[10,14]'],
  ['<br   > with many blanks', '<br   >ok', 'ok[7,9]'],
  ['<br / > with blanks around the slash', '<br / >ok', 'ok[7,9]'],
  ['<br /> broken over lines', 'a<br\n\t/\r\n>b', 'a[0,1] b[10,11]'],
  ['double exclamation and question marks', 'wow‼ ⁇ ⁉', 'wow[0,3] ![3,4] ?[5,6] ![7,8]'],
  ['<br> alone', '<br>', ''],
  ['<br> after an exclamation', 'wow!<br>!', 'wow[0,3] ![3,4] ![8,9]'],
  ['an unfinished <br', 'cut <br', 'cut[0,3] br[5,7]'],
  ['an unfinished <br /', 'cut <br /', 'cut[0,3] br[5,7]'],
  ['an unfinished <b', 'cut <b', 'cut[0,3] b[5,6]'],
  ['a lone <', 'cut <', 'cut[0,3]'],
  ['a tag that only begins like <br>', '<brave>', 'brave[1,6]'],
  ['another tag is read as its words', '<i>very</i>', 'i[1,2] very[3,7] i[9,10]'],
  ['<3', 'i <3 it', 'i[0,1] 3[3,4] it[5,7]'],

  // Apostrophes: every one that is typed for ' becomes '
  ['apostrophe', "don't", "don't[0,5]"],
  ['right single quote', 'don\u2019t', "don't[0,5]"],
  ['left single quote', 'don\u2018t', "don't[0,5]"],
  ['modifier letter apostrophe', 'don\u02BCt', "don't[0,5]"],
  ['prime', 'don\u2032t', "don't[0,5]"],
  ['grave accent', 'don`t', "don't[0,5]"],
  ['acute accent', 'don\u00B4t', "don't[0,5]"],
  ['full-width apostrophe', 'don\uFF07t', "don't[0,5]"],
  ['leading apostrophe', "'tis 'twas", 'tis[1,4] twas[6,10]'],
  ['leading modifier letter apostrophe', '\u02BCtis', 'tis[1,4]'],
  ['trailing apostrophe', "dogs' nothin'", 'dogs[0,4] nothin[6,12]'],
  ['double apostrophe', "it''s ''so''", 'it[0,2] s[4,5] so[8,10]'],
  ['apostrophes only', "' '' \u2019", ''],
  ['single quotes around a word', '\u2018classic\u2019', 'classic[1,8]'],
  ["rock'n'roll", "rock'n'roll", "rock'n'roll[0,11]"],
  ["rock 'n' roll", "rock 'n' roll", 'rock[0,4] n[6,7] roll[9,13]'],
  ['possessives', "Anna's boys' James's", "anna's[0,6] boys[7,11] james's[13,20]"],
  ['two contractions in one', "shouldn't've", "shouldn't've[0,12]"],
  ['an apostrophe before digits', "the '90s", 'the[0,3] 90s[5,8]'],
  ['an apostrophe after an emoji', "😀's", '😀[0,2] s[3,4]'],

  // Quotes and dashes
  ['curly quotes', '\u201CWow\u201D, she said', 'wow[1,4] she[7,10] said[11,15]'],
  ['guillemets and low quotes', '\u00ABbon\u00BB \u201Egut\u201C', 'bon[1,4] gut[7,10]'],
  ['hyphen', 'well-made', 'well[0,4] made[5,9]'],
  ['dashes', 'yes\u2013no\u2014maybe--so', 'yes[0,3] no[4,6] maybe[7,12] so[14,16]'],
  ['underscores', '_not_ snake_case', 'not[1,4] snake[6,11] case[12,16]'],
  ['asterisks', '*so* good', 'so[1,3] good[5,9]'],
  ['three dots', 'wait...what', 'wait[0,4] what[7,11]'],
  ['ellipsis', 'wait\u2026what', 'wait[0,4] what[5,9]'],
  ['brackets', '(1999) [sic]', '1999[1,5] sic[8,11]'],

  // Exclamations
  ['one exclamation', 'Wow! Why?', 'wow[0,3] ![3,4] why[5,8] ?[8,9]'],
  ['!!!', 'Wow!!!', 'wow[0,3] ![3,6]'],
  ['???', '???', '?[0,3]'],
  ['!?', 'What!?', 'what[0,4] ![4,5] ?[5,6]'],
  ['?!?!', '?!?!', '?[0,1] ![1,2] ?[2,3] ![3,4]'],
  ['!!??', '!!??', '![0,2] ?[2,4]'],
  ['! ! !', '! ! !', '![0,1] ![2,3] ![4,5]'],
  ['full-width ! and ?', '真好！？', '真好[0,2] ![2,3] ?[3,4]'],
  ['a run of ! in two widths', '!！!', '![0,3]'],
  ['inverted ! and ?', '¡Qué bien! ¿No?', 'que[1,4] bien[5,9] ![9,10] no[12,14] ?[14,15]'],

  // Numbers
  ['rating', '7/10', '7[0,1] 10[2,4]'],
  ['decimal', '8.5 stars', '8[0,1] 5[2,3] stars[4,9]'],
  ['thousands', '1,000,000', '1[0,1] 000[2,5] 000[6,9]'],
  ['money and per cent', '$5 50%', '5[1,2] 50[3,5]'],
  ['letters and digits', '1st R2-D2 90s', '1st[0,3] r2[4,6] d2[7,9] 90s[10,13]'],
  ['superscripts and subscripts', 'x² H₂O', 'x[0,1] h[3,4] o[5,6]'],
  ['fractions', '3½ ¼', '3[0,1]'],
  ['Arabic digits', '٣/١٠', '٣[0,1] ١٠[2,4]'],
  ['full-width digits', '１０', '10[0,2]'],
  ['a keycap', '1\uFE0F\u20E3', '1[0,3]'],

  // Letters that are written in more than one way
  ['shouting', 'WORST FILM EVER', 'worst[0,5] film[6,10] ever[11,15]'],
  ['composed accents', 'Amélie naïve', 'amelie[0,6] naive[7,12]'],
  ['decomposed accents', 'Ame\u0301lie nai\u0308ve', 'amelie[0,7] naive[8,14]'],
  ['an accent piled on an accent', 'e\u0301\u0323\u0308t', 'et[0,5]'],
  ['an accent on nothing', '\u0301 \u0301a', 'a[3,4]'],
  ['a letter whose bar is no accent', 'Łódź Ørsted', 'łodz[0,4] ørsted[5,11]'],
  ['soft hyphen', 'won\u00ADder\u00ADful', 'wonderful[0,11]'],
  ['soft hyphen before an apostrophe', "don\u00AD't", "don't[0,6]"],
  ['zero-width joiner in a word', 'a\u200Db', 'ab[0,3]'],
  ['zero-width non-joiner in a word', 'a\u200Cb', 'ab[0,3]'],
  ['zero-width space, which separates', 'super\u200Bhero', 'super[0,5] hero[6,10]'],
  ['word joiner', 'super\u2060hero', 'superhero[0,10]'],
  ['byte order mark first', '\uFEFFgood', 'good[1,5]'],
  ['only zero-width characters', '\u200B\u200D\uFEFF\u00AD', ''],
  ['right-to-left mark after a word', 'good\u200F film', 'good[0,5] film[6,10]'],
  ['ligatures', 'ﬁlm oﬀer', 'film[0,3] offer[4,8]'],
  ['Latin letters that are two', 'Œuvre æon', 'œuvre[0,5] æon[6,9]'],
  ['full-width letters', 'ＧＲＥＡＴ', 'great[0,5]'],
  ['mathematical bold letters', '𝐆𝐫𝐞𝐚𝐭', 'great[0,10]'],
  ['mathematical script with plain letters', 'g𝓇eat', 'great[0,6]'],
  ['Turkish dotted capital I', 'İstanbul', 'istanbul[0,8]'],
  ['Turkish dotless i', 'ılık', 'ılık[0,4]'],
  ['German ß, small and capital', 'Straße STRAẞE', 'straße[0,6] straße[7,13]'],
  ['Greek final sigma', 'λόγος', 'λογος[0,5]'],
  ['Cyrillic', 'Хороший', 'хорошии[0,7]'],
  ['Kelvin and Angstrom signs', '\u212A\u212B', 'ka[0,2]'],

  // Other scripts
  ['Chinese', '好电影。', '好电影[0,3]'],
  ['Japanese, composed and decomposed', 'がか\u3099', 'かか[0,3]'],
  ['half-width kana', 'ｶﾞ', 'カ[0,2]'],
  // Hangul syllables come apart into the letters that compatibility decomposition gives.
  ['Hangul, composed', '\uC601', '\u110B\u1167\u11BC[0,1]'],
  ['Hangul, decomposed', '\u110B\u1167\u11BC', '\u110B\u1167\u11BC[0,3]'],
  ['Arabic with vowel signs', 'جَيِّد', 'جيد[0,6]'],
  ['Hebrew with points', 'טוֹב', 'טוב[0,4]'],
  ['a letter above U+FFFF', '\u{10400}\u{20000}', '\u{10428}\u{20000}[0,4]'],

  // Pictures
  ['emoji', 'good😀film', 'good[0,4] 😀[4,6] film[6,10]'],
  ['an emoji repeated', '😂😂😂', '😂[0,2] 😂[2,4] 😂[4,6]'],
  ['an emoji of one code unit', '⭐⭐', '⭐[0,1] ⭐[1,2]'],
  ['heart with and without variation selector', '❤\uFE0F❤', '❤[0,2] ❤[2,3]'],
  ['skin tone', '👍🏽 👍', '👍[0,4] 👍[5,7]'],
  ['family', '👨\u200D👩\u200D👧', '👨[0,2] 👩[3,5] 👧[6,8]'],
  ['flags are no pictures', '🇫🇷 🇺🇸', ''],
  ['© ® ™ are no pictures', 'Dolby™ ©1999 ®', 'dolby[0,5] 1999[8,12]'],
  ['text smileys', ':-) :D', 'd[5,6]'],

  // What else gets pasted
  ['URL', 'https://example.com/a?b=1', 'https[0,5] example[8,15] com[16,19] a[20,21] ?[21,22] b[22,23] 1[24,25]'],
  ['e-mail', 'me@example.org', 'me[0,2] example[3,10] org[11,14]'],
  ['HTML entities are not decoded', 'Tom &amp; &#33;', 'tom[0,3] amp[5,8] 33[12,14]'],
  ['initials', 'U.S.A.', 'u[0,1] s[2,3] a[4,5]'],
  ['plus signs', 'C++', 'c[0,1]'],
  ['tabs and line ends', 'a\tb\nc\r\nd\re', 'a[0,1] b[2,3] c[4,5] d[7,8] e[9,10]'],
  ['a very long word', 'Ab'.repeat(2000), `${'ab'.repeat(2000)}[0,4000]`],
  ['a very long run', '!'.repeat(4000), '![0,4000]'],
];

describe('tokenize: awkward texts', () => {
  it.each(GOLDEN)('%s', (_name, text, expected) => {
    expect(show(tokenize(text))).toBe(expected);
  });

  it('gives the same tokens again', () => {
    for (const [, text] of GOLDEN) expect(tokenize(text)).toEqual(tokenize(text));
  });
});

/** Any string there can be: code points, graphemes, bare code units, and the characters with rules of their own. */
const anyText = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.string({ unit: 'grapheme' }),
  fc.array(fc.integer({ min: 0, max: 0xffff })).map((units) => String.fromCharCode(...units)),
  fc.string({
    unit: fc.constantFrom(
      ...['a', 'B', '7', "'", '\u2019', '!', '?', '！', ' ', '.', '<', 'br', '/', '>', '<br />', '\u0301', '\u00AD'],
      ...['\u200D', '\uFE0F', 'é', 'ﬁ', 'İ', 'ς', '好', '영', '😀', '👍🏽', '\uD83D', '\uDE00', '\0', '𝐆', '\uFF9E'],
    ),
    maxLength: 40,
  }),
  fc.constantFrom(...GOLDEN.map(([, text]) => text)),
);

/** Checks `holds` on many texts. */
const forAnyText = (holds: (text: string) => void) => fc.assert(fc.property(anyText, holds), { numRuns: 1000 });

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

  it('tokenizes a token to itself', () => {
    forAnyText((text) => {
      for (const word of words(text)) expect(tokenize(word)).toEqual([{ text: word, start: 0, end: word.length }]);
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

  it('reads parts between full stops independently', () => {
    fc.assert(
      fc.property(anyText, anyText, (before, after) => {
        expect(words(`${before}.${after}`)).toEqual([...words(before), ...words(after)]);
      }),
      { numRuns: 1000 },
    );
  });

  it('makes no difference between small and capital ASCII letters', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary-ascii' }), (text) => {
        expect(tokenize(text.toUpperCase())).toEqual(tokenize(text.toLowerCase()));
      }),
    );
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

  it('is one token or none, and the token tokenizes to itself', () => {
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
  it('is the name that the golden table was written for', () => {
    expect(TOKENIZER_NAME).toBe('words-v2');
  });
});
