import { describe, expect, it } from 'vitest';
import { likeliest } from '../../../shared/labels.ts';
import { type Config, PRESETS } from '../../../train/config.ts';
import { randomNumbers, shuffled } from '../../../train/random.ts';
import { softLabels, type TeachOptions, teach } from '../../../train/teacher/teach.ts';

const OPTIONS: TeachOptions = { width: 8, epochs: 2, seed: 1 };

type Label = number | undefined;

/** Texts of words that all have, and of words of one label; every third has no label. */
function corpusOf(labels: number, count: number) {
  const random = randomNumbers(5);
  const kinds = Array.from({ length: count }, () => Math.floor(random() * labels));
  const texts = kinds.map((kind) =>
    Array.from({ length: 15 }, () =>
      random() < 0.7 ? `every${Math.floor(random() * 10)}` : `kind${kind}x${Math.floor(random() * 8)}`,
    ).join(' '),
  );
  return { kinds, texts, places: kinds.map((kind, text): Label => (text % 3 === 0 ? undefined : kind)) };
}

const { texts: TEXTS, places: PLACES } = corpusOf(2, 90);

/** The probabilities of the text's labels. */
const ownOf = (answers: Float32Array, text: number, labels: number) =>
  answers.subarray(text * labels, (text + 1) * labels);

const shareRight = (
  answers: Float32Array,
  kinds: readonly Label[],
  labels: number,
  which: (text: number) => boolean,
) => {
  const asked = [...kinds.keys()].filter(which);
  return asked.filter((text) => likeliest(ownOf(answers, text, labels)) === kinds[text]).length / asked.length;
};

describe.each([
  [2, 90],
  [3, 90],
  [7, 260],
])('teach, %i labels', (labels, count) => {
  const { kinds, texts, places } = corpusOf(labels, count);

  it('gives every text a probability for each label, whether it has a label or not', async () => {
    const answers = (await teach(texts, places, labels, OPTIONS)) as Float32Array;
    expect(answers).toHaveLength(count * labels);
    expect(answers.every((p) => p >= 0 && p <= 1)).toBe(true);
    for (let text = 0; text < count; text++) {
      expect(ownOf(answers, text, labels).reduce((sum, p) => sum + p, 0)).toBeCloseTo(1, 6);
    }
    expect(shareRight(answers, kinds, labels, (text) => places[text] !== undefined)).toBeGreaterThan(0.9);
    expect(shareRight(answers, kinds, labels, (text) => places[text] === undefined)).toBeGreaterThan(0.9);
    expect(await teach(texts, places, labels, OPTIONS)).toEqual(answers);
  });

  it('never uses a text’s own label', async () => {
    // Each text has a word of its own, often enough to be an n-gram, and there is nothing to be learned from the others.
    // The vectors are as wide as there are texts, so that a model could know them all by heart.
    const strangers = Array.from({ length: 120 }, (_, text) => `${`own${text} `.repeat(6)} the film was shown`);
    const drawn = shuffled(
      strangers.map((_, text): Label => text % labels),
      3,
    );
    const answers = (await teach(strangers, drawn, labels, { ...OPTIONS, width: 120 })) as Float32Array;
    expect(shareRight(answers, drawn, labels, () => true)).toBeLessThan(1 / labels + 0.15);
  });

  it('is calibrated: its mean probabilities are the shares of the labels', async () => {
    const some = places.map((place, text): Label => (place === 1 && text % 4 === 0 ? 0 : place)); // some are wrong
    const answers = (await teach(texts, some, labels, OPTIONS)) as Float32Array;
    const labelled = [...some.keys()].filter((text) => some[text] !== undefined);
    const mean = (value: (text: number) => number) =>
      labelled.reduce((sum, text) => sum + value(text), 0) / labelled.length;
    for (let label = 0; label < labels; label++) {
      expect(mean((text) => ownOf(answers, text, labels)[label] as number)).toBeCloseTo(
        mean((text) => Number(some[text] === label)),
        2,
      );
    }
  });
});

describe('teach', () => {
  it('accepts a label with fewer texts than folds', async () => {
    const { texts, places } = corpusOf(2, 90);
    const rare = places.map((place, text) => (text === 1 ? 2 : place));
    const answers = (await teach(texts, rare, 3, OPTIONS)) as Float32Array;
    expect(answers.every((p) => p >= 0 && p <= 1)).toBe(true);
  });

  it('reports its stages and progress', async () => {
    const said: [string, number][] = [];
    await teach(TEXTS, PLACES, 2, { ...OPTIONS, onProgress: (what, share) => said.push([what, share]) });
    const sharesOf = (wanted: string) => said.flatMap(([what, share]) => (what === wanted ? [share] : []));
    // Two costs are tried on the first of five folds.
    expect(sharesOf('teacher: n-grams')).toEqual([0, 1, 2, 3, 4, 5, 6].map((part) => part / 6));
    expect(sharesOf('teacher: document vectors').at(-1)).toBe(1);
    expect([...new Set(said.map(([what]) => what))]).toEqual(['teacher: n-grams', 'teacher: document vectors']);
  });

  it.each(['teacher: n-grams', 'teacher: document vectors'])(
    'stops when the signal is aborted, during %s',
    async (when) => {
      const interruption = new AbortController();
      const after: string[] = [];
      const answers = await teach(TEXTS, PLACES, 2, {
        ...OPTIONS,
        signal: interruption.signal,
        onProgress: (what, share) => {
          if (interruption.signal.aborted) after.push(what);
          if (what === when && share > 0.3) interruption.abort();
        },
      });
      expect([answers, after]).toEqual([undefined, []]);
    },
  );
});

describe('softLabels', () => {
  it('are the teacher’s for texts without a label, and halfway to the label for others', async () => {
    const { texts, places } = corpusOf(3, 90);
    // The dataset's order is that of the ids, which is the one of the texts; the set has it the other way round.
    const reviews = texts.flatMap((text, index) => {
      const label = places[index];
      return label === undefined ? [] : [{ id: String(index).padStart(2, '0'), text, label }];
    });
    const unlabelled = texts.filter((_, index) => places[index] === undefined);
    const facts = {
      name: 'made up',
      reviews: reviews.length,
      unlabelled: unlabelled.length,
      validationReviews: 0,
      digest: '',
    };
    const set = {
      facts: { ...facts, labels: ['a', 'b', 'c'] },
      train: reviews.toReversed(),
      validation: [],
      unlabelled,
    };
    const config = {
      ...(PRESETS['best'] as Config),
      teacherWidth: OPTIONS.width,
      teacherEpochs: OPTIONS.epochs,
      seed: OPTIONS.seed,
    };
    const targets = (await softLabels(set, config, {})) as Float32Array;
    const inOrder = [...reviews.map(({ text }) => text), ...unlabelled];
    const labels = [...reviews.map(({ label }) => label), ...unlabelled.map(() => undefined)];
    const taught = (await teach(inOrder, labels, 3, OPTIONS)) as Float32Array;
    for (const [index, text] of [...set.train.map(({ text }) => text), ...unlabelled].entries()) {
      const place = inOrder.indexOf(text);
      const label = labels[place];
      const said = [...ownOf(taught, place, 3)];
      const expected = label === undefined ? said : said.map((p, other) => (p + Number(other === label)) / 2);
      expect([...ownOf(targets, index, 3)]).toEqual(expected.map((p) => expect.closeTo(p, 6)));
    }
  });

  it('are undefined after a stop', async () => {
    const facts = { name: 'made up', labels: ['a', 'b'], reviews: 0, unlabelled: 90, validationReviews: 0, digest: '' };
    const set = { facts, train: [], validation: [], unlabelled: TEXTS };
    expect(await softLabels(set, PRESETS['best'] as Config, { signal: AbortSignal.abort() })).toBeUndefined();
  });
});
