/** A review that was misread: its text with the words' evidence marked in it, and the words that did most. */
import { sigmoid } from '../../../edge/inference/classifier.ts';
import type { Evidence, TokenEvidence } from '../../../edge/inference/evidence.ts';
import type { Manifest } from '../../../shared/bundle.ts';
import { tokenize } from '../../../shared/tokenizer.ts';
import { count, counted, probability, signed } from '../../format.ts';
import { type Html, html } from '../drawing/html.ts';
import type { Mistake } from './mistakes.ts';

/** A longer text is cut to the part with the most evidence, of about this length. */
const EXCERPT_CHARACTERS = 900;
const TOP_WORDS = 5;
/** A word can be as long as a text. */
const WORD_CHARACTERS = 60;
/** The share of all words that is marked weakly, or more; clearly, or more; strongly. */
const MARKED_SHARES = [0.24, 0.1, 0.035] as const;

/** From which |evidence| on a word is marked weakly, clearly and strongly. */
type Levels = readonly [weak: number, clear: number, strong: number];

/** The same for all mistakes of a page, so that they can be compared. */
export function evidenceLevels(mistakes: readonly Mistake[]): Levels {
  const sizes = mistakes
    .flatMap(({ evidence }) => evidence.tokens.map((word) => Math.abs(word.evidence)))
    .sort((a, b) => b - a);
  const [weak = 0, clear = 0, strong = 0] = MARKED_SHARES.map((share) => {
    const size = sizes[Math.floor(sizes.length * share)] ?? 0;
    return Math.max(0.01, Number(size.toPrecision(2)));
  });
  return [weak, clear, strong];
}

export function mistakeArticle(mistake: Mistake, levels: Levels, manifest: Manifest): Html {
  const { review, evidence, truncated } = mistake;
  const answer = review.label === 0 ? 1 : 0;
  const [label, said] = [manifest.labels[review.label], manifest.labels[answer]];
  const toward = answer === 1 ? 1 : -1;
  const words = topWords(evidence);
  const listed = (side: 1 | -1) =>
    words
      .filter(({ sum }) => sum * side > 0)
      .sort((a, b) => side * (b.sum - a.sum))
      .slice(0, TOP_WORDS);
  const length = truncated
    ? `${counted(review.tokens, 'token')}, the last ${count(evidence.tokens.length)} read`
    : counted(review.tokens, 'token');
  return html`<article><h4><span class="${answer === 1 ? 'one' : 'zero'}">${probability(sigmoid(toward * review.logit))} ${said}</span></h4>
<p class="soft facts"><code>${review.id}</code> · ${length}</p>
<blockquote dir="auto">${markedText(mistake, levels)}</blockquote>
<dl class="words">${wordList(`for ${said}`, listed(toward))}${wordList(`for ${label}`, listed(toward === 1 ? -1 : 1))}</dl></article>
`;
}

interface WordSum {
  readonly text: string;
  readonly times: number;
  readonly sum: number;
}

/** What every word did, wherever it stood and however it was written. */
function topWords({ tokens }: Evidence): WordSum[] {
  const sums = new Map<string, WordSum>();
  for (const { text: written, evidence } of tokens) {
    const text = tokenize(written)[0]?.text ?? written;
    const { times, sum } = sums.get(text) ?? { times: 0, sum: 0 };
    sums.set(text, { text, times: times + 1, sum: sum + evidence });
  }
  return [...sums.values()].filter(({ sum }) => Math.abs(sum) >= 0.005);
}

function wordList(title: string, words: readonly WordSum[]): Html {
  const items = words.map(
    ({ text, times, sum }) =>
      html`<dd><bdi>${clipped(text)}</bdi>${times > 1 ? html`<span class="soft">×${times}</span>` : undefined} <span class="soft">${signed(sum)}</span></dd> `,
  );
  return html`<div><dt>${title}</dt>${items.length > 0 ? items : html`<dd class="soft">nothing</dd>`}</div>`;
}

/** The text as it was written, with the words in it marked; a gap where something is left out. */
function markedText({ review: { text }, evidence: { tokens: words }, truncated }: Mistake, levels: Levels): Html {
  const [first, end] = excerptOf(words);
  const shown = words.slice(first, end);
  const last = shown.at(-1);
  if (last === undefined) return html`${plain(text.slice(0, EXCERPT_CHARACTERS))}`;
  let at = first > 0 || truncated ? (shown[0]?.start ?? 0) : 0;
  const pieces = shown.map((word) => {
    const before = plain(text.slice(Math.max(at, word.start - EXCERPT_CHARACTERS), word.start));
    at = word.end;
    return html`${before}${markedWord(word, levels)}`;
  });
  const cutBefore = first > 0 || truncated ? '… ' : '';
  const after = end < words.length ? ' …' : plain(text.slice(last.end, last.end + EXCERPT_CHARACTERS));
  return html`${cutBefore}${pieces}${after}`;
}

function markedWord({ text, evidence }: TokenEvidence, levels: Levels): Html {
  const level = levels.filter((least) => Math.abs(evidence) >= least).length;
  if (level === 0) return html`${clipped(text)}`;
  return markOf(clipped(text), evidence > 0 ? 1 : 0, level, signed(evidence));
}

function markOf(text: string, side: 0 | 1, level: number, title?: string): Html {
  const tip = title === undefined ? undefined : html` title="${title}"`;
  return html`<span class="e${level} ${side === 1 ? 'one' : 'zero'}"${tip}>${text}</span>`;
}

/** What the marks mean. */
export function evidenceLegend([weak, clear, strong]: Levels, labels: Manifest['labels']): Html {
  const sample = (side: 0 | 1) =>
    html`<span class="text">${markOf('weak', side, 1)} ${markOf('clear', side, 2)} ${markOf('strong', side, 3)}</span>`;
  return html`<p class="legend">Evidence for ${labels[1]} is underlined: ${sample(1)}; for ${labels[0]} dashed: ${sample(0)}. A word’s evidence is the change of the log-odds of ${labels[1]} when the network reads it: weak from ${weak}, clear from ${clear}, strong from ${strong}.</p>`;
}

/** The words [first, end) that hold the most evidence within the excerpt's length. */
function excerptOf(words: readonly TokenEvidence[]): [first: number, end: number] {
  let [bestFirst, bestEnd, most] = [0, 0, -1];
  let [first, inside] = [0, 0];
  for (const [index, word] of words.entries()) {
    inside += Math.abs(word.evidence);
    while (first < index && word.end - (words[first] as TokenEvidence).start > EXCERPT_CHARACTERS) {
      inside -= Math.abs((words[first] as TokenEvidence).evidence);
      first++;
    }
    if (inside >= most) [bestFirst, bestEnd, most] = [first, index + 1, inside];
  }
  return [bestFirst, bestEnd];
}

/** Line breaks and control characters are no part of what is read. */
function plain(text: string): string {
  return text.replace(/<br\s*\/?>/gi, ' ').replace(/[\s\p{Cc}]+/gu, ' ');
}

function clipped(word: string): string {
  return plain(word.length > WORD_CHARACTERS ? `${word.slice(0, WORD_CHARACTERS)}…` : word);
}
