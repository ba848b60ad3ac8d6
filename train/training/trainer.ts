/**
 * Trains and runs the network on the fast kernels.
 *
 * The recurrent layer and its Embedding run in our kernels (`kernels/`). To tfjs they are one operation with its own gradient;
 * the Dense layer and the loss are tfjs'. The weights are the tfjs model's variables, except the embedding table: its rows are
 * updated in the kernels' memory, and `sync` copies them to the model.
 */
import * as tf from '@tensorflow/tfjs';
import { labelLogits, likeliest } from '../../shared/labels.ts';
import type { Config } from '../config.ts';
import type { Example } from '../data/examples.ts';
import { updateAdam, updateAdamRows } from '../kernels/adam.ts';
import { dropOut } from '../kernels/dropout.ts';
import { Pool } from '../kernels/pool.ts';
import { type RaggedBatch, Recurrent, type RecurrentGradients } from '../kernels/recurrent.ts';
import { trainableVariables } from '../model/model.ts';
import { type Adam, BETA1, BETA2, EPSILON } from './adam.ts';

/** Sums over the reviews of a batch. */
export type Totals = { loss: number; correct: number; reviews: number };

export type TrainerOptions = Pick<
  Config,
  'cell' | 'embeddingUpdate' | 'pooling' | 'embeddingDropout' | 'featureDropout' | 'seed'
>;

/** A batch, with the rows of the table that it reads. */
interface Lookup extends RaggedBatch {
  /** The distinct ids. `vectors` are their rows of the table; `tokens` are indices into them. */
  readonly ids: Int32Array;
}

const EMBEDDING = 'embedding/embeddings';

export class Trainer {
  readonly #variables: ReadonlyMap<string, tf.Variable>;
  /** The variables that tfjs derives the loss by: all but the embedding table. */
  readonly #derived: readonly (readonly [name: string, variable: tf.Variable])[];
  readonly #adam: Adam;
  readonly #options: TrainerOptions;
  readonly #pool: Pool;
  readonly #recurrent: Recurrent;
  /** The embedding table and its moments in the kernels' memory, each [vocabulary × width]. */
  readonly #table: { readonly weights: Float32Array; readonly m: Float32Array; readonly v: Float32Array };
  readonly #width: number;
  /** By id, its index among the batch's distinct ids, plus one; 0 if the batch lacks it. */
  readonly #places: Int32Array;

  private constructor(model: tf.LayersModel, adam: Adam, options: TrainerOptions, pool: Pool) {
    this.#variables = trainableVariables(model);
    this.#derived = [...this.#variables].filter(([name]) => name !== EMBEDDING);
    this.#adam = adam;
    this.#options = options;
    this.#pool = pool;
    const [vocabularySize = 0, width = 0] = this.#variable(EMBEDDING).shape;
    const [units = 0] = this.#variable(`${options.cell}/recurrent_kernel`).shape;
    this.#recurrent = new Recurrent(options.cell, width, units, pool);
    this.#width = width;
    this.#places = new Int32Array(vocabularySize);
    const { m, v } = adam.momentsOf(EMBEDDING);
    const inPool = (variable: tf.Variable) => {
      const array = pool.floats(variable.size);
      array.set(variable.dataSync());
      return array;
    };
    this.#table = { weights: inPool(this.#variable(EMBEDDING)), m: inPool(m), v: inPool(v) };
  }

  /** @param model as `buildModel` makes it. @param adam over its trainable variables. @param pool default: one for all. */
  static async create(model: tf.LayersModel, adam: Adam, options: TrainerOptions, pool?: Pool): Promise<Trainer> {
    return new Trainer(model, adam, options, pool ?? (await sharedPool()));
  }

  /**
   * One forward pass, one backward pass, one update.
   * @param rateFactor of the learning rate
   */
  step(examples: readonly Example[], rateFactor = 1): Totals {
    const lookup = this.#lookUp(examples.map(({ ids }) => ids));
    const { embeddingDropout, featureDropout, seed } = this.#options;
    const dropoutSeed = seed + this.#adam.steps * 0x9e3779b9; // so that a resumed run leaves out the same
    dropOut(this.#pool, lookup.vectors, embeddingDropout, dropoutSeed);
    return tf.tidy(() => {
      let logits!: tf.Tensor;
      let gradient!: Float32Array;
      const { value, grads } = tf.variableGrads(
        () => {
          const features = this.#features(lookup, ({ vectors }) => {
            gradient = this.#pool.floats(vectors.length);
            gradient.set(vectors);
            dropOut(this.#pool, gradient, embeddingDropout, dropoutSeed);
          });
          const seen = featureDropout > 0 ? tf.dropout(features, featureDropout, undefined, dropoutSeed) : features;
          logits = tf.keep(this.#answer(seen)); // outlives the gradient's own tidy
          return crossEntropy(examples, logits);
        },
        this.#derived.map(([, variable]) => variable),
      );
      this.#pool.free(lookup.vectors);
      const rate = this.#adam.nextRate() * rateFactor;
      for (const [name, variable] of this.#derived) {
        this.#adam.update(name, variable, grads[variable.name] as tf.Tensor, rate);
      }
      this.#updateTable(lookup.ids, gradient, rate);
      this.#pool.free(gradient);
      const result = totalsOf(value, logits, examples);
      logits.dispose();
      return result;
    });
  }

  /** The probabilities for each row of ids [rows × labels], without the n-gram half. */
  predict(rows: readonly Int32Array[]): Float32Array {
    return tf.tidy(() => probabilitiesOf(this.#logits(rows)).dataSync() as Float32Array);
  }

  /** The logits of the Dense layer for each row of ids [rows × columns]. */
  logits(rows: readonly Int32Array[]): Float32Array {
    return tf.tidy(() => this.#logits(rows).dataSync() as Float32Array);
  }

  /** The inputs of the Dense layer for each row of ids [rows × features]. */
  features(rows: readonly Int32Array[]): Float32Array {
    return tf.tidy(() => {
      const lookup = this.#lookUp(rows);
      const features = this.#features(lookup).dataSync() as Float32Array;
      this.#pool.free(lookup.vectors);
      return features;
    });
  }

  /** Loss and accuracy, without training. */
  measure(examples: readonly Example[]): Totals {
    return tf.tidy(() => {
      const logits = this.#logits(examples.map(({ ids }) => ids));
      return totalsOf(crossEntropy(examples, logits), logits, examples);
    });
  }

  /** By row, ‖∂L/∂h‖ after each step, from the last to the first. */
  stateGradientNorms(examples: readonly Example[]): number[][] {
    const lookup = this.#lookUp(examples.map(({ ids }) => ids));
    let states: Float32Array | undefined;
    tf.tidy(() => {
      tf.variableGrads(
        () => {
          const features = this.#features(
            lookup,
            ({ stateGradients }) => {
              states = stateGradients?.slice();
            },
            true,
          );
          return crossEntropy(examples, this.#answer(features));
        },
        this.#derived.map(([, variable]) => variable),
      );
    });
    this.#pool.free(lookup.vectors);
    const { units } = this.#recurrent;
    let end = 0;
    return Array.from(lookup.lengths, (length) => {
      end += length * units;
      return Array.from({ length }, (_, back) =>
        Math.hypot(...(states as Float32Array).subarray(end - (back + 1) * units, end - back * units)),
      );
    });
  }

  /** Copies the embedding table and its moments to the model and to Adam. */
  sync(): void {
    const { m, v } = this.#adam.momentsOf(EMBEDDING);
    const pairs = [
      [this.#variable(EMBEDDING), this.#table.weights],
      [m, this.#table.m],
      [v, this.#table.v],
    ] as const;
    tf.tidy(() => {
      for (const [variable, values] of pairs) variable.assign(tf.tensor(values.slice(), variable.shape));
    });
  }

  /** Frees the kernels' memory. The model keeps the state of the last `sync`. */
  dispose(): void {
    for (const array of Object.values(this.#table)) this.#pool.free(array);
    this.#recurrent.dispose();
  }

  #logits(rows: readonly Int32Array[]): tf.Tensor {
    const lookup = this.#lookUp(rows);
    const logits = this.#answer(this.#features(lookup));
    this.#pool.free(lookup.vectors);
    return logits;
  }

  /**
   * The recurrent layer and its pooling, as one tfjs operation: [rows, units] the last states, or [rows, 2 · units] with
   * the means before them.
   */
  #features(lookup: Lookup, onGradients?: (gradients: RecurrentGradients) => void, stateGradients = false): tf.Tensor {
    const { cell, units } = this.#recurrent;
    const mean = this.#options.pooling === 'mean-last';
    const shape: [number, number] = [lookup.lengths.length, units];
    const operation = tf.customGrad((...inputs) => {
      const [kernel, recurrentKernel, bias] = inputs as unknown as tf.Tensor[] as [tf.Tensor, tf.Tensor, tf.Tensor];
      const weights = { kernel: floats(kernel), recurrentKernel: floats(recurrentKernel), bias: floats(bias) };
      const last = tf.tensor2d(this.#recurrent.forward(weights, lookup, { mean }).slice(), shape);
      return {
        value: mean ? tf.concat([tf.tensor2d(this.#recurrent.means().slice(), shape), last], 1) : last,
        gradFunc: (gradient: tf.Tensor) => {
          const [ofMean, ofLast] = mean ? tf.split(gradient, 2, 1) : [undefined, gradient];
          const gradients = this.#recurrent.backward(floats(ofLast as tf.Tensor), {
            ...(ofMean && { mean: floats(ofMean) }),
            stateGradients,
          });
          onGradients?.(gradients);
          return [
            tf.tensor(gradients.kernel.slice(), kernel.shape),
            tf.tensor(gradients.recurrentKernel.slice(), recurrentKernel.shape),
            tf.tensor(gradients.bias.slice(), bias.shape),
          ];
        },
      };
    });
    return operation(
      this.#variable(`${cell}/kernel`),
      this.#variable(`${cell}/recurrent_kernel`),
      this.#variable(`${cell}/bias`),
    );
  }

  /** The Dense layer: [rows, features] → logits [rows, columns]. */
  #answer(features: tf.Tensor): tf.Tensor {
    return features.matMul(this.#variable('dense/kernel')).add(this.#variable('dense/bias'));
  }

  /** The vectors are in the pool's memory; the caller frees them. */
  #lookUp(rows: readonly Int32Array[]): Lookup {
    const lengths = Int32Array.from(rows, ({ length }) => length);
    const tokens = new Int32Array(lengths.reduce((sum, length) => sum + length, 0));
    const distinct: number[] = [];
    let at = 0;
    for (const row of rows) {
      for (const id of row) {
        let place = this.#places[id] as number;
        if (place === 0) {
          place = distinct.push(id);
          this.#places[id] = place;
        }
        tokens[at++] = place - 1;
      }
    }
    const width = this.#width;
    const vectors = this.#pool.floats(distinct.length * width);
    for (const [place, id] of distinct.entries()) {
      this.#places[id] = 0;
      vectors.set(this.#table.weights.subarray(id * width, (id + 1) * width), place * width);
    }
    return { ids: Int32Array.from(distinct), vectors, tokens, lengths };
  }

  /** @param gradient [ids × width], in the pool's memory */
  #updateTable(ids: Int32Array, gradient: Float32Array, rate: number): void {
    const rates = { rate, beta1: BETA1, beta2: BETA2, epsilon: EPSILON };
    const rows = this.#pool.integers(ids.length);
    rows.set(ids);
    if (this.#options.embeddingUpdate === 'lazy') {
      updateAdamRows(this.#pool, { ...this.#table, gradient }, rows, this.#width, rates);
    } else {
      const whole = this.#pool.floats(this.#table.weights.length).fill(0);
      for (const [place, id] of ids.entries()) {
        whole.set(gradient.subarray(place * this.#width, (place + 1) * this.#width), id * this.#width);
      }
      updateAdam(this.#pool, { ...this.#table, gradient: whole }, rates);
      this.#pool.free(whole);
    }
    this.#pool.free(rows);
  }

  #variable(name: string): tf.Variable {
    const variable = this.#variables.get(name);
    if (variable === undefined) throw new Error(`the model has no weight ${name}`);
    return variable;
  }
}

let pool: Promise<Pool> | undefined;

/** One for the process: its threads and its memory serve every trainer. */
function sharedPool(): Promise<Pool> {
  pool ??= Pool.create();
  return pool;
}

/** Ends the shared pool's threads and lets go of its memory. No trainer may be in use; the next one gets a new pool. */
export async function closeSharedPool(): Promise<void> {
  const closed = pool;
  pool = undefined;
  await (await closed)?.close();
}

function floats(tensor: tf.Tensor): Float32Array {
  return tensor.dataSync() as Float32Array;
}

/** [rows, columns] → the probability of each label [rows, labels]. */
function probabilitiesOf(logits: tf.Tensor): tf.Tensor2D {
  if (logits.shape[1] !== 1) return logits.softmax() as tf.Tensor2D;
  const second = logits.sigmoid();
  return tf.concat([tf.sub(1, second), second], 1) as tf.Tensor2D;
}

/**
 * The cross-entropy of logits [rows, columns]: −mean over the rows of weight · Σ y ln p, where p is the softmax over the labels
 * that are possible for the row. For two labels p is kept 1e-7 away from 0 and 1, as in Keras; a log-softmax does not need that.
 */
function crossEntropy(examples: readonly Example[], logits: tf.Tensor): tf.Scalar {
  const targets = perLabel(examples, ({ target }) => target);
  const losses = logits.shape[1] === 1 ? binaryLosses(targets, logits) : softmaxLosses(targets, logits, examples);
  if (examples.every(({ weight }) => weight === undefined)) return losses.mean().neg() as tf.Scalar;
  const weights = tf.tensor1d(Float32Array.from(examples, ({ weight = 1 }) => weight));
  return losses.mul(weights).sum().div(weights.sum()).neg() as tf.Scalar;
}

function binaryLosses(targets: tf.Tensor2D, logits: tf.Tensor): tf.Tensor {
  const y = targets.slice([0, 1], [-1, 1]);
  const p = logits.sigmoid().clipByValue(1e-7, 1 - 1e-7);
  return y
    .mul(p.log())
    .add(tf.sub(1, y).mul(tf.sub(1, p).log()))
    .sum(1);
}

/** Far enough below any logit to have no probability. */
const NO_CHOICE = -1e9;

function softmaxLosses(targets: tf.Tensor2D, logits: tf.Tensor, examples: readonly Example[]): tf.Tensor {
  if (examples.every(({ choice }) => choice === undefined)) return targets.mul(logits.logSoftmax()).sum(1);
  const offered = perLabel(examples, ({ target, choice }) =>
    Array.from(target, (_, label) => (choice === undefined || choice.includes(label) ? 0 : NO_CHOICE)),
  );
  return targets.mul(logits.add(offered).logSoftmax()).sum(1);
}

/** [rows, labels] */
function perLabel(examples: readonly Example[], values: (example: Example) => ArrayLike<number>): tf.Tensor2D {
  const labels = examples[0]?.target.length ?? 0;
  const all = new Float32Array(examples.length * labels);
  for (const [row, example] of examples.entries()) all.set(values(example), row * labels);
  return tf.tensor2d(all, [examples.length, labels]);
}

/** @param logits [rows, columns], in the order of the probabilities */
function totalsOf(loss: tf.Scalar, logits: tf.Tensor, examples: readonly Example[]): Totals {
  const all = labelLogits(floats(logits), logits.shape[1] as number);
  const labels = all.length / examples.length;
  const correct = examples.filter(({ target, choice }, row) => {
    const own = all.subarray(row * labels, (row + 1) * labels);
    if (choice === undefined) return likeliest(own) === likeliest(target);
    return (
      likeliest(choice.map((label) => own[label] as number)) ===
      likeliest(choice.map((label) => target[label] as number))
    );
  }).length;
  return { loss: (loss.dataSync()[0] as number) * examples.length, correct, reviews: examples.length };
}
