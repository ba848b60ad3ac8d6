/**
 * The network as a tfjs model. The tutorial's is Embedding → LSTM, GRU or SimpleRNN → Dense(1, sigmoid); with mean pooling
 * or n-grams it is
 *
 *     ids ─┬─ Embedding ─ LSTM, GRU or SimpleRNN ─ MeanAndLast ─ Dense(1) ─┐
 *          └─ HashedNgrams ───────────────────────────────────────────────┴ Add ─ sigmoid
 *
 * MeanAndLast and HashedNgrams are ours (`mean-and-last.ts`, `hashed-ngrams.ts`), each there only if asked for; the rest is
 * stock.
 */
import * as tf from '@tensorflow/tfjs';
import { toBatch } from '../../shared/encoding.ts';
import type { Config } from '../config.ts';
import { HashedNgrams } from './hashed-ngrams.ts';
import { MeanAndLast } from './mean-and-last.ts';

/** Without `pooling` and `ngramBuckets` it is the tutorial's. */
export type Architecture = Pick<Config, 'cell' | 'embeddingUnits' | 'units' | 'seed'> &
  Partial<Pick<Config, 'pooling' | 'ngramBuckets'>> & {
    /** The vocabulary's actual size, which is below the configured one when the texts have fewer words. */
    readonly vocabularySize: number;
  };

/**
 * An untrained network with Keras' initial weights, repeatable by seed. The weights of n-grams start at zero.
 *
 * ids [batch, steps] int32, padded with 0 → probability of the positive label [batch, 1]. Padding is masked: the state
 * after a row's last id is the state the Dense layer sees, wherever the padding stands.
 */
export function buildModel(architecture: Architecture): tf.LayersModel {
  const { cell, vocabularySize, embeddingUnits, units, seed, pooling = 'last', ngramBuckets = 0 } = architecture;
  const embedding = tf.layers.embedding({
    name: 'embedding',
    inputShape: [null],
    inputDim: vocabularySize,
    outputDim: embeddingUnits,
    maskZero: true,
    embeddingsInitializer: tf.initializers.randomUniform({ minval: -0.05, maxval: 0.05, seed: seed + 1 }),
  });
  const recurrent = recurrentLayer(cell, units, seed, pooling === 'mean-last');
  const dense = (activation: 'linear' | 'sigmoid') =>
    tf.layers.dense({
      name: 'dense',
      units: 1,
      activation,
      kernelInitializer: tf.initializers.glorotUniform({ seed: seed + 4 }),
    });
  if (pooling === 'last' && ngramBuckets === 0) {
    return tf.sequential({ layers: [embedding, recurrent, dense('sigmoid')] });
  }

  const ids = tf.input({ name: 'ids', shape: [null], dtype: 'int32' });
  const apply = (layer: tf.layers.Layer, input: tf.SymbolicTensor | tf.SymbolicTensor[]) =>
    layer.apply(input) as tf.SymbolicTensor;
  const states = apply(recurrent, apply(embedding, ids));
  const pooled = pooling === 'last' ? states : apply(new MeanAndLast({ name: 'mean_and_last' }), states);
  let logit = apply(dense('linear'), pooled); // [batch, 1]
  if (ngramBuckets > 0) {
    const ngrams = apply(
      new HashedNgrams({ name: 'ngrams', trainable: false, vocabularySize, buckets: ngramBuckets }),
      ids,
    ); // [batch, 1]
    logit = apply(tf.layers.add({ name: 'sum' }), [logit, ngrams]);
  }
  const probability = apply(tf.layers.activation({ name: 'probability', activation: 'sigmoid' }), logit);
  return tf.model({ inputs: ids, outputs: probability });
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

/** tfjs' own, without its console warning that 2,000 elements may take long: 64 × 256 take a tenth of a second. */
function orthogonal(seed: number): ReturnType<typeof tf.initializers.orthogonal> {
  return Object.assign(tf.initializers.orthogonal({ seed }), { ELEMENTS_WARN_SLOW: Number.POSITIVE_INFINITY });
}

/** The probability of the positive label for each row of ids, by the stock tfjs layers. */
export function predict(model: tf.LayersModel, rows: readonly Int32Array[]): Float32Array {
  const batch = toBatch(rows);
  return tf.tidy(() => {
    const ids = tf.tensor2d(batch.ids, [batch.rows, batch.steps], 'int32');
    return (model.apply(ids) as tf.Tensor).dataSync() as Float32Array;
  });
}

/** The model's trainable variables by name, such as `lstm/recurrent_kernel`. */
export function trainableVariables(model: tf.LayersModel): Map<string, tf.Variable> {
  return new Map(model.trainableWeights.map((weight) => [weight.originalName, weight.read() as tf.Variable]));
}

/** All variables by name, those that are trained by other means than Adam among them. */
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
