/** The way back from `export.ts`: the weights of an ONNX file → those of the tfjs network that it was made of. */
import type { Table, Weights } from '../../../onnx/weights.ts';
import type { Manifest } from '../../../shared/bundle.ts';
import type { Weight } from './graph.ts';
import { LSTM_GATES } from './layers/lstm.ts';
import { gatesFromOnnx } from './layers/recurrent.ts';

/**
 * @param weights of an LSTM, as `weightsOf` reads them.
 * @param pooling of the network, as `model.json` has it.
 * @returns the float32 values of every variable of `buildModel`'s network by its name, such as `lstm/kernel`.
 */
export function importWeights(
  weights: Weights,
  pooling: Manifest['architecture']['pooling'],
): Map<string, Weight<Float32Array>> {
  const { features, units, columns, embeddings, W, R, B, last, mean, bias, words, pairs } = weights;
  const gates = (rows: number, values: Float32Array) => gatesFromOnnx({ shape: [4 * units, rows], values }, LSTM_GATES);
  const inputHalf = B.subarray(0, 4 * units).map((value, at) => value + (B[4 * units + at] as number));
  const result = new Map<string, Weight<Float32Array>>([
    ['embedding/embeddings', tableOf(embeddings, features)],
    ['lstm/kernel', gates(features, W)],
    ['lstm/recurrent_kernel', gates(units, R)],
    ['lstm/bias', { ...gates(1, inputHalf), shape: [4 * units] }],
    [
      'dense/kernel',
      pooling === 'mean-last'
        ? { shape: [2 * units, columns], values: Float32Array.of(...mean, ...last) }
        : { shape: [units, columns], values: last },
    ],
    ['dense/bias', { shape: [columns], values: bias }],
  ]);
  if (words && pairs) {
    result.set('ngrams/unigrams', tableOf(words, columns)).set('ngrams/hashed', tableOf(pairs, columns));
  }
  return result;
}

/** Dequantised. */
function tableOf({ values, scales }: Table, columns: number): Weight<Float32Array> {
  const scaleOf = (at: number) => scales[scales.length === 1 ? 0 : Math.floor(at / columns)] as number;
  return {
    shape: [values.length / columns, columns],
    values: Float32Array.from(values, (value, at) => value * scaleOf(at)),
  };
}
