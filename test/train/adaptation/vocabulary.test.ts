import { expect, it } from 'vitest';
import { UNKNOWN_ID, Vocabulary } from '../../../shared/vocabulary.ts';
import { adaptVocabulary, originsOf } from '../../../train/adaptation/vocabulary.ts';

const OWN = Vocabulary.of(['the', 'film', 'terrible', 'plot', 'actor', 'scene']);

it('gives words that two texts have the places of the rarest words that none has', () => {
  const texts = ['The blender, the terrible blender', 'a blender and a kettle', 'the kettle once'];
  const adapted = adaptVocabulary(OWN, texts);
  expect(adapted.words.slice(3)).toEqual(['the', 'film', 'terrible', 'plot', 'kettle', 'blender']);
  expect(adapted.size).toBe(OWN.size);
});

it('keeps every word that a text has, and leaves new words out when no place is left', () => {
  const texts = Array.from({ length: 2 }, () => 'the film terrible plot actor blender kettle toaster');
  expect(adaptVocabulary(OWN, texts).words.slice(3)).toEqual(['the', 'film', 'terrible', 'plot', 'actor', 'blender']);
});

it('knows whose weights each word begins with: a new one, those of the word that it was read as', () => {
  const texts = Array.from({ length: 2 }, () => 'a terible blender');
  const adapted = adaptVocabulary(OWN, texts);
  const words = adapted.words;
  const origins = originsOf(adapted, OWN);
  const originOf = (word: string) => OWN.words[origins[words.indexOf(word)] as number];
  expect(['the', 'film', 'terible', 'blender'].map(originOf)).toEqual(['the', 'film', 'terrible', '<unk>']);
  expect(origins[UNKNOWN_ID]).toBe(UNKNOWN_ID);
});
