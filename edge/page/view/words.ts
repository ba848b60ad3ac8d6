/** The text as it was written, each word marked with its evidence. */
import { levelOf, percent, signed } from '../wording.ts';
import type { Answer, TokenEvidence } from './api.ts';
import { element } from './dom.ts';

/** 1 / (1 + e⁻ˣ) */
export function sigmoid(x: number): number {
  return 1 / (1 + Math.exp(-x));
}

/** What there is to say of one word. @param one the label whose probability it is. */
export function describe({ evidence, logit, known }: TokenEvidence, one: string): string {
  return `${signed(evidence)}, then ${percent(sigmoid(logit))} ${one}${known ? '' : '; not in its vocabulary'}`;
}

/** In place of what is in `container`. @returns the words' elements, in order. */
export function renderWords(container: HTMLElement, text: string, answer: Answer, one: string): HTMLElement[] {
  const tokens = answer.evidence?.tokens ?? [];
  const pieces: (Node | string)[] = [];
  let at = 0;
  if (answer.truncated && tokens[0] !== undefined) {
    at = tokens[0].start;
    const title = 'Too long: this beginning was not read';
    pieces.push(element('span', { class: 'cut', title }, text.slice(0, at)));
  }
  const words = tokens.map((token, index) => {
    pieces.push(text.slice(at, token.start));
    at = token.end;
    const word = element('span', { class: classOf(token), 'data-word': index }, text.slice(token.start, token.end));
    word.title = describe(token, one);
    pieces.push(word);
    return word;
  });
  container.replaceChildren(...pieces, text.slice(at));
  return words;
}

function classOf({ evidence, known }: TokenEvidence): string {
  const level = levelOf(evidence);
  const mark = level === 0 ? '' : ` e${level} ${evidence > 0 ? 'one' : 'zero'}`;
  return `word${mark}${known ? '' : ' unknown'}`;
}

/** What the marks mean, with marks. */
export function legend([zero, one]: readonly [string, string], { unknown, truncated }: Answer): Node[] {
  const samples = (side: 'one' | 'zero') =>
    ['weak', 'clear', 'strong'].map((name, index) => element('span', { class: `sample e${index + 1} ${side}` }, name));
  const spaced = (nodes: Node[]) => nodes.flatMap((node) => [node, new Text(' ')]);
  return [
    element('span', {}, `for ${one}, underlined: `, ...spaced(samples('one'))),
    element('span', {}, `for ${zero}, dashed: `, ...spaced(samples('zero'))),
    ...(unknown > 0
      ? [element('span', {}, element('span', { class: 'sample unknown' }, 'not in its vocabulary'))]
      : []),
    ...(truncated ? [element('span', {}, element('span', { class: 'sample cut' }, 'too long, not read'))] : []),
  ];
}

const TOP = 5;

/** The words that did most, for those who do not see the marks and those who do. */
export function strongest(tokens: readonly TokenEvidence[], [zero, one]: readonly [string, string]): Node[] {
  const marked = tokens.filter(({ evidence }) => levelOf(evidence) > 0);
  return ([1, -1] as const).flatMap((side) => {
    const words = marked
      .filter(({ evidence }) => evidence * side > 0)
      .sort((a, b) => side * (b.evidence - a.evidence))
      .slice(0, TOP);
    const items = words.map(({ text, evidence }) =>
      element('dd', {}, element('bdi', {}, clipped(text)), ' ', element('span', { class: 'soft' }, signed(evidence))),
    );
    const none = element('dd', { class: 'soft' }, 'nothing');
    const title = element('dt', {}, `Most for ${side === 1 ? one : zero}`);
    return [element('div', {}, title, ...(items.length > 0 ? items : [none]))];
  });
}

/** A word can be as long as a text. */
export function clipped(word: string): string {
  return word.length <= 28 ? word : `${[...word].slice(0, 27).join('')}…`;
}
