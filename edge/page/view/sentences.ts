/** Shows the answer to each sentence of a text that has several. */
import { type Answer, labelsOf, type SentenceAnswer } from '../answer.ts';
import { isUndecided, percent } from '../wording.ts';
import { byId, element } from './dom.ts';

const section = byId('by-sentence');

export function showSentences(text: string, answer: Answer): void {
  const { sentences = [], mixed = false } = answer;
  const { labels, arrangement } = labelsOf(answer);
  section.hidden = sentences.length < 2;
  byId('mixed').hidden = !mixed;
  byId('sentences').replaceChildren(
    ...sentences.map((sentence) => {
      const tone = isUndecided(sentence) ? '' : `t${arrangement.tones[labels.indexOf(sentence.label)]}`;
      const said = element('span', { class: 'said' }, ...saidOf(sentence));
      return element('li', { class: tone }, element('bdi', {}, text.slice(sentence.start, sentence.end)), ' ', said);
    }),
  );
}

/** Its label and how likely that is; of one that could be either, that. */
function saidOf(sentence: SentenceAnswer): (Node | string)[] {
  if (isUndecided(sentence)) return ['cannot tell'];
  return [element('bdi', {}, sentence.label), ` ${percent(sentence.score)}`];
}

export function hideSentences(): void {
  section.hidden = true;
}
