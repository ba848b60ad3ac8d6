/**
 * Measures how far back a cell remembers.
 *
 * A text is one of two signal words followed by noise words; the signal is its label. A cell that forgets the first word cannot
 * do better than chance.
 */
import { START_ID } from '../../../shared/vocabulary.ts';
import { type Config, PRESETS } from '../../config.ts';
import { certainties, type Example, type Target } from '../../data/examples.ts';
import { buildModel, trainableVariables } from '../../model/model.ts';
import { randomNumbers } from '../../random.ts';
import { Adam } from '../../training/adam.ts';
import { Trainer } from '../../training/trainer.ts';

interface MemoryTask {
  readonly cell: Config['cell'];
  /** Words in a text. */
  readonly length: number;
  readonly steps: number;
  readonly seed: number;
}

const SIGNALS = [3, 4] as const;
/** The training target for each signal. */
const TARGETS = certainties(SIGNALS.length);
const FIRST_NOISE = 5;
const NOISE_WORDS = 8;
const BATCH_SIZE = 64;
const TEST_TEXTS = 1_024;

/** The accuracy on held-out texts; 0.5 is chance. */
export async function memoryAccuracy({ cell, length, steps, seed }: MemoryTask): Promise<number> {
  const random = randomNumbers(seed);
  const model = buildModel({ cell, vocabularySize: FIRST_NOISE + NOISE_WORDS, embeddingUnits: 16, units: 32, seed });
  const adam = new Adam(3e-3, trainableVariables(model));
  const trainer = await Trainer.create(model, adam, { ...(PRESETS['seed'] as Config), cell });
  for (let step = 0; step < steps; step++) trainer.step(texts(BATCH_SIZE, length, random));
  const held = texts(TEST_TEXTS, length, random);
  const probabilities = trainer.predict(held.map(({ ids }) => ids)); // [texts × labels]
  const correct = held.filter(({ target }, row) => {
    const [first = 0, second = 0] = probabilities.subarray(row * SIGNALS.length, (row + 1) * SIGNALS.length);
    return target[second >= first ? 1 : 0] === 1;
  }).length;
  trainer.dispose();
  adam.dispose();
  model.dispose();
  return correct / held.length;
}

function texts(count: number, length: number, random: () => number): Example[] {
  return Array.from({ length: count }, () => {
    const label = random() < 0.5 ? 0 : 1;
    const noise = () => FIRST_NOISE + Math.floor(random() * NOISE_WORDS);
    const ids = Int32Array.from({ length: length + 1 }, (_, index) =>
      index === 0 ? START_ID : index === 1 ? SIGNALS[label] : noise(),
    );
    return { ids, target: TARGETS[label] as Target };
  });
}
