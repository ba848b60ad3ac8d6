import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sentencesOf } from '../../shared/sentences.ts';

const BREAK = '‖';

/** Texts as people write them, with a ‖ wherever a reader would end a sentence. */
const TABLE = [
  // Plain.
  'I loved it.',
  'I loved it.‖ The staff were kind.‖ We will come back.',
  'Loved it!‖ Would buy again!‖ Five stars!',
  'Was it good?‖ Not really.',
  'no capitals here. ‖but it is still two sentences.',
  'ok.‖ fine.‖ whatever.',
  'No full stop at the end',
  'Loved it\r‖Never again',
  'Loved it\u0085‖Never again',
  'THE WORST.‖ DO NOT BUY.',
  'It broke in two days.‖   Two spaces before this.',
  // Titles, initials and abbreviations.
  'Dr. Smith and Mrs. Jones were late.‖ Nobody said sorry.',
  'Mr. Brown sold it to us.‖ He lied.',
  'We stayed on St. James Street, near Mt. Hood.',
  'J. K. Rowling wrote it.‖ I did not like it.',
  'Directed by Robert E. Lee, with J.R.R. Martin.',
  'George R. R. Martin is slow.‖ The show was faster.',
  'So did I.‖ The film was too long.',
  'Take vitamin C.‖ It helps.',
  'Plan B.‖ That was all they had.',
  'Made in the U.S. by people who care.',
  'We moved from the U.S.‖ It was a mistake.',
  'The U.S. Army used the same model.',
  'She has a Ph.D. in chemistry and it shows.',
  'Bring snacks, e.g. Apples or nuts.‖ You will wait.',
  'It is slow, i.e. useless.',
  'Cables, plugs, etc. are missing.‖ I want my money back.',
  'They forgot cables, plugs, etc.‖ I want my money back.',
  'Bought from Acme Inc. in March.‖ Never again.',
  'Bought from Acme Ltd.‖ They never answered.',
  'Martin Luther King Jr. would have laughed.',
  'It is good vs. Sony but bad vs. Bose.',
  'The room on Elm Ave. was cold.',
  'Arrived on Jan. 5 and broke on Feb. 7.‖ Avoid.',
  'Prof. Green et al. were wrong.‖ The charger melts.',
  // Times, numbers and prices.
  'We came at 8 p.m. and left at 9 p.m. hungry.',
  'They close at 8 p.m.‖ We were there at 7.‖ Closed!',
  'They open at 8 a.m. Monday to Friday.',
  'It costs $9.99.‖ Worth every cent.',
  'Version 2.0 is worse than 1.5.‖ Why?',
  'I give it 3.5/5.‖ Maybe 4.',
  '10/10.‖ Would recommend.',
  'I paid 50.‖ Then they wanted 20 more.',
  'Room No. 5 had mould.‖ The others were fine.',
  'No.‖ I would not go again.',
  'See Fig. 3 in the manual.‖ It is wrong.',
  'It took approx. 3 weeks.‖ Too long.',
  'Visit example.com. ‖You will find it cheaper there.',
  'Mail help@example.com or see https://example.com/a?b=C.D for more.‖ They do not answer.',
  'I hated it, see http://shop.example/item.php?ID=Great for more.‖ It broke.',
  'See www.shop.example/Wow!Great/x?I=1 there.',
  'Node.js and ASP.NET both failed.',
  // Lists and lines.
  '1. Good food.‖ 2. Bad service.‖ 3. Never again.',
  '1. Good food‖\n2. Bad service‖\n3. Never again',
  '- good screen‖\n- bad battery‖\n- no manual',
  '• cheap‖\n• loud',
  'Pros: cheap and light‖\nCons: breaks',
  'a) The food was cold.‖ b) The waiter was rude.',
  'Great place‖\n\nWe will be back',
  'great food‖\nbad service',
  'I ordered this kettle three weeks ago and it still\nhas not arrived, which is a shame.‖ I want a refund.',
  'I loved it.‖<br /><br />The end was weak.',
  'I loved it‖<br>The end was weak',
  '<p>I loved it.‖</p><p>He did not.</p>',
  'a < b is true.‖ So is b > a.',
  'First line.‖\r\nSecond line.',
  // Marks together, and ellipses.
  'What?!‖ You cannot be serious!!!',
  'Really???‖ Yes!!!‖ Really.',
  'I waited... and waited... and left.',
  'I waited…‖ Nobody came.',
  'Well... ‖The acting was fine.',
  'It was . . . fine.',
  'Nice !‖ Really nice .‖ Thanks',
  'Amazing!‖Loved every minute',
  'The food was great.‖The staff were not.',
  // Quotations and brackets.
  '"Stop!" she said.‖ He did not.',
  'He said "It is fine."‖ It was not.',
  '“Never again!” was all that my wife said.',
  "'Why?' is what I asked.‖ They shrugged.",
  'It works (most of the time!) and looks nice.',
  'It works.‖ (Most of the time.)‖ I keep it.',
  'The title is "What Now?" and it fits.',
  '*Highly recommended.*‖ Buy it.',
  // Feelings.
  'Loved it :)‖ The staff were kind.',
  'Loved it. :)‖ Bought two.',
  'So sad :( and so slow',
  'Great phone 😍😍‖ It is fast.',
  'Great phone! 😍‖ Bought two.',
  'I ❤ New York',
  'lol xD‖ I cannot even',
  'Worst. ‖Day. ‖Ever.',
  '👍🏽',
  '★★★★★ Great kettle.‖ It boils.',
  '@airline you lost my bag again!‖ #fail #never',
  // Other languages' marks.
  '这部电影很好。‖我很喜欢！',
  'यह अच्छा है।‖ मुझे पसंद है।',
  '¡Qué bueno!‖ ¿Verdad?',
];
const split = (text: string) => sentencesOf(text).map(({ start, end }) => text.slice(start, end));

/** Blanks and tags that break lines, around a sentence. */
const AROUND = /^(?:[\s\u0085]|<[^<>]+>)+|(?:[\s\u0085]|<[^<>]+>)+$/g;

describe('sentencesOf', () => {
  it.each(TABLE)('splits %j', (marked) => {
    const expected = marked.split(BREAK).map((part) => part.replaceAll(AROUND, ''));
    expect(split(marked.replaceAll(BREAK, ''))).toEqual(expected);
  });

  it.each(['', ' \n\t', '<br />', '\u200B'])('finds none in %j', (text) => {
    expect(sentencesOf(text)).toEqual([]);
  });

  it('takes marks without words for a sentence', () => {
    expect(split('...')).toEqual(['...']);
    expect(split('!!! ???')).toEqual(['!!! ???']);
  });

  it('loses only blanks and tags, for any text', () => {
    const pieces = fc.constantFrom(
      'Mr. ',
      'a',
      'I',
      '.',
      '!',
      '…',
      '。',
      ' ',
      '\n',
      '<br>',
      '"',
      ')',
      ':)',
      '😍',
      '1',
      'The ',
    );
    const texts = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.array(pieces, { maxLength: 40 }).map((parts) => parts.join('')),
    );
    fc.assert(
      fc.property(texts, (text) => {
        let at = 0;
        for (const { start, end } of sentencesOf(text)) {
          expect(text.slice(at, start).replaceAll(AROUND, '').replaceAll('\u200B', '')).toBe('');
          expect(start).toBeGreaterThanOrEqual(at);
          expect(end).toBeGreaterThan(start);
          expect(text.slice(start, end).trim()).toBe(text.slice(start, end));
          at = end;
        }
        expect(text.slice(at).replaceAll(AROUND, '').replaceAll('\u200B', '')).toBe('');
      }),
    );
  });

  it.each([
    '. ',
    '...',
    'a.',
    'Mr. ',
    '"',
    ':)',
    ':D',
    '<br',
    '<br >',
    ' ',
    '\n',
    '😍',
    '👍🏽\u200D',
    '(1) ',
    '。',
    'xD',
    '<3',
    '. :) ',
  ])(
    'takes linear time for %j many times',
    (piece) => {
      const text = piece.repeat(Math.ceil(400_000 / piece.length)); // a quadratic look would take minutes
      expect(sentencesOf(`${text}a`).at(-1)?.end).toBe(text.length + 1);
    },
    20_000,
  );
});
