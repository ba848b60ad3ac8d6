/**
 * Every hyperparameter, and the presets: named choices of them.
 *
 *     npm run train -- --preset seed
 */
import * as v from 'valibot';
import { UsageError } from '../cli/errors.ts';
import { StartingPoint } from '../shared/bundle.ts';

const count = v.pipe(v.number(), v.integer(), v.minValue(1));
const share = v.pipe(v.number(), v.minValue(0), v.maxValue(0.9));

export const EMBEDDING_UPDATES = ['lazy', 'dense'] as const;
export const CELLS = ['lstm', 'gru', 'rnn'] as const;
export const POOLINGS = ['last', 'mean-last'] as const;
const WEIGHTS = ['float32', 'int8'] as const;
const DECAYS = ['none', 'linear'] as const;

/** A schema, because a checkpoint's configuration comes from a file. */
export const Config = v.object({
  /** The name of the preset, which becomes part of the model's id. */
  preset: v.string(),
  /** The bundle whose weights the training starts from. Default: it starts from scratch. */
  from: v.optional(StartingPoint),

  // The network's input
  /** Ids, the three specials among them: the most frequent words of the training split. */
  vocabularySize: v.pipe(count, v.minValue(4)),
  /** The last so many ids of a review are read, START included. */
  maxTokens: count,

  // The network: Embedding → LSTM, GRU or SimpleRNN → Dense, with one output and sigmoid for two labels, else softmax
  cell: v.picklist(CELLS),
  embeddingUnits: count,
  units: count,
  /** The states that the answer uses: the last one, or the mean of all and the last. */
  pooling: v.picklist(POOLINGS),
  /**
   * Rows of the table of word pairs; a prime, or 0 for a network without it. More than two labels have fewer (`bucketsFor`).
   */
  ngramBuckets: v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(2 ** 20 - 1)),
  /** How large weights are stored; int8 takes a quarter of the space. */
  weights: v.picklist(WEIGHTS),

  // The training texts
  /** With the official reviews: whether to train on the open sets of docs/data.md too, and to start from GloVe's vectors. */
  openSets: v.boolean(),
  /**
   * Passes of the teacher over the texts (teacher/teach.ts). 0: no teacher, and texts without a label are not used.
   */
  teacherEpochs: v.pipe(v.number(), v.integer(), v.minValue(0)),
  /** Numbers in the teacher's vector of a text. */
  teacherWidth: v.pipe(count, v.multipleOf(4)),

  // The training: Adam on cross-entropy
  learningRate: v.number(),
  /** Whether the learning rate is constant or falls linearly to zero. */
  learningRateDecay: v.picklist(DECAYS),
  /**
   * The rows of the embedding table that a step moves: with `lazy` those that its batch reads, with `dense` all of them, as
   * Adam's momentum requires. docs/experiments.md compares them.
   */
  embeddingUpdate: v.picklist(EMBEDDING_UPDATES),
  /** The share of a word's numbers that a step drops, the same ones wherever the batch has the word. */
  embeddingDropout: share,
  /** The share of the Dense layer's inputs that a step drops. */
  featureDropout: share,
  /** The share of the words that a step reads as unknown. */
  wordDropout: share,
  /** Whether to add made-up short texts (data/phrases.ts), if the reviews are opinions in English. */
  phrases: v.boolean(),
  /** The share of the texts that a step crops to a few words from anywhere, so that the network learns short texts. */
  crops: share,
  /** Reviews a step. */
  batchSize: count,
  /** Passes over the training split. 0: the embeddings and the recurrent layer stay as they begin. */
  epochs: v.pipe(v.number(), v.integer(), v.minValue(0)),
  /**
   * The share of the training reviews that is held out: measured after every epoch, never trained on. With `calibrate`, the
   * calibration is fitted on it.
   */
  validationFraction: v.pipe(v.number(), v.minValue(0), v.maxValue(0.5)),
  calibrate: v.boolean(),
  /** Decides the initial weights, the order of the reviews, and the cut of the validation split. */
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
    pooling: 'last',
    ngramBuckets: 0,
    weights: 'float32',
    openSets: false,
    teacherEpochs: 0,
    teacherWidth: 4,
    learningRate: 1e-3,
    learningRateDecay: 'none',
    embeddingUpdate: 'lazy',
    embeddingDropout: 0,
    featureDropout: 0,
    wordDropout: 0,
    phrases: false,
    crops: 0,
    batchSize: 64,
    epochs: 3,
    validationFraction: 0,
    calibrate: false,
    seed: 4, // the least validation loss after the last epoch among 1 to 5 (docs/experiments.md)
    limit: 0,
  },

  /**
   * The model that ships: small, calibrated, taught by larger models, for long and short texts. docs/experiments.md says where the
   * numbers come from.
   */
  best: {
    preset: 'best',
    vocabularySize: 20_000,
    maxTokens: 400,
    cell: 'lstm',
    embeddingUnits: 64,
    units: 64,
    pooling: 'mean-last',
    ngramBuckets: 262_139,
    weights: 'int8',
    openSets: true,
    teacherEpochs: 10,
    teacherWidth: 100,
    learningRate: 2e-3,
    learningRateDecay: 'linear',
    embeddingUpdate: 'lazy',
    embeddingDropout: 0.3,
    featureDropout: 0.3,
    wordDropout: 0.1,
    phrases: true,
    crops: 0.5,
    batchSize: 64,
    epochs: 4,
    validationFraction: 0.1,
    calibrate: true,
    seed: 1,
    limit: 0,
  },
};

/** A training that starts from a bundle (`adaptation/`), but for what is the bundle's. */
const FINETUNE: Config = {
  ...(PRESETS['best'] as Config),
  preset: 'finetune',
  openSets: false,
  teacherEpochs: 0,
  phrases: false,
  crops: 0,
  epochs: 0, // few texts leave the recurrent half as it is
  calibrate: false, // the fit of the last layer says how sure it is, by texts that it left out
};

/** The configuration of a training that starts from a bundle. @param own what the bundle decides. */
export function finetuneConfigOf(asked: Partial<Config>, own: Partial<Config>): Config {
  return validated({ ...FINETUNE, ...own, ...asked });
}

/** From so many texts on, the recurrent half learns from them too (docs/experiments.md). */
const MANY_TEXTS = 2_500;

/** Completes it, once the numbers of texts are known. Whether that learning went too far, only held-out texts can tell. */
export function finetuneConfigFor(
  config: Config,
  { reviews, validationReviews }: { readonly reviews: number; readonly validationReviews: number },
): Config {
  if (reviews < MANY_TEXTS || validationReviews === 0) return config;
  return { ...config, epochs: 4, calibrate: true };
}

/**
 * The preset's configuration (default: `seed`), overridden by `asked`.
 * @throws UsageError if the preset is unknown or a value is out of its range.
 */
export function configOf(asked: Partial<Config>): Config {
  const name = asked.preset ?? 'seed';
  const preset = Object.hasOwn(PRESETS, name) ? PRESETS[name] : undefined;
  if (preset === undefined) {
    throw new UsageError(`unknown preset "${name}"; choose from ${Object.keys(PRESETS).join(', ')}`);
  }
  const config = validated({ ...preset, ...asked });
  if (config.epochs === 0) throw new UsageError('--epochs: a training from scratch needs one or more');
  return config;
}

/** The flags that are not named like their field. */
const FLAGS: Partial<Record<keyof Config, string>> = {
  validationFraction: '--validation',
  embeddingUpdate: '--embedding-update',
};

/** The flag of a field. */
export function flagOf(field: keyof Config): string {
  return FLAGS[field] ?? `--${field}`;
}

/** @throws UsageError naming the flag whose value is out of its range. */
export function validated(config: Config): Config {
  const result = v.safeParse(Config, config, { abortEarly: true });
  if (result.success) return result.output;
  const [issue] = result.issues;
  throw new UsageError(`${flagOf(v.getDotPath(issue) as keyof Config)}: ${issue.message}`);
}
