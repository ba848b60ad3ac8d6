/** Emoji. Skin tone and gender are dropped, so a vocabulary has one 👍 and one 🤷. */

import { characterAt } from './characters.ts';
import type { Token } from './token.ts';

/** Hearts of any colour and shape, ♥ and <3 too, but not the broken one. */
export const HEART = '❤';
const HEARTS = new Set('❤♥❣💓💕💖💗💘💙💚💛💜💝💞💟🖤🤍🤎🧡🩵🩶🩷');
/** For all countries, because which one says nothing about an opinion. */
const FLAG = '🏳';
const JOINER = '\u200D';

/** The emoji that starts at `start`, where a pictograph stands: with its skin tone, and with all that is joined to it, as in 👩‍🚒. */
export function readEmoji(text: string, start: number): Token {
  const { folded, width } = characterAt(text, start);
  let end = endOfVariation(text, start + width);
  while (text[end] === JOINER && characterAt(text, end + 1).role === 'pictograph') {
    end = endOfVariation(text, end + 1 + characterAt(text, end + 1).width);
  }
  return { text: HEARTS.has(folded) ? HEART : folded, start, end };
}

/** The flag that starts at `start`, where one half stands; undefined where the other is missing. */
export function readFlag(text: string, start: number): Token | undefined {
  const middle = start + characterAt(text, start).width;
  const other = characterAt(text, middle);
  return other.role === 'flag' ? { text: FLAG, start, end: middle + other.width } : undefined;
}

/** The end of presentation selectors, skin tones, and tag letters (🏴 with them is Scotland's flag). */
function endOfVariation(text: string, start: number): number {
  let end = start;
  for (;;) {
    const point = text.codePointAt(end) ?? 0;
    const isPresentation = point === 0xfe0e || point === 0xfe0f;
    const isSkinTone = point >= 0x1f3fb && point <= 0x1f3ff;
    const isTag = point >= 0xe0020 && point <= 0xe007f;
    if (!isPresentation && !isSkinTone && !isTag) return end;
    end += isPresentation ? 1 : 2;
  }
}
