/**
 * The shipped model on short texts that it has not read: opinions about films and other things, written for this project,
 * and texts that hold no opinion. `development.jsonl` was looked at while the model was made, `heldout.jsonl` was not.
 */
import { readFile } from 'node:fs/promises';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Classifier } from '../edge/inference/classifier.ts';
import { openClassifier } from '../train/export/bundle.ts';

interface Opinion {
  readonly text: string;
  readonly kind: string;
  readonly label?: string;
}

let classifier: Classifier;
beforeAll(async () => {
  ({ classifier } = await openClassifier('model'));
});

async function read(file: string): Promise<Opinion[]> {
  const lines = (await readFile(`test/opinions/${file}.jsonl`, 'utf8')).trim().split('\n');
  return lines.map((line) => JSON.parse(line));
}

async function accuracyOn(file: string): Promise<number> {
  const opinions = await read(file);
  const labels = ['negative', 'positive'];
  const answers = await classifier.classify(opinions.map(({ text }) => ({ text, labels })));
  return opinions.filter(({ label }, index) => answers[index]?.label === label).length / opinions.length;
}

describe('the shipped model', () => {
  it('classifies short opinions about many subjects', async () => {
    expect(await accuracyOn('development')).toBeGreaterThan(0.78);
    expect(await accuracyOn('heldout')).toBeGreaterThan(0.75);
  });

  it('finds most texts without an opinion neutral, and is sure of the contrary of hardly any', async () => {
    const answers = await classifier.classify((await read('neutral')).map(({ text }) => text));
    const others = answers.filter(({ label }) => label !== 'neutral');
    expect(others.length / answers.length).toBeLessThan(0.25);
    expect(others.filter(({ score }) => score > 0.9).length).toBeLessThan(2);
  });

  it.each([
    ['Not bad at all.', 'positive'],
    ['I wanted to like it.', 'negative'],
    ['It was not good.', 'negative'],
    ['TERRIBLE ACTING', 'negative'],
    ['sooo funny, i loooved it', 'positive'],
    ['a wonderfull film i realy loved it', 'positive'],
  ])('hears the "not", the shouting and the slip: %s', async (text, label) => {
    const [answer] = await classifier.classify([text]);
    expect(answer?.label).toBe(label);
  });

  it('gives capitals and small letters the same answer', async () => {
    const [small, large] = await classifier.classify(['a dull and pointless film', 'A DULL AND POINTLESS FILM']);
    expect(large?.logits).toEqual(small?.logits);
  });
});
