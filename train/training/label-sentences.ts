/**
 * The second part of the teacher: networks like the one that is taught, but larger, and one of two reads backwards. They have
 * learned from every text with a label, so they label only those without one: reviews, and sentences of reviews, which are the
 * short texts that nobody has labelled.
 */
import { columnsOf, labelLogits, softmax } from '../../shared/labels.ts';
import type { Vocabulary } from '../../shared/vocabulary.ts';
import type { Config } from '../config.ts';
import { batches, type Example } from '../data/examples.ts';
import { encodeTrainingSet, encodeUnlabelled, type TrainingSet } from '../data/training-set.ts';
import { buildModel, trainableVariables } from '../model/model.ts';
import { startFrom } from '../model/start-vectors.ts';
import { Adam } from './adam.ts';
import { fit, newProgress } from './loop.ts';
import { Trainer } from './trainer.ts';

const EPOCHS = 3;

/** Half as many more numbers a word as the network that is taught, and twice as many units. */
function larger(config: Config, seed: number): Config {
  const { embeddingUnits, units } = config;
  return {
    ...config,
    embeddingUnits: Math.ceil(1.5 * embeddingUnits),
    units: 2 * units,
    ngramBuckets: 0,
    epochs: EPOCHS,
    seed,
  };
}

interface NetworksOptions {
  readonly config: Config;
  readonly vocabulary: Vocabulary;
  readonly vectors?: ReadonlyMap<string, Float32Array> | undefined;
  readonly onProgress?: ((what: string, share: number) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Trains the networks on the set with the targets of the rest of the teacher, and asks them about what has no label.
 * @param targets of the reviews and of the texts without a label [texts × labels]
 * @returns those of the sentences as well, as the networks say; a text without a label has the mean of both parts of the
 * teacher. `undefined` when the signal stopped it
 */
export async function labelSentences(
  set: TrainingSet,
  targets: Float32Array,
  options: NetworksOptions,
): Promise<Float32Array | undefined> {
  const { config, vocabulary } = options;
  const labels = set.facts.labels.length;
  const lessons = encodeTrainingSet({ ...set, sentences: [] }, targets, vocabulary, config);
  const answers = await askNetworks(lessons, encodeUnlabelled(set, vocabulary, config), labels, options);
  if (answers === undefined) return undefined;
  const from = set.train.length * labels;
  const choice = set.unlabelledChoice ?? [...set.facts.labels.keys()];
  const result = new Float32Array(from + answers.length);
  result.set(targets);
  result.set(answers.subarray(targets.length - from), targets.length);
  for (let at = 0; at < targets.length - from; at += labels) {
    const sum = choice.reduce((total, label) => total + (answers[at + label] as number), 0);
    for (const label of choice) {
      result[from + at + label] = ((targets[from + at + label] as number) + (answers[at + label] as number) / sum) / 2;
    }
  }
  return result;
}

/**
 * Trains the networks on `lessons`.
 * @returns the mean of their probabilities for each of `asked` [texts × labels]; `undefined` when the signal stopped it
 */
async function askNetworks(
  lessons: readonly Example[],
  asked: readonly Int32Array[],
  labels: number,
  { config, vocabulary, vectors, onProgress, signal }: NetworksOptions,
): Promise<Float32Array | undefined> {
  const mean = new Float32Array(asked.length * labels);
  for (let network = 0; network < config.teacherNetworks; network++) {
    const turned = network % 2 === 1 ? reversed : (ids: Int32Array) => ids;
    const own = larger(config, config.seed + network);
    const model = buildModel({ ...own, vocabularySize: vocabulary.size, labels });
    if (vectors) startFrom(vectors, model, vocabulary);
    const adam = new Adam(own.learningRate, trainableVariables(model));
    const what = `teacher: network ${network + 1} of ${config.teacherNetworks}`;
    const finished = await fit({
      ...{ model, adam, config: own, progress: newProgress(), validation: [], signal },
      train: lessons.map((lesson) => ({ ...lesson, ids: turned(lesson.ids) })),
      onStep: ({ epochs, step }, steps) => onProgress?.(what, (epochs.length + step / steps) / own.epochs),
    });
    if (!finished) return undefined;
    const trainer = await Trainer.create(model, adam, own);
    const columns = columnsOf(labels);
    for (const [batch, rows] of batches(asked, own.batchSize).entries()) {
      const logits = labelLogits(trainer.logits(rows.map(turned)), columns);
      const from = batch * own.batchSize * labels;
      for (let at = 0; at < logits.length; at += labels) {
        const probabilities = softmax(logits.subarray(at, at + labels));
        for (const [label, p] of probabilities.entries()) {
          (mean[from + at + label] as number) += p / config.teacherNetworks;
        }
      }
      await new Promise(setImmediate);
    }
    trainer.dispose();
    model.dispose();
    adam.dispose();
    onProgress?.(what, 1);
  }
  return mean;
}

function reversed(ids: Int32Array): Int32Array {
  return ids.toReversed();
}
