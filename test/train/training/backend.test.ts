import * as tf from '@tensorflow/tfjs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startBackend } from '../../../train/training/backend.ts';

beforeAll(startBackend);
afterAll(() => tf.setBackend('wasm'));

/** The same computation on both backends. */
async function onBoth(compute: () => tf.Tensor): Promise<[cpu: number[], wasm: number[]]> {
  const values: number[][] = [];
  for (const backend of ['cpu', 'wasm']) {
    await tf.setBackend(backend);
    values.push(Array.from(tf.tidy(() => compute().dataSync())));
  }
  return values as [number[], number[]];
}

function expectClose(actual: readonly number[], expected: readonly number[]): void {
  for (const [index, value] of actual.entries()) expect(value).toBeCloseTo(expected[index] as number, 6);
}

describe('the embedding gradient on WASM', () => {
  const rows = Array.from({ length: 40 }, (_, index) => Math.sin(index));

  it.each([
    ['repeated and missing ids', [3, 0, 3, 3, 1], 5],
    ['one row', [2], 3],
    ['ids out of range, which are dropped', [-1, 7, 0, 1, 1], 2],
  ])('is that of the CPU backend: %s', async (_, ids, segments) => {
    const x = rows.slice(0, ids.length * 4);
    const [cpu, wasm] = await onBoth(() =>
      tf.unsortedSegmentSum(tf.tensor2d(x, [ids.length, 4]), tf.tensor1d(ids, 'int32'), segments),
    );
    expect(wasm).toHaveLength(segments * 4);
    expectClose(wasm, cpu);
  });

  it('is that of the CPU backend through an Embedding layer', async () => {
    const ids = [
      [1, 2, 2],
      [4, 1, 0],
    ];
    const [cpu, wasm] = await onBoth(() => {
      const table = tf.variable(tf.tensor2d(rows.slice(0, 15), [5, 3]));
      const { grads } = tf.variableGrads(
        () =>
          tf
            .gather(table, tf.tensor2d(ids, [2, 3], 'int32'))
            .square()
            .sum() as tf.Scalar,
        [table],
      );
      return grads[table.name] as tf.Tensor;
    });
    expect(wasm).toHaveLength(15);
    expect(wasm.slice(9, 12)).toEqual([0, 0, 0]); // id 3 is in no text
    expectClose(wasm, cpu);
  });
});
