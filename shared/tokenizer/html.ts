/**
 * Pasted HTML: entities are read as the characters that they stand for, and markup is skipped.
 *
 * The patterns here and in the files beside are sticky: each is tried at one place, and reads a bounded number of code units or up to the
 * next place where it could be tried. So the time is linear in the text.
 */

/** An ampersand may be escaped once more, as in `&amp;#39;`. */
const ENTITY = /&(amp;)?(?:#(\d{1,7})|#x([\da-f]{1,6})|([a-z]{2,8}\d{0,2}));/iy;
/** Entities of letters and other characters of tokens. */
const NAMED = new Map(
  Object.entries({
    ...{ apos: "'", lsquo: '‘', rsquo: '’', excl: '!', quest: '?', hearts: '♥', star: '☆', starf: '★' },
    ...{ shy: '\u00AD', zwj: '\u200D', zwnj: '\u200C' },
    ...{ oslash: 'ø', aelig: 'æ', oelig: 'œ', szlig: 'ß', eth: 'ð', thorn: 'þ' },
  }),
);
/** é and its like: their accents are dropped anyway. */
const ACCENTED = /^([a-z])(?:acute|grave|circ|uml|tilde|cedil|ring|caron)$/;
/** Entities of characters that separate words. */
const SEPARATORS = new Set(
  `amp lt gt quot nbsp ensp emsp thinsp ldquo rdquo bdquo sbquo laquo raquo lsaquo rsaquo hellip ndash mdash bull middot iexcl iquest
   cent pound yen euro copy reg trade deg plusmn times divide sect para frac12 frac14 frac34 larr rarr uarr darr dagger num sol colon`.split(
    /\s+/,
  ),
);
const SPACE = 0x20;
const REPLACEMENT = 0xfffd;

/** The code point of the entity at `at`, where an ampersand stands; undefined if there is none. */
export function entityAt(text: string, at: number): { point: number; width: number } | undefined {
  ENTITY.lastIndex = at;
  const [entity, escaped, decimal, hexadecimal, name] = ENTITY.exec(text) ?? [];
  if (entity === undefined) return undefined;
  const point = name === undefined ? numbered(decimal, hexadecimal) : named(name.toLowerCase());
  if (point !== undefined) return { point, width: entity.length };
  return escaped === undefined ? undefined : { point: SPACE, width: '&amp;'.length };
}

function numbered(decimal: string | undefined, hexadecimal = ''): number {
  const point = decimal === undefined ? Number.parseInt(hexadecimal, 16) : Number(decimal);
  const isCharacter = point <= 0x10ffff && (point < 0xd800 || point > 0xdfff);
  return isCharacter ? point : REPLACEMENT;
}

function named(name: string): number | undefined {
  const character = NAMED.get(name) ?? ACCENTED.exec(name)?.[1];
  return character === undefined ? (SEPARATORS.has(name) ? SPACE : undefined) : character.codePointAt(0);
}

/** Elements that are tags without attributes. Other names need a slash or attributes: `<sigh>` and `<grin>` are words. */
const ELEMENTS = new Set(
  `a abbr address article aside b big blockquote body br button caption center cite code col dd del details dfn div dl dt em fieldset figcaption figure
   font footer form h1 h2 h3 h4 h5 h6 head header hr html i iframe img input ins kbd label legend li link main mark meta nav noscript ol optgroup option p
   picture pre q s samp script section select small source span strike strong style sub summary sup svg table tbody td template textarea tfoot th thead
   title tr tt u ul var video wbr`.split(/\s+/),
);
const TAG = /<(\/?[a-z][\w:-]*)\s*(?:\/\s*)?>/iy;
/** At most 4,096 characters: more are a text with a `<` and, far behind it, a `>`. */
const TAG_WITH_ATTRIBUTES = /<([a-z][\w:-]*(?=\s+[\w:@.-]+\s*=)|(?:script|style|!doctype|\?xml)(?=\s))[^<>]{0,4096}>/iy;

/**
 * @returns finds the end of the tag, comment, script or style at `start`, where a `<` stands; undefined if there is none. If a comment,
 * script or style does not end, only its beginning is skipped. Call it in the order of the text: a missing end is then sought only once.
 */
export function markupOf(text: string): (start: number) => number | undefined {
  const endOfComment = endFinder(text, /-->/g);
  const endOfScript = endFinder(text, /<\/script\s*>/gi);
  const endOfStyle = endFinder(text, /<\/style\s*>/gi);
  return (start) => {
    if (text.startsWith('<!--', start)) return endOfComment(start + 4) ?? start + 4;
    const tag = tagAt(text, start);
    if (tag?.opens === 'script') return endOfScript(tag.end) ?? tag.end;
    if (tag?.opens === 'style') return endOfStyle(tag.end) ?? tag.end;
    return tag?.end;
  };
}

/** The tag that starts at `start`, and the element that it opens. */
function tagAt(text: string, start: number): { opens: string; end: number } | undefined {
  TAG.lastIndex = start;
  TAG_WITH_ATTRIBUTES.lastIndex = start;
  const bare = TAG.exec(text);
  const tag = bare ?? TAG_WITH_ATTRIBUTES.exec(text);
  if (tag === null) return undefined;
  const name = (tag[1] as string).toLowerCase();
  if (bare !== null && !name.startsWith('/') && !ELEMENTS.has(name)) return undefined;
  return { opens: name, end: start + tag[0].length };
}

/** @param pattern a global one */
function endFinder(text: string, pattern: RegExp): (from: number) => number | undefined {
  let found: RegExpExecArray | null | undefined;
  return (from) => {
    if (found === undefined || (found !== null && found.index < from)) {
      pattern.lastIndex = from;
      found = pattern.exec(text);
    }
    return found === null ? undefined : found.index + found[0].length;
  };
}
