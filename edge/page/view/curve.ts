/**
 * The curve of a label's probability after each word, in front of the other labels' curves. To the keyboard and to screen
 * readers it is a slider whose value is the word.
 */
import type { Reading } from '../answer.ts';
import { percent, signed } from '../wording.ts';
import { round, svg } from './dom.ts';
import type { Steps } from './steps.ts';
import { clipped, describe } from './words.ts';

const TOP = 36;
const PLOT = 150;
/** The distance from lines to the edge. */
const RIGHT = 4;
/** The least distance of words, in pixels, at which they are written below the curve. */
const READABLE = 17;
const WORD_HEIGHT = 74;

export interface Curve {
  readonly picture: SVGSVGElement;
  /** Puts the cursor on a word. */
  mark(word: number): void;
}

/** @param label the one whose curve is in front, and read out. */
export function drawCurve(reading: Reading, steps: Steps, label: number): Curve {
  const { words, before, labels, arrangement } = reading;
  const { shown, tones } = arrangement;
  const name = labels[label] as string;
  const y = (probability: number) => round(TOP + (1 - probability) * PLOT);
  const written = steps.distance >= READABLE;
  const bottom = TOP + PLOT;
  const height = bottom + (written ? WORD_HEIGHT : 26);
  const moments = [before, ...words.map(({ probabilities }) => probabilities)];
  const points = (one: number) =>
    moments.map((probabilities, index) => [round(steps.x(index - 1)), y(probabilities[one] as number)] as const);
  const lineOf = (one: number) =>
    points(one).reduce((line, [px, py]) => `${line}${line === '' ? 'M' : 'L'}${px} ${py}`, '');
  const own = points(label);
  const area = `${lineOf(label)}L${own.at(-1)?.[0]} ${bottom}L${steps.left} ${bottom}Z`;
  const others = shown.filter((one) => one !== label);
  const tone = `t${tones[label]}`;

  const tick = (probability: number) => [
    svg('path', {
      class: probability === 0.5 ? 'half' : 'grid',
      d: `M${steps.left} ${y(probability)}H${steps.width - RIGHT}`,
    }),
    svg('text', { x: steps.left - 8, y: y(probability), dy: '.35em', class: 'end' }, `${probability * 100} %`),
  ];
  const dots = words.length <= 80 ? own.map(([cx, cy]) => svg('circle', { class: `dot ${tone}`, cx, cy, r: 2.5 })) : [];
  const cursor = svg('path', { class: 'cursor', d: '' });
  const spots = [...others, label].map((one) => {
    const kind = one === label ? 'spot' : 'spot other';
    return { one, circle: svg('circle', { class: `${kind} t${tones[one]}`, r: one === label ? 5 : 3 }) };
  });
  const caption = svg('text', { class: 'caption', y: 14 });
  const picture = svg(
    'svg',
    {
      viewBox: `0 0 ${steps.width} ${height}`,
      width: steps.width,
      height,
      role: 'slider',
      tabindex: 0,
      'aria-label': `Probability of ${name} after each word`,
      'aria-valuemin': 1,
      'aria-valuemax': words.length,
    },
    ...[0, 0.5, 1].flatMap(tick),
    svg('path', { class: `area ${tone}`, d: area }),
    ...others.map((one) => svg('path', { class: `line other t${tones[one]}`, d: lineOf(one) })),
    cursor,
    svg('path', { class: `line ${tone}`, d: lineOf(label) }),
    ...dots,
    ...(written ? namesOf(words, steps, bottom) : endsOf(steps, bottom)),
    ...spots.map(({ circle }) => circle),
    caption,
  );

  const mark = (at: number) => {
    const word = words[at];
    if (word === undefined) return;
    const x = round(steps.x(at));
    cursor.setAttribute('d', `M${x} ${TOP - 8}V${bottom}`);
    for (const { one, circle } of spots) {
      circle.setAttribute('cx', String(x));
      circle.setAttribute('cy', String(y(word.probabilities[one] as number)));
    }
    const place = x < steps.width / 3 ? 'start' : x > (steps.width * 2) / 3 ? 'end' : 'middle';
    caption.setAttribute('x', String(x));
    caption.setAttribute('text-anchor', place);
    const now = `${percent(word.probabilities[label] as number)} ${clipped(name)}`;
    caption.textContent = `${clipped(word.text)} ${signed(word.evidence[label] as number)} → ${now}`;
    for (const one of picture.querySelectorAll('[data-name]')) {
      one.classList.toggle('current', one.getAttribute('data-name') === String(at));
    }
    picture.setAttribute('aria-valuenow', String(at + 1));
    const position = `word ${at + 1} of ${words.length}`;
    picture.setAttribute('aria-valuetext', `${clipped(word.text)}, ${describe(word, label, reading)}; ${position}`);
  };
  return { picture, mark };
}

/** The words, slanted, below the curve. */
function namesOf(words: Reading['words'], steps: Steps, bottom: number): SVGElement[] {
  return words.map(({ text }, word) => {
    const transform = `translate(${round(steps.x(word))} ${bottom + 14}) rotate(-52)`;
    const short = text.length > 12 ? `${text.slice(0, 11)}…` : text;
    return svg('text', { class: 'end name', transform, 'data-name': word }, short);
  });
}

/** The axis when there is no room for words. */
function endsOf(steps: Steps, bottom: number): SVGElement[] {
  return [
    svg('text', { x: steps.left, y: bottom + 18, class: 'soft' }, 'first word'),
    svg('text', { x: steps.width - RIGHT, y: bottom + 18, class: 'end soft' }, 'last word'),
  ];
}
