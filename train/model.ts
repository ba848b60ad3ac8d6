/** The network: Embedding → LSTM, GRU or SimpleRNN → Dense(1, sigmoid), as stock tfjs layers. */
import * as tf from '@tensorflow/tfjs';
import { toBatch } from '../shared/encoding.ts';
import type { Config } from './config.ts';

export type Architecture = Pick<Config, 'cell' | 'embeddingUnits' | 'units' | 'seed'> & {
  /** The vocabulary's actual size, which is below the configured one when the texts have fewer words. */
  readonly vocabularySize: number;
};

/**
 * An untrained network with Keras' initial weights, repeatable by seed.
 *
 * ids [batch, steps] int32, padded with 0 → probability of the positive label [batch, 1]. Padding is masked: the state
 * after a row's last id is the state the Dense layer sees, wherever the padding stands.
 */
export function buildModel({ cell, vocabularySize, embeddingUnits, units, seed }: Architecture): tf.Sequential {
  const model = tf.sequential();
  model.add(
    tf.layers.embedding({
      name: 'embedding',
      inputShape: [null],
      inputDim: vocabularySize,
      outputDim: embeddingUnits,
      maskZero: true,
      embeddingsInitializer: tf.initializers.randomUniform({ minval: -0.05, maxval: 0.05, seed: seed + 1 }),
    }),
  );
  model.add(recurrentLayer(cell, units, seed));
  model.add(
    tf.layers.dense({
      name: 'dense',
      units: 1,
      activation: 'sigmoid',
      kernelInitializer: tf.initializers.glorotUniform({ seed: seed + 4 }),
    }),
  );
  return model;
}

function recurrentLayer(cell: Config['cell'], units: number, seed: number): tf.layers.Layer {
  const common = {
    name: cell,
    units,
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
