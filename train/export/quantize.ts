/**
 * Rounds a network's large weights to int8: each becomes q · scale with an integer q in [−127, 127].
 *
 *     weight                              one scale for each     scale
 *     the embedding table                 row: an id             its largest |weight| / 127
 *     kernel and recurrent kernel         column: a gate's unit  its largest |weight| / 127
 *     the tables of the n-grams           table                  the one with the least squared error
 *
 * Biases and Dense layers, a few hundred numbers, stay float32. The n-grams' tables have hundreds of thousands of weights, most
 * of them near zero and a few large. A scale that reached the largest would round most others to zero, so the largest are
 * clipped where that minimises the table's squared error. A row with a column for each label is rounded so that its sum stays 0.
 */
import * as tf from '@tensorflow/tfjs';

/** A weight's int8 form. Its values are `fround(values[i] · scale)`. */
export interface Quantized {
  /** Row by row, in the weight's own shape. */
  readonly values: Int8Array;
  readonly scales: Float32Array;
  /** The axis whose indices have a scale each; undefined: one scale for all. */
  readonly axis?: number;
}

const LARGEST = 127;
/** Candidates for the clipping magnitude: the largest weight, and each next one smaller by this factor. */
const CLIP_STEP = 0.97;
const CLIP_CANDIDATES = 128; // down to a fiftieth

/** By layer class and the last part of a weight's name: the axis whose indices have a scale each. */
const RECURRENT_AXES = { kernel: 1, recurrent_kernel: 1 };
const AXES: Readonly<Record<string, Readonly<Record<string, number | undefined>>>> = {
  Embedding: { embeddings: 0 },
  LSTM: RECURRENT_AXES,
  GRU: RECURRENT_AXES,
  SimpleRNN: RECURRENT_AXES,
  HashedNgrams: { unigrams: undefined, hashed: undefined },
};

/**
 * Rounds the model's weights in place, so that the tfjs model is the quantised one.
 * @returns the int8 form of each rounded weight by its name, such as `lstm/kernel`.
 */
export function quantize(model: tf.LayersModel): Map<string, Quantized> {
  const result = new Map<string, Quantized>();
  for (const layer of model.layers) {
    const axes = AXES[layer.getClassName()] ?? {};
    for (const weight of layer.weights) {
      const part = weight.originalName.split('/').at(-1) as string;
      if (!Object.hasOwn(axes, part)) continue;
      const tensor = weight.read();
      const axis = axes[part];
      const values = tensor.dataSync() as Float32Array;
      const quantized =
        axis === undefined ? quantizeTable(values, tensor.shape[1] ?? 1) : quantizeAlong(values, tensor.shape, axis);
      tf.tidy(() => void weight.write(tf.tensor(dequantize(quantized, tensor.shape), tensor.shape)));
      result.set(weight.originalName, quantized);
    }
  }
  return result;
}

/** The float32 values of a weight of this shape. */
export function dequantize({ values, scales, axis }: Quantized, shape: readonly number[]): Float32Array {
  const place = scalePlace(shape, axis);
  const result = new Float32Array(values.length);
  for (let index = 0; index < result.length; index++) {
    result[index] = (values[index] as number) * (scales[place(index)] as number);
  }
  return result;
}

/** One scale for each index of `axis`; no weight is clipped. */
function quantizeAlong(weights: Float32Array, shape: readonly number[], axis: number): Quantized {
  const scales = new Float32Array(shape[axis] as number);
  const place = scalePlace(shape, axis);
  for (const [index, weight] of weights.entries()) {
    const at = place(index);
    scales[at] = Math.max(scales[at] as number, Math.abs(weight));
  }
  for (const [at, largest] of scales.entries()) scales[at] = largest / LARGEST;
  return { values: toGrid(weights, (index) => scales[place(index)] as number), scales, axis };
}

/** One scale for all: the candidate with the least squared error. @param columns of a row, one a label. */
function quantizeTable(weights: Float32Array, columns: number): Quantized {
  const magnitudes = weights.filter((weight) => weight !== 0).map(Math.abs);
  const largest = magnitudes.reduce((most, magnitude) => Math.max(most, magnitude), 0);
  let best = { scale: 0, error: Number.POSITIVE_INFINITY };
  for (let candidate = 0; candidate < CLIP_CANDIDATES; candidate++) {
    const scale = Math.fround((largest * CLIP_STEP ** candidate) / LARGEST);
    const error = squaredError(magnitudes, scale, best.error);
    if (error < best.error) best = { scale, error };
  }
  const values = toGrid(weights, () => best.scale);
  if (columns > 1) balanceRows(values, weights, columns, best.scale);
  return { values, scales: Float32Array.of(best.scale) };
}

/**
 * Makes each row of `steps` add up to 0, as its weights do: changes by one, again and again, the step whose rounding error
 * shrinks most.
 */
function balanceRows(steps: Int8Array, weights: Float32Array, columns: number, scale: number): void {
  for (let from = 0; from < steps.length; from += columns) {
    let sum = 0;
    for (let at = from; at < from + columns; at++) sum += steps[at] as number;
    for (const sign = Math.sign(sum); sum !== 0; sum -= sign) {
      let farthest = -1;
      let distance = Number.NEGATIVE_INFINITY;
      for (let at = from; at < from + columns; at++) {
        const over = sign * ((steps[at] as number) - (weights[at] as number) / scale);
        if (over <= distance || Math.abs((steps[at] as number) - sign) > LARGEST) continue;
        [farthest, distance] = [at, over];
      }
      (steps[farthest] as number) -= sign;
    }
  }
}

/** Σ (magnitude − its rounded value)². Stops early with any value ≥ `enough` once the sum reaches it. */
function squaredError(magnitudes: Float32Array, scale: number, enough: number): number {
  let sum = 0;
  for (let index = 0; index < magnitudes.length && sum < enough; index++) {
    const magnitude = magnitudes[index] as number;
    sum += (magnitude - Math.min(LARGEST, Math.round(magnitude / scale)) * scale) ** 2;
  }
  return sum;
}

/** Each weight's nearest step. A scale of 0 means that all its weights are 0. */
function toGrid(weights: Float32Array, scaleAt: (index: number) => number): Int8Array {
  const steps = new Int8Array(weights.length);
  for (const [index, weight] of weights.entries()) {
    const step = Math.round(weight / (scaleAt(index) || 1));
    steps[index] = Math.max(-LARGEST, Math.min(LARGEST, step));
  }
  return steps;
}

/** Maps an index into a matrix's values (row by row) to the index of its scale. */
function scalePlace(shape: readonly number[], axis: number | undefined): (index: number) => number {
  const columns = shape.at(-1) as number;
  if (axis === undefined) return () => 0;
  return axis === 0 ? (index) => Math.floor(index / columns) : (index) => index % columns;
}
