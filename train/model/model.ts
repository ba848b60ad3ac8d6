/**
 * The network as a tfjs model. The tutorial's is Embedding → LSTM, GRU or SimpleRNN → Dense(1, sigmoid), or
 * Dense(labels, softmax) for more than two labels. With mean pooling or n-grams it is
 *
 *     ids ─┬─ Embedding ─ LSTM, GRU or SimpleRNN ─ MeanAndLast ─ Dense ─┐
 *          └─ HashedNgrams ────────────────────────────────────────────┴ Add ─ sigmoid or softmax
 *
 * MeanAndLast and HashedNgrams (`mean-and-last.ts`, `hashed-ngrams.ts`) are ours and optional; the rest is stock tfjs.
 */
import * as tf from '@tensorflow/tfjs';
import { toBatch } from '../../shared/encoding.ts';
import { columnsOf } from '../../shared/labels.ts';
import type { Config } from '../config.ts';
import { HashedNgrams } from './hashed-ngrams.ts';
import { MeanAndLast } from './mean-and-last.ts';

/** Without `pooling` and `ngramBuckets`, the tutorial's network. */
export type Architecture = Pick<Config, 'cell' | 'embeddingUnits' | 'units' | 'seed'> &
  Partial<Pick<Config, 'pooling' | 'ngramBuckets'>> & {
    /** The vocabulary's actual size; below the configured one when the texts have fewer words. */
    readonly vocabularySize: number;
    /** The number of labels. Default: two. */
    readonly labels?: number;
  };

/**
 * An untrained network with Keras' initialisers; the seed repeats it. The weights of n-grams start at zero.
 *
 * Input: ids int32 [batch, steps], padded with 0. Output: for two labels the second one's probability [batch, 1], for more
 * labels each one's [batch, labels]. Padding is masked, on either side: the Dense layer sees the state after a row's last id.
 */
export function buildModel(architecture: Architecture): tf.LayersModel {
  const {
    cell,
    vocabularySize,
    embeddingUnits,
    units,
    seed,
    pooling = 'last',
    ngramBuckets = 0,
    labels = 2,
  } = architecture;
  const columns = columnsOf(labels);
  const probabilities = columns === 1 ? 'sigmoid' : 'softmax';
  const embedding = tf.layers.embedding({
    name: 'embedding',
    inputShape: [null],
    inputDim: vocabularySize,
    outputDim: embeddingUnits,
    maskZero: true,
    embeddingsInitializer: tf.initializers.randomUniform({ minval: -0.05, maxval: 0.05, seed: seed + 1 }),
  });
  const recurrent = recurrentLayer(cell, units, seed, pooling === 'mean-last');
  const dense = (activation: 'linear' | 'sigmoid' | 'softmax') =>
    tf.layers.dense({
      name: 'dense',
      units: columns,
      activation,
      kernelInitializer: tf.initializers.glorotUniform({ seed: seed + 4 }),
    });
  if (pooling === 'last' && ngramBuckets === 0) {
    return tf.sequential({ layers: [embedding, recurrent, dense(probabilities)] });
  }

  const ids = tf.input({ name: 'ids', shape: [null], dtype: 'int32' });
  const apply = (layer: tf.layers.Layer, input: tf.SymbolicTensor | tf.SymbolicTensor[]) =>
    layer.apply(input) as tf.SymbolicTensor;
  const states = apply(recurrent, apply(embedding, ids));
  const pooled = pooling === 'last' ? states : apply(new MeanAndLast({ name: 'mean_and_last' }), states);
  let logits = apply(dense('linear'), pooled); // [batch, columns]
  if (ngramBuckets > 0) {
    const ngrams = apply(
      new HashedNgrams({ name: 'ngrams', trainable: false, vocabularySize, buckets: ngramBuckets, columns }),
      ids,
    ); // [batch, columns]
    logits = apply(tf.layers.add({ name: 'sum' }), [logits, ngrams]);
  }
  const outputs = apply(tf.layers.activation({ name: 'probability', activation: probabilities }), logits);
  return tf.model({ inputs: ids, outputs });
}

function recurrentLayer(cell: Config['cell'], units: number, seed: number, returnSequences: boolean): tf.layers.Layer {
  const common = {
    name: cell,
    units,
    returnSequences,
    activation: 'tanh',
    kernelInitializer: tf.initializers.glorotUniform({ seed: seed + 2 }),
    recurrentInitializer: orthogonal(seed + 3),
  } as const;
  const gated = { ...common, recurrentActivation: 'sigmoid' } as const; // tfjs defaults to hardSigmoid, Keras to sigmoid
  switch (cell) {
    case 'lstm':
      return tf.layers.lstm({ ...gated, unitForgetBias: true });
    case 'gru':
      return tf.layers.gru(gated);
    case 'rnn':
      return tf.layers.simpleRNN(common);
  }
}

/** tfjs' initialiser without its console warning that 2,000 elements may be slow: 64 × 256 take a tenth of a second. */
function orthogonal(seed: number): ReturnType<typeof tf.initializers.orthogonal> {
  return Object.assign(tf.initializers.orthogonal({ seed }), { ELEMENTS_WARN_SLOW: Number.POSITIVE_INFINITY });
}

/** Each label's probability for each row of ids [rows × labels], computed by the stock tfjs layers. */
export function predict(model: tf.LayersModel, rows: readonly Int32Array[]): Float32Array {
  const batch = toBatch(rows);
  return tf.tidy(() => {
    const ids = tf.tensor2d(batch.ids, [batch.rows, batch.steps], 'int32');
    const output = model.apply(ids) as tf.Tensor2D;
    const probabilities = output.shape[1] === 1 ? tf.concat([tf.sub(1, output), output], 1) : output;
    return probabilities.dataSync() as Float32Array;
  });
}

/** The model's trainable variables by name, such as `lstm/recurrent_kernel`. */
export function trainableVariables(model: tf.LayersModel): Map<string, tf.Variable> {
  return new Map(model.trainableWeights.map((weight) => [weight.originalName, weight.read() as tf.Variable]));
}

/** All variables by name, including those that Adam does not train. */
export function allVariables(model: tf.LayersModel): Map<string, tf.Variable> {
  return new Map(model.weights.map((weight) => [weight.originalName, weight.read() as tf.Variable]));
}

/** @throws Error when the model has no variable of this name. */
export function weightOf(model: tf.LayersModel, name: string): tf.Variable {
  const variable = allVariables(model).get(name);
  if (variable === undefined) throw new Error(`the model has no weight ${name}`);
  return variable;
}

export function hasNgrams(model: tf.LayersModel): boolean {
  return allVariables(model).has('ngrams/hashed');
}
