/** The texts of this folder: some to count the votes of `edge/inference/reliability.ts` on, others to measure them with. */
import { readFile } from 'node:fs/promises';
import type { CLASSES } from '../../edge/inference/reliability.ts';
import { noise } from './noise.ts';

type Texts = string[];

interface Language {
  /** Halves of sentences, which fit together as they come. */
  readonly first: Texts;
  readonly second: Texts;
  readonly test: Texts;
}

async function read<T>(name: string): Promise<T> {
  return JSON.parse(await readFile(`test/reliability/${name}.json`, 'utf8'));
}

async function opinions(name: string): Promise<Texts> {
  const lines = (await readFile(`test/opinions/${name}.jsonl`, 'utf8')).trim().split('\n');
  return lines.map((line) => JSON.parse(line).text);
}

/** @returns by class, those to fit on: 50 a language and a kind of noise; by name, those to measure with. */
export async function ownTexts(): Promise<{
  fit: Record<(typeof CLASSES)[number], Texts>;
  test: Record<string, Texts>;
}> {
  const [languages, unseen, scripts, english, written, heldout] = await Promise.all([
    read<Record<string, Language>>('languages'),
    read<Record<string, Texts>>('unseen'),
    read<Texts>('scripts'),
    read<{ fit: Texts; test: Texts }>('english'),
    read<Record<'keys' | 'code' | 'table', Texts>>('noise'),
    opinions('heldout'),
  ]);
  const halves = Object.values(languages).flatMap(({ first, second }) =>
    first.flatMap((one, i) => second.filter((_, j) => (i + j) % 2 === 0).map((other) => `${one} ${other}.`)),
  );
  const tweets = [...english.fit, ...english.fit]; // as many as there are opinions, nearly
  const generated = noise(50, 2);
  return {
    fit: {
      english: [...(await opinions('development')), ...tweets],
      language: [...halves, ...scripts],
      ...noise(50, 1),
    },
    test: {
      'English: opinions': heldout,
      'English: like tweets': english.test,
      ...Object.fromEntries(Object.entries(languages).map(([name, { test }]) => [`language: ${name}`, test])),
      'language: 17 that nothing was fitted on': Object.values(unseen).flat(),
      ...Object.fromEntries(Object.entries(generated).map(([kind, texts]) => [`noise: ${kind}, made`, texts])),
      ...Object.fromEntries(Object.entries(written).map(([kind, texts]) => [`noise: ${kind}, written`, texts])),
      ...Object.fromEntries(
        [3, 5, 80].map((times) => [`a text ${times} times`, heldout.map((text) => `${text} `.repeat(times))]),
      ),
    },
  };
}
