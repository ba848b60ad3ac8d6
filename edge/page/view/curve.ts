/**
 * What the model thought after each word, as a curve that can be walked: to the keyboard and to screen readers it is a
 * slider whose value is the word.
 */
import { percent, signed } from '../wording.ts';
import type { Answer } from './api.ts';
import { round, svg } from './dom.ts';
import type { Steps } from './steps.ts';
import { clipped, describe, sigmoid } from './words.ts';

const TOP = 36;
const PLOT = 150;
/** Words are written below their places when these are so far apart. */
const READABLE = 17;
const WORD_HEIGHT = 74;

export interface Curve {
  readonly picture: SVGSVGElement;
  /** Puts the cursor on a word. */
  mark(word: number): void;
}

/** @param labels [negative, positive], the second of which is up. */
export function drawCurve(answer: Answer, steps: Steps, [zero, one]: readonly [string, string]): Curve {
  const { bias, tokens } = answer.evidence ?? { bias: 0, tokens: [] };
  const y = (probability: number) => round(TOP + (1 - probability) * PLOT);
  const written = steps.distance >= READABLE;
  const bottom = TOP + PLOT;
  const height = bottom + (written ? WORD_HEIGHT : 26);
  const points = [-1, ...tokens.keys()].map((word) => {
    const logit = tokens[word]?.logit ?? bias;
    return [round(steps.x(word)), y(sigmoid(logit))] as const;
  });
  const line = points.map(([px, py], index) => `${index === 0 ? 'M' : 'L'}${px} ${py}`).join('');
  const [end] = points.at(-1) ?? [0];
  const area = `${line}L${end} ${y(0.5)}L${steps.left} ${y(0.5)}Z`;
  const right = steps.width - 4;

  const clip = (id: string, from: number, to: number) =>
    svg('clipPath', { id }, svg('rect', { x: 0, y: from, width: steps.width, height: to - from }));
  const tick = (probability: number) => [
    svg('path', { class: probability === 0.5 ? 'half' : 'grid', d: `M${steps.left} ${y(probability)}H${right}` }),
    svg('text', { x: steps.left - 8, y: y(probability), dy: '.35em', class: 'end' }, `${probability * 100} %`),
  ];
  const dots = tokens.length <= 80 ? points.map(([cx, cy]) => svg('circle', { class: 'dot', cx, cy, r: 2.5 })) : [];
  const names = written
    ? tokens.map(({ text }, word) => {
        const at = `translate(${round(steps.x(word))} ${bottom + 14}) rotate(-52)`;
        return svg(
          'text',
          { class: 'end name', transform: at, 'data-name': word },
          text.length > 12 ? `${text.slice(0, 11)}…` : text,
        );
      })
    : [
        svg('text', { x: steps.left, y: bottom + 18, class: 'soft' }, 'first word'),
        svg('text', { x: right, y: bottom + 18, class: 'end soft' }, 'last word'),
      ];
  const cursor = svg('path', { class: 'cursor', d: '' });
  const spot = svg('circle', { class: 'spot', r: 5 });
  const caption = svg('text', { class: 'caption', y: 14 });
  const picture = svg(
    'svg',
    {
      viewBox: `0 0 ${steps.width} ${height}`,
      width: steps.width,
      height,
      role: 'slider',
      tabindex: 0,
      'aria-label': `Probability of ${one} after each word`,
      'aria-valuemin': 1,
      'aria-valuemax': tokens.length,
    },
    svg('defs', {}, clip('above', 0, y(0.5)), clip('below', y(0.5), height)),
    svg('path', { class: 'area one', 'clip-path': 'url(#above)', d: area }),
    svg('path', { class: 'area zero', 'clip-path': 'url(#below)', d: area }),
    ...[0, 0.5, 1].flatMap(tick),
    cursor,
    svg('path', { class: 'line', d: line }),
    ...dots,
    svg('text', { x: steps.left + 6, y: y(1) - 4, class: 'side' }, `${one} ↑`),
    svg('text', { x: steps.left + 6, y: y(0) - 8, class: 'side' }, `${zero} ↓`),
    ...names,
    spot,
    caption,
  );

  const mark = (word: number) => {
    const token = tokens[word];
    const [x, at] = points[word + 1] ?? [0, 0];
    if (token === undefined) return;
    cursor.setAttribute('d', `M${x} ${TOP - 8}V${bottom}`);
    spot.setAttribute('cx', String(x));
    spot.setAttribute('cy', String(at));
    const place = x < steps.width / 3 ? 'start' : x > (steps.width * 2) / 3 ? 'end' : 'middle';
    caption.setAttribute('x', String(x));
    caption.setAttribute('text-anchor', place);
    caption.textContent = `${clipped(token.text)} ${signed(token.evidence)} → ${percent(sigmoid(token.logit))}`;
    for (const name of picture.querySelectorAll('[data-name]')) {
      name.classList.toggle('current', name.getAttribute('data-name') === String(word));
    }
    picture.setAttribute('aria-valuenow', String(word + 1));
    const position = `word ${word + 1} of ${tokens.length}`;
    picture.setAttribute('aria-valuetext', `${clipped(token.text)}, ${describe(token, one)}; ${position}`);
  };
  return { picture, mark };
}
