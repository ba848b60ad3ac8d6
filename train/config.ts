/**
 * Every hyperparameter, and the presets: named choices of them.
 *
 *     npm run train -- --preset seed
 */
import * as v from 'valibot';

const count = v.pipe(v.number(), v.integer(), v.minValue(1));

export const EMBEDDING_UPDATES = ['lazy', 'dense'] as const;
export const CELLS = ['lstm', 'gru', 'rnn'] as const;

/** A schema, because a checkpoint's configuration comes from a file. */
export const Config = v.object({
  /** Which preset these are the hyperparameters of. The model's id is made of it. */
  preset: v.string(),

  // What the network reads
  /** Ids, the three specials among them: the most frequent words of the training split. */
  vocabularySize: v.pipe(count, v.minValue(4)),
  /** The last so many ids of a review are read, START included. */
  maxTokens: count,

  // The network: Embedding → LSTM, GRU or SimpleRNN → Dense(1, sigmoid)
  cell: v.picklist(CELLS),
  embeddingUnits: count,
  units: count,

  // How it is trained: Adam on binary cross-entropy
  learningRate: v.number(),
  /**
   * Which rows of the embedding table a step moves: with `lazy` those that its batch reads; with `dense` all of them, as
   * Adam's momentum has it. See docs/training.md for what the difference is worth.
   */
  embeddingUpdate: v.picklist(EMBEDDING_UPDATES),
  /** Reviews a step. */
  batchSize: count,
  /** Passes over the training split. */
  epochs: count,
  /** The share of the training reviews that is held out: measured after every epoch, never trained on. */
  validationFraction: v.pipe(v.number(), v.minValue(0), v.maxValue(0.5)),
  /** Of the initial weights, the order of the reviews, and the cut of the validation split. */
  seed: v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(2 ** 31 - 1)),
  /** Use so many of the training reviews, drawn with the seed. 0: all. */
  limit: v.pipe(v.number(), v.integer(), v.minValue(0)),
});

export type Config = v.InferOutput<typeof Config>;

export const PRESETS: Readonly<Record<string, Config>> = {
  /** The Keras tutorial's network and training, on the whole training split. */
  seed: {
    preset: 'seed',
    vocabularySize: 5_000,
    maxTokens: 100,
    cell: 'lstm',
    embeddingUnits: 128,
    units: 64,
    learningRate: 1e-3,
    embeddingUpdate: 'lazy',
    batchSize: 64,
    epochs: 3,
    validationFraction: 0,
    seed: 4, // the least validation loss after the last epoch among 1 to 5 (docs/training.md)
    limit: 0,
  },
};
