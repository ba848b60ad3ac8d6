/**
 * Finds the sentences of a text by rules and short lists, for reviews, tweets and mails in English. Unlike `Intl.Segmenter`, the result
 * is the same on every platform. The time is linear in the text: looking ahead and back is bounded.
 *
 * A sentence ends
 * - behind `.`, `!`, `?`, `…` and their like, with the quotes, brackets and emoticons that follow. Not behind an abbreviation or an initial,
 *   not behind `…` or a closing quote when a small letter follows, and not behind the number of a list's item;
 * - behind an emoticon or emoji, when a word follows that often begins a sentence and has a capital: "Loved it :) The staff";
 * - at a line break or a tag that makes one, unless a long line goes on with a small letter, as mails do that were wrapped.
 */

/** [start, end) in UTF-16 code units, without surrounding blanks. */
export interface Sentence {
  readonly start: number;
  readonly end: number;
}

/** The sentences, in order and without overlap. Between them are only blanks and tags that break lines. */
export function sentencesOf(text: string): Sentence[] {
  const sentences: Sentence[] = [];
  let start = endOfGap(text, 0).end;
  let line = start;
  let at = start;
  const close = (end: number, next: number) => {
    if (end > start) sentences.push({ start, end });
    start = next;
  };
  while (at < text.length) {
    const gap = endOfGap(text, at);
    if (gap.end > at) {
      if (gap.breaks > 0) {
        if (!isWrapped(text, { line, at, gap })) close(at, gap.end);
        line = gap.end;
      }
      at = gap.end;
      continue;
    }
    const mark = readTerminators(text, at);
    const end = mark?.end ?? endOfFeeling(text, at);
    if (end === undefined) {
      at++;
      continue;
    }
    const next = endOfGap(text, end);
    const ends = mark
      ? endsBehind(text, { ...mark, start, at }, next.end)
      : next.end > end && hasOpener(text, next.end);
    if (ends) close(end, next.end);
    if (next.breaks > 0) line = next.end;
    at = ends ? next.end : end;
  }
  close(endOfText(text), text.length);
  return sentences;
}

/** The end of the text without trailing blanks. */
function endOfText(text: string): number {
  return text.trimEnd().length;
}

interface Gap {
  readonly end: number;
  /** Line breaks; a tag that breaks lines counts for two. */
  readonly breaks: number;
}

const BLANK = /[\s\u0085\u200B\uFEFF]/;
const LINE_BREAK = /[\n\r\u2028\u2029\u0085]/;
/** A tag that breaks lines in a page; longer ones are ignored. */
const BREAKING_TAG = /<\/?(?:br|p|div|li|ul|ol|tr|td|h[1-6])(?:[\s/][^<>]{0,100})?>/iy;

function endOfGap(text: string, start: number): Gap {
  let [end, breaks] = [start, 0];
  while (end < text.length) {
    const character = text[end] as string;
    if (character === '<') {
      BREAKING_TAG.lastIndex = end;
      const [tag] = BREAKING_TAG.exec(text) ?? [];
      if (tag === undefined) break;
      breaks += 2;
      end += tag.length;
    } else if (BLANK.test(character)) {
      const isHalf = character === '\r' && text[end + 1] === '\n'; // of a CRLF
      if (LINE_BREAK.test(character) && !isHalf) breaks++;
      end++;
    } else {
      break;
    }
  }
  return { end, breaks };
}

/** The least length of a line that may have been wrapped. */
const WRAPPED_CHARACTERS = 40;

/** Whether the line that ends at `at` continues in the next one. */
function isWrapped(text: string, { line, at, gap }: { line: number; at: number; gap: Gap }): boolean {
  return gap.breaks === 1 && at - line >= WRAPPED_CHARACTERS && isSmall(text, gap.end);
}

const TERMINATOR = /[.!?…‼⁇⁈⁉؟۔।॥。！？｡]/;
/** Full stops of scripts without spaces. */
const WIDE = /[。！？｡]/;
const CLOSER = /["'”’»›)\]}*_`]/;

interface Terminators {
  readonly end: number;
  readonly kind: 'period' | 'ellipsis' | 'mark' | 'wide';
  /** Whether a quote or a bracket is closed behind them. */
  readonly closes: boolean;
}

/** The run of terminators that starts at `at`, with what belongs to it: "?!", `."`, ". . .", "! :)". */
function readTerminators(text: string, at: number): Terminators | undefined {
  if (!TERMINATOR.test(text[at] as string)) return undefined;
  let [end, periods, closes, kind] = [at, 0, false, 'period' as Terminators['kind']];
  for (;;) {
    const character = text[end] ?? '';
    const spaced = text[end] === ' ' && TERMINATOR.test(text[end + 1] ?? ''); // as in ". . ."
    if (spaced || TERMINATOR.test(character)) {
      if (spaced) end++;
      const mark = text[end] as string;
      if (mark === '.') periods++;
      else if (mark === '…') periods += 3;
      else if (WIDE.test(mark)) kind = 'wide';
      else if (kind === 'period') kind = 'mark';
    } else if (character !== '' && CLOSER.test(character)) {
      closes = true;
    } else {
      break;
    }
    end++;
  }
  if (kind === 'period' && periods > 1) kind = 'ellipsis';
  for (;;) {
    const feeling = endOfFeeling(text, text[end] === ' ' ? end + 1 : end);
    if (feeling === undefined) return { end, kind, closes };
    end = feeling;
  }
}

interface Place extends Terminators {
  /** The start of the sentence, and of the run of terminators. */
  readonly start: number;
  readonly at: number;
}

/** @param next the start of the next word or sign, behind the gap. */
function endsBehind(text: string, { kind, closes, start, at, end }: Place, next: number): boolean {
  if (kind === 'wide') return true;
  if (next === end) return next < text.length && isGlued(text, { kind, at, end });
  if (closes && isSmall(text, next)) return false;
  if (kind === 'ellipsis') return !isSmall(text, next);
  if (kind === 'mark' || closes) return true;
  if (isListNumber(text.slice(start, Math.min(at, start + 6)))) return false;
  const word = wordBefore(text, at);
  const plain = word.replaceAll('.', '').toLowerCase();
  if (TITLES.has(plain)) return false;
  if (NUMBERED.has(plain)) return !isDigit(text, next);
  const isShort = /^\p{L}$/u.test(word) || /^(?:\p{L}{1,2}\.)+\p{L}{1,2}$/u.test(word);
  if (isShort || ABBREVIATIONS.has(plain)) return word === 'I' ? !isSmall(text, next) : hasOpener(text, next);
  return true;
}

/** The most characters of a web address that are looked at, and an address that goes on: its `?` or `!` ends no sentence. */
const ADDRESS_CHARACTERS = 200;
const ADDRESS_BEFORE = /(?:(?:https?|ftp):\/\/|www\.)\S*$/i;

/** Whether a sentence ends without a blank behind it: "great.The staff", "Amazing!Loved it". */
function isGlued(text: string, { kind, at, end }: Pick<Place, 'kind' | 'at' | 'end'>): boolean {
  if (!isCapital(text, end)) return false;
  if (kind !== 'period') return !ADDRESS_BEFORE.test(text.slice(Math.max(0, at - ADDRESS_CHARACTERS), at));
  const word = wordBefore(text, at);
  return /^[a-z'’]{2,}$/.test(word) && isSmall(text, end + 1) && !TITLES.has(word) && !ABBREVIATIONS.has(word);
}

/** `1.`, `(2)`, `b.` at the beginning of a sentence. */
function isListNumber(sentence: string): boolean {
  return /^[([]?(?:\d{1,3}|[a-hA-H])[)\]]?$/.test(sentence);
}

/** The most characters of a word that are looked at. */
const WORD_CHARACTERS = 24;

/** The word that ends at `end`, with the dots in it: `e.g`. */
function wordBefore(text: string, end: number): string {
  const before = text.slice(Math.max(0, end - WORD_CHARACTERS), end);
  return /[\p{L}\p{M}\p{N}.'’@/:-]+$/u.exec(before)?.[0] ?? '';
}

/** Quotes, brackets and dashes before a sentence's first word. */
const OPENING = /["'“”‘’«‹([{*_¿¡-]/;

/** Whether the word there has a capital and is one that often begins a sentence. */
function hasOpener(text: string, at: number): boolean {
  let start = at;
  while (start < at + 4 && OPENING.test(text[start] ?? '')) start++;
  if (!isCapital(text, start)) return false;
  const [, word = '', behind = ''] = /^(\p{L}+)(.?)/su.exec(text.slice(start, start + WORD_CHARACTERS)) ?? [];
  return behind !== '.' && OPENERS.has(word.toLowerCase());
}

function isSmall(text: string, at: number): boolean {
  return /^\p{Ll}/u.test(text.slice(at, at + 2));
}

function isCapital(text: string, at: number): boolean {
  return /^\p{Lu}/u.test(text.slice(at, at + 2));
}

function isDigit(text: string, at: number): boolean {
  return /^[#№]?\p{Nd}/u.test(text.slice(at, at + 3));
}

// These two are made when they are needed, because V8 takes long to make a class of Unicode.
/** `:)`, `;-(`, `xD`, `<3`, `^_^` */
const emoticon = () => /(?:[:;=]['’]?[-o^~]?[)(\][DPpOo|/\\3*]+|[xX][D)]+|<3+|\^[_.-]?\^)(?![\p{L}\p{N}])/uy;
/** Pictures above the arrows, with what joins and colours them. */
const emoji = () =>
  /(?:(?![\u00A9\u00AE\u203C\u2049\u2122\u2139])(?:\p{Extended_Pictographic}|\p{RI})(?:\p{Mn}|\u200D|\p{EMod})*)+/uy;

/** The end of an emoticon that stands alone there, or of a run of emoji. */
function endOfFeeling(text: string, at: number): number | undefined {
  const code = text.charCodeAt(at);
  if (Number.isNaN(code)) return undefined;
  if (code > 127) return endOfMatch(emoji(), text, at);
  const standsAlone = at === 0 || !/[\p{L}\p{N}]/u.test(text[at - 1] as string);
  return standsAlone ? endOfMatch(emoticon(), text, at) : undefined;
}

function endOfMatch(pattern: RegExp, text: string, at: number): number | undefined {
  pattern.lastIndex = at;
  return pattern.test(text) ? pattern.lastIndex : undefined;
}

const words = (list: string): ReadonlySet<string> => new Set(list.split(' '));

/** A name follows. */
const TITLES = words('mr mrs ms mx dr prof st mt capt lt sgt messrs vs eg ie');
/** A number follows, or they are words. */
const NUMBERED = words('no nos vol vols fig figs pp ch sec art ver approx min max op');
/** A sentence may end behind them. */
const ABBREVIATIONS = words(
  'etc al inc ltd co corp bros jr sr ave blvd rd apt dept univ assn est cf ca aka incl excl ext tel gen col maj rev gov sen rep ft ' +
    'jan feb mar apr jun jul aug sep sept oct nov dec mon tue tues wed thu thur thurs fri hr hrs mins secs lb lbs oz',
);
/** Words that begin sentences far more often than they are parts of names. */
const OPENERS = words(
  'the a an i it its he she we they you this that these those there here but and so or yet my our his her their your ' +
    'in on at if when while what who why how where which not no never nothing then now after before once also as for with ' +
    'from all some most many every everything everyone both one do does did is are was were have has had can could would ' +
    'will should just even still only very really overall however although though because since despite instead ' +
    'unfortunately luckily great good bad love loved hate hated best worst highly please thanks thank',
);
