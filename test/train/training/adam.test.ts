import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, it } from 'vitest';
import { Adam } from '../../../train/training/adam.ts';
import { startBackend } from '../../../train/training/backend.ts';

beforeAll(startBackend);

/** A parabola with another slope in every direction. */
function gradient(w: tf.Tensor): tf.Tensor {
  return w.mul(tf.tensor1d([0.01, 1, 20]));
}

describe('Adam', () => {
  it('takes the same steps as tfjs’ Adam', () => {
    const ours = tf.variable(tf.tensor1d([1, -2, 3]));
    const theirs = tf.variable(tf.tensor1d([1, -2, 3]));
    const variables = new Map([['w', ours]]);
    const adam = new Adam(0.05, variables);
    const stock = tf.train.adam(0.05);
    for (let step = 0; step < 60; step++) {
      adam.update('w', ours, gradient(ours), adam.nextRate());
      stock.applyGradients([{ name: theirs.name, tensor: gradient(theirs) }]);
    }
    // They divide by √(1 − β₂ᵗ) on either side of ε, which is all the difference.
    for (const [index, value] of [...ours.dataSync()].entries()) {
      expect(value).toBeCloseTo(theirs.dataSync()[index] as number, 4);
    }
    expect(Math.abs(ours.dataSync()[2] as number)).toBeLessThan(2);
  });

  it('leaves no tensors behind', () => {
    const w = tf.variable(tf.tensor1d([1, 2, 3]));
    const adam = new Adam(0.1, new Map([['w', w]]));
    const ones = tf.tensor1d([1, 1, 1]);
    adam.update('w', w, ones, adam.nextRate());
    const before = tf.memory().numTensors;
    for (let step = 0; step < 10; step++) adam.update('w', w, ones, adam.nextRate());
    expect(tf.memory().numTensors).toBe(before);
    adam.dispose();
    expect(tf.memory().numTensors).toBe(before - 2);
  });
});
