/**
 * Starts an Embedding from published word vectors: from their principal components, so that a narrower table keeps as much of them as
 * possible (Jolliffe, Principal Component Analysis, 2002).
 */
import * as tf from '@tensorflow/tfjs';
import type { Vocabulary } from '../../shared/vocabulary.ts';
import { randomNumbers } from '../random.ts';
import { weightOf } from './model.ts';

/** The root mean square of the numbers in the table: about that of a uniform start in ±0.05, times three. */
const SCALE = 0.1;
const SWEEPS = 60;

/**
 * Overwrites the rows of the words that have a vector; the other rows stay as they are.
 * @param vectors of one length, at least the width of the model's table.
 */
export function startFrom(
  vectors: ReadonlyMap<string, Float32Array>,
  model: tf.LayersModel,
  vocabulary: Vocabulary,
): void {
  const table = weightOf(model, 'embedding/embeddings');
  const [words = 0, width = 0] = table.shape;
  const known = vocabulary.words.flatMap((word, id) => {
    const vector = vectors.get(word);
    return vector === undefined ? [] : [{ id, vector }];
  });
  if (known.length <= width) return;
  tf.tidy(() => {
    const rows = tf.tensor2d(known.map(({ vector }) => [...vector]));
    const centred = rows.sub(rows.mean(0)) as tf.Tensor2D; // [known, length]
    const projected = centred.matMul(principalAxes(centred, width)); // [known, width]
    const scaled = projected.mul(tf.scalar(SCALE).div(projected.square().mean().sqrt()));
    const values = table.dataSync<'float32'>().slice();
    const own = scaled.dataSync();
    for (const [row, { id }] of known.entries()) values.set(own.subarray(row * width, (row + 1) * width), id * width);
    table.assign(tf.tensor2d(values, [words, width]));
  });
}

/** The directions in which the rows [n, length] differ most [length, width], by orthogonal iteration. */
function principalAxes(rows: tf.Tensor2D, width: number): tf.Tensor2D {
  const length = rows.shape[1];
  const covariance = rows.matMul(rows, true, false).div(rows.shape[0]) as tf.Tensor2D;
  const random = randomNumbers(1);
  let axes = tf.tensor2d(
    Float32Array.from({ length: length * width }, () => random() - 0.5),
    [length, width],
  );
  for (let sweep = 0; sweep < SWEEPS; sweep++) axes = orthonormal(covariance.matMul(axes) as tf.Tensor2D);
  return axes;
}

/** The columns, made orthogonal to each other and of length 1: Gram and Schmidt's process, twice, for float32. */
function orthonormal(matrix: tf.Tensor2D): tf.Tensor2D {
  const [length, width] = matrix.shape;
  const columns = tf.split(matrix, width, 1).map((column) => Float64Array.from(column.dataSync()));
  for (const [place, column] of columns.entries()) {
    for (let pass = 0; pass < 2; pass++) {
      for (const other of columns.slice(0, place)) {
        const share = column.reduce((sum, value, at) => sum + value * (other[at] as number), 0);
        for (const [at, value] of other.entries()) (column[at] as number) -= share * value;
      }
    }
    const norm = Math.hypot(...column) || 1;
    for (const at of column.keys()) (column[at] as number) /= norm;
  }
  const values = new Float32Array(length * width);
  for (const [place, column] of columns.entries()) {
    for (const [row, value] of column.entries()) values[row * width + place] = value;
  }
  return tf.tensor2d(values, [length, width]);
}
