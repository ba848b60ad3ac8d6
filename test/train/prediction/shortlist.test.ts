import { describe, expect, it } from 'vitest';
import { Shortlist } from '../../../train/prediction/shortlist.ts';

const UNSURE = [0.5, 0.5];
const SURE = [0.99, 0.01];

function listOf(texts: Readonly<Record<string, readonly number[]>>, count: number): Shortlist {
  const list = new Shortlist(count);
  for (const [text, scores] of Object.entries(texts)) list.add(text, scores);
  return list;
}

describe('the texts that are worth labelling', () => {
  it('are those that the model is unsure of', () => {
    const sure = Object.fromEntries(Array.from({ length: 30 }, (_, place) => [`parcel ${place} came on time`, SURE]));
    const list = listOf({ ...sure, 'the box was open but full': UNSURE }, 1);
    expect(list.choose(1)).toEqual(['the box was open but full']);
  });

  it('have more to say than others', () => {
    const short = Object.fromEntries(Array.from({ length: 30 }, (_, place) => [`word${place}`, UNSURE]));
    const long = 'the parcel came late and the box was open';
    expect(listOf({ ...short, [long]: UNSURE }, 1).choose(1)).toEqual([long]);
  });

  it('differ from each other, and the first stand for most', () => {
    const parcels = ['the parcel came very late', 'the parcel came too late', 'my parcel came so late'];
    const others = ['this soup tastes of soap', 'nobody answers your phone'];
    const list = listOf(Object.fromEntries([...parcels, ...others].map((text) => [text, UNSURE])), 3);
    const chosen = list.choose(3);
    expect(parcels).toContain(chosen[0]);
    expect(new Set(chosen.slice(1))).toEqual(new Set(others));
  });

  it('are not copies, which differ only in case, spacing and punctuation', () => {
    const list = listOf({ 'A parcel, late!': UNSURE, 'a parcel late': UNSURE, 'Cold soup.': UNSURE, '?!': UNSURE }, 4);
    expect(list.choose(4).sort()).toEqual(['A parcel, late!', 'Cold soup.']);
  });

  it('all have a word that the model reads', () => {
    const texts = ['<br>', '½', 'cold soup', 'late parcel', 'open box'];
    const list = listOf(Object.fromEntries(texts.map((text) => [text, UNSURE])), 5);
    expect(list.choose(5).sort()).toEqual(['cold soup', 'late parcel', 'open box']);
  });

  it('are the same however many others were added in between', () => {
    const fillers = Array.from({ length: 100 }, (_, place) => `filler ${place}`);
    const good = ['the parcel came very late', 'this soup tastes of soap', 'nobody answers your phone'];
    const list = new Shortlist(1);
    for (const text of [good[0], ...fillers.slice(0, 50), good[1], ...fillers.slice(50), good[2]] as string[]) {
      list.add(text, good.includes(text) ? UNSURE : SURE);
    }
    expect(new Set(list.choose(3))).toEqual(new Set(good));
  });
});
