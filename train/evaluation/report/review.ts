/** A wrongly answered review: its text with the words' evidence marked, and the words with the most evidence. */
import { tokenize } from '../../../shared/tokenizer.ts';
import { clipped, count, counted, probability, signed } from '../../format.ts';
import { type Html, html } from '../drawing/html.ts';
import type { Mistake, Word } from './mistakes.ts';

/** Longer texts are cut to the part with the most evidence, of about this length. */
const EXCERPT_CHARACTERS = 900;
const TOP_WORDS = 5;
/** Longer words are cut. */
const WORD_CHARACTERS = 60;
/** The shares of all words that are marked at least weakly, at least clearly, and strongly. */
const MARKED_SHARES = [0.24, 0.1, 0.035] as const;

/** The least |evidence| of a word that is marked weakly, clearly and strongly. */
type Levels = readonly [weak: number, clear: number, strong: number];

/** One set of levels for all mistakes of a page, so that marks can be compared. */
export function evidenceLevels(mistakes: readonly Mistake[]): Levels {
  const sizes = mistakes.flatMap(({ words }) => words.map(({ evidence }) => Math.abs(evidence))).sort((a, b) => b - a);
  const [weak = 0, clear = 0, strong = 0] = MARKED_SHARES.map((share) => {
    const size = sizes[Math.floor(sizes.length * share)] ?? 0;
    return Math.max(0.01, Number(size.toPrecision(2)));
  });
  return [weak, clear, strong];
}

/** @param labels the evaluation's. */
export function mistakeArticle(mistake: Mistake, levels: Levels, labels: readonly string[]): Html {
  const { review, truncated } = mistake;
  const [label, answer] = [labels[review.label] as string, labels[review.answer] as string];
  const [ofLabel, ofAnswer] = [review.label, review.answer].map((place) => probability(review.scores[place] as number));
  const words = topWords(mistake.words);
  const listed = (side: Side) =>
    words
      .filter(({ sum }) => sideOf(sum) === side)
      .sort((a, b) => Math.abs(b.sum) - Math.abs(a.sum))
      .slice(0, TOP_WORDS);
  const length = truncated
    ? `${counted(review.tokens, 'token')}, the last ${count(mistake.words.length)} read`
    : counted(review.tokens, 'token');
  return html`<article><h4><span class="answer">${ofAnswer} for <bdi>${answer}</bdi></span></h4>
<p class="soft facts">${ofLabel} for <bdi>${label}</bdi> · <code>${review.id}</code> · ${length}</p>
<blockquote dir="auto">${markedText(mistake, levels)}</blockquote>
<dl class="words">${wordList(answer, listed('answer'))}${wordList(label, listed('truth'))}</dl></article>
`;
}

/** Whether evidence is for the answer or for the true label. */
type Side = 'answer' | 'truth';

function sideOf(evidence: number): Side {
  return evidence > 0 ? 'answer' : 'truth';
}

interface WordSum {
  readonly text: string;
  readonly times: number;
  readonly sum: number;
}

/** The summed evidence of each word, whatever its places and spellings. */
function topWords(words: readonly Word[]): WordSum[] {
  const sums = new Map<string, WordSum>();
  for (const { text: written, evidence } of words) {
    const text = tokenize(written)[0]?.text ?? written;
    const { times, sum } = sums.get(text) ?? { times: 0, sum: 0 };
    sums.set(text, { text, times: times + 1, sum: sum + evidence });
  }
  return [...sums.values()].filter(({ sum }) => Math.abs(sum) >= 0.005);
}

function wordList(label: string, words: readonly WordSum[]): Html {
  const items = words.map(
    ({ text, times, sum }) =>
      html`<dd><bdi>${shortened(text)}</bdi>${times > 1 ? html`<span class="soft">×${times}</span>` : undefined} <span class="soft">${signed(sum)}</span></dd> `,
  );
  return html`<div><dt>for <bdi>${label}</bdi></dt>${items.length > 0 ? items : html`<dd class="soft">nothing</dd>`}</div>`;
}

/** The text with its words marked, and "…" where something is left out. */
function markedText({ review: { text }, words, truncated }: Mistake, levels: Levels): Html {
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

function markedWord({ text, evidence }: Word, levels: Levels): Html {
  const level = levels.filter((least) => Math.abs(evidence) >= least).length;
  if (level === 0) return html`${shortened(text)}`;
  return markOf(shortened(text), sideOf(evidence), level, signed(evidence));
}

function markOf(text: string, side: Side, level: number, title?: string): Html {
  const tip = title === undefined ? undefined : html` title="${title}"`;
  return html`<span class="e${level} ${side}"${tip}>${text}</span>`;
}

/** Explains the marks. */
export function evidenceLegend([weak, clear, strong]: Levels): Html {
  const sample = (side: Side) =>
    html`<span class="text">${markOf('weak', side, 1)} ${markOf('clear', side, 2)} ${markOf('strong', side, 3)}</span>`;
  return html`<p class="legend">Evidence for the answer is underlined: ${sample('answer')}. Evidence for the true label is dashed: ${sample('truth')}. It is the change of the log-odds of the answer against the true label as the network reads the word: weak from ${weak}, clear from ${clear}, strong from ${strong}.</p>`;
}

/** The words [first, end) with the most evidence within the excerpt's length. */
function excerptOf(words: readonly Word[]): [first: number, end: number] {
  let [bestFirst, bestEnd, most] = [0, 0, -1];
  let [first, inside] = [0, 0];
  for (const [index, word] of words.entries()) {
    inside += Math.abs(word.evidence);
    while (first < index && word.end - (words[first] as Word).start > EXCERPT_CHARACTERS) {
      inside -= Math.abs((words[first] as Word).evidence);
      first++;
    }
    if (inside >= most) [bestFirst, bestEnd, most] = [first, index + 1, inside];
  }
  return [bestFirst, bestEnd];
}

/** Replaces line breaks and control characters by spaces. */
function plain(text: string): string {
  return text.replace(/<br\s*\/?>/gi, ' ').replace(/[\s\p{Cc}]+/gu, ' ');
}

function shortened(word: string): string {
  return plain(clipped(word, WORD_CHARACTERS));
}
