/** Shows the text with each word marked by its evidence for or against one label. */
import type { Reading, Word } from '../answer.ts';
import { otherOfTwo, sides } from '../labels.ts';
import { levelOf, percent, signed } from '../wording.ts';
import { element } from './dom.ts';

/** One word's evidence and probability, in words. */
export function describe({ evidence, probabilities, known }: Word, label: number, { labels }: Reading): string {
  const now = `${percent(probabilities[label] as number)} ${labels[label]}`;
  return `${signed(evidence[label] as number)}, then ${now}${known ? '' : '; not in its vocabulary'}`;
}

/** Replaces the contents of `container`. @returns the words' elements, in order. */
export function renderWords(container: HTMLElement, reading: Reading, label: number): HTMLElement[] {
  const { text, words, truncated } = reading;
  const pieces: (Node | string)[] = [];
  let at = 0;
  if (truncated && words[0] !== undefined) {
    at = words[0].start;
    const title = 'Too long: this beginning was not read';
    pieces.push(element('span', { class: 'cut', title }, text.slice(0, at)));
  }
  const elements = words.map((word, index) => {
    pieces.push(text.slice(at, word.start));
    at = word.end;
    const one = element('span', { class: classOf(word, label, reading), 'data-word': index }, word.text);
    one.title = describe(word, label, reading);
    pieces.push(one);
    return one;
  });
  container.replaceChildren(...pieces, text.slice(at));
  return elements;
}

function classOf({ evidence, known }: Word, label: number, { labels }: Reading): string {
  const own = evidence[label] as number;
  const level = levelOf(own, labels.length);
  const mark = level === 0 ? '' : ` e${level} ${own > 0 ? 'for' : 'against'}`;
  return `word${mark}${known ? '' : ' unknown'}`;
}

/** The legend of the marks. */
export function legend(label: number, { labels, unknown, truncated }: Reading): Node[] {
  const samples = (side: 'for' | 'against') =>
    ['weak', 'clear', 'strong'].flatMap((name, index) => [
      element('span', { class: `sample e${index + 1} ${side}` }, name),
      new Text(' '),
    ]);
  const [pro, contra] = sides(label, labels);
  return [
    element('span', {}, `${pro}, underlined: `, ...samples('for')),
    element('span', {}, `${contra}, dashed: `, ...samples('against')),
    ...(unknown > 0
      ? [element('span', {}, element('span', { class: 'sample unknown' }, 'not in its vocabulary'))]
      : []),
    ...(truncated ? [element('span', {}, element('span', { class: 'sample cut' }, 'too long, not read'))] : []),
  ];
}

const TOP = 5;

/** The words with the strongest evidence, as a list: also for readers who cannot see the marks. */
export function strongest(label: number, { words, labels }: Reading): Node[] {
  const [pro, contra] = sides(label, labels);
  const other = otherOfTwo(label, labels);
  return [
    { title: pro, of: label, sign: 1 },
    other === undefined ? { title: contra, of: label, sign: -1 } : { title: contra, of: other, sign: 1 },
  ].map(({ title, of, sign }) => {
    const most = words
      .map(({ text, evidence }) => ({ text, evidence: evidence[of] as number }))
      .filter(({ evidence }) => evidence * sign > 0 && levelOf(evidence, labels.length) > 0)
      .sort((a, b) => sign * (b.evidence - a.evidence))
      .slice(0, TOP);
    const items = most.map(({ text, evidence }) =>
      element('dd', {}, element('bdi', {}, clipped(text)), ' ', element('span', { class: 'soft' }, signed(evidence))),
    );
    const none = element('dd', { class: 'soft' }, 'nothing');
    return element('div', {}, element('dt', {}, `Most ${title}`), ...(items.length > 0 ? items : [none]));
  });
}

/** Shortens a word, which may be as long as a text. */
export function clipped(word: string): string {
  return word.length <= 28 ? word : `${[...word].slice(0, 27).join('')}…`;
}
