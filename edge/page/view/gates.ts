/**
 * Shows, for the units that matter most for a label, how open the three gates were at each word, and the memory. The page computes
 * them (`../gates.ts`) from weights that it fetches when the view is opened.
 */
import { encode } from '../../../shared/encoding.ts';
import { labelLogits } from '../../../shared/labels.ts';
import { tokenize } from '../../../shared/tokenizer.ts';
import { Vocabulary } from '../../../shared/vocabulary.ts';
import { contributions, type Trace, trace, unitsThatMatter } from '../gates.ts';
import { decodeWeights } from '../weights.ts';
import { signed } from '../wording.ts';
import type { Model } from './api.ts';
import { element, round, svg } from './dom.ts';
import type { Steps } from './steps.ts';
import { clipped } from './words.ts';

const UNITS = 4;
const STRIP = 30;
const GAP = 9;

export interface GatesView {
  /** Shows the gates at the words of a text, for one of the model's labels. */
  draw(text: string, steps: Steps, label: string): void;
  /** Puts the cursor on a word. @param text the word as written. */
  mark(word: number, text: string): void;
}

async function get(path: string): Promise<Response> {
  const response = await fetch(path);
  if (response.ok) return response;
  throw new Error(response.status === 404 ? 'this model has no gates to show.' : `${response.status}.`);
}

/** @param model the server's. @throws Error when the page's weights are of another version. */
export async function openGates(box: HTMLElement, model: Model): Promise<GatesView> {
  const [file, words] = await Promise.all([get('/weights.bin'), get('/vocabulary.txt')]);
  const weights = decodeWeights(await file.arrayBuffer());
  if (weights.version !== model.version) {
    throw new Error(
      `the page has the weights of version ${weights.version}, the server answers with ${model.version}.`,
    );
  }
  const vocabulary = Vocabulary.parse(await words.text());
  const { labels } = model;
  let cards: Card[] = [];

  return {
    draw(text, steps, label) {
      const { ids, tokens } = encode(tokenize(text), vocabulary, model.maxTokens);
      const traced = trace(ids, weights);
      const place = labels.indexOf(label);
      /** This label's column of [rows × labels]. */
      const own = (rows: Float64Array) => rows.filter((_, at) => at % labels.length === place);
      const contribution = own(contributions(traced, weights, traced.steps - 1));
      const offset = traced.steps - tokens.length; // START, which has no word
      cards = unitsThatMatter(contribution, UNITS).map((unit) =>
        cardOf(traced, unit, { offset, steps, contribution: contribution[unit] as number, label }),
      );
      const last = (rows: Float64Array) => signed(own(rows).at(-1) as number);
      const sum = contribution.reduce((total, value) => total + value, 0);
      const beside = weights.words === undefined ? '' : `, words and pairs beside them ${last(traced.beside)}`;
      const bias = last(labelLogits(weights.bias, weights.columns));
      box.replaceChildren(
        element(
          'p',
          { class: 'small' },
          `The logit of ${label} is ${last(traced.logits)}, computed in this page: the ${traced.units} units ${signed(sum)}${beside}, bias ${bias}. Below are the ${cards.length} units with the largest contributions.`,
        ),
        element('div', { class: 'cards' }, ...cards.map(({ node }) => node)),
      );
    },
    mark(word, text) {
      for (const card of cards) card.mark(word, text);
    },
  };
}

interface Card {
  readonly node: HTMLElement;
  mark(word: number, text: string): void;
}

interface CardOptions {
  /** Steps before the first word. */
  readonly offset: number;
  readonly steps: Steps;
  /** The unit's contribution to the logit of `label`. */
  readonly contribution: number;
  readonly label: string;
}

function cardOf(traced: Trace, unit: number, { offset, steps, contribution, label }: CardOptions): Card {
  const at = (values: Float32Array, word: number) => values[(word + offset) * traced.units + unit] ?? 0;
  const words = Array.from({ length: steps.count }, (_, word) => word);
  const wide = Math.max(1, Math.min(steps.distance - 1, 22));
  const most = Math.max(1, ...words.map((word) => Math.abs(at(traced.cell, word))));
  /** A bar for each word, from a base line, all in one path: a long text would have thousands of elements. */
  const bars = (base: number, heightAt: (word: number) => number) =>
    words
      .map(
        (word) =>
          `M${round(steps.x(word) - wide / 2)} ${round(base)}h${round(wide)}v${round(-heightAt(word))}h${round(-wide)}z`,
      )
      .join('');
  const strips = [
    ['forget', traced.forget],
    ['input', traced.input],
    ['output', traced.output],
  ] as const;
  const right = steps.width - 4;
  const parts = strips.flatMap(([name, values], index) => {
    const base = (index + 1) * (STRIP + GAP);
    return [
      svg('path', { class: 'grid', d: `M${steps.left} ${base - STRIP}H${right}M${steps.left} ${base}H${right}` }),
      svg('path', { class: `bar ${name}`, d: bars(base, (word) => at(values, word) * STRIP) }),
      svg('text', { class: 'end', x: steps.left - 6, y: base - STRIP / 2, dy: '.35em' }, name),
    ];
  });
  const zero = strips.length * (STRIP + GAP) + GAP + STRIP;
  const height = zero + STRIP + 4;
  const memory = (side: 1 | -1) =>
    bars(zero, (word) => (Math.sign(at(traced.cell, word)) === side ? (at(traced.cell, word) / most) * STRIP : 0));
  const cursor = svg('path', { class: 'cursor', d: '' });
  const picture = svg(
    'svg',
    { viewBox: `0 0 ${steps.width} ${height}`, width: steps.width, height, 'aria-hidden': 'true' },
    cursor,
    ...parts,
    svg('path', { class: 'grid', d: `M${steps.left} ${zero}H${right}` }),
    svg('path', { class: 'bar above', d: memory(1) }),
    svg('path', { class: 'bar under', d: memory(-1) }),
    svg('text', { class: 'end', x: steps.left - 6, y: zero, dy: '.35em' }, 'cell'),
  );
  const sentence = element('p', { class: 'small sentence' });
  const title = element(
    'h3',
    {},
    `Unit ${unit} `,
    element(
      'span',
      { class: contribution > 0 ? 'for' : 'against' },
      `${signed(contribution)} to the logit of ${label}`,
    ),
  );
  const mark = (word: number, text: string) => {
    const x = round(steps.x(word));
    cursor.setAttribute('d', `M${x} 0V${height}`);
    const share = (values: Float32Array) => `${Math.round(at(values, word) * 100)} %`;
    const before = word + offset === 0 ? 0 : at(traced.cell, word - 1);
    sentence.replaceChildren(
      'At “',
      element('bdi', {}, clipped(text)),
      '” it keeps ',
      element('b', {}, share(traced.forget)),
      ` of its memory of ${signed(before)}, lets in `,
      element('b', {}, share(traced.input)),
      ` of a new ${signed(at(traced.candidate, word))}, remembers ${signed(at(traced.cell, word))}, and shows `,
      element('b', {}, share(traced.output)),
      ' of that.',
    );
  };
  return { node: element('article', {}, title, picture, sentence), mark };
}
