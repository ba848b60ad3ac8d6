/**
 * Adam (Kingma & Ba, 2015, https://arxiv.org/abs/1412.6980), in the form at the end of its section 2:
 *
 *     m ← β₁m + (1 − β₁)g      v ← β₂v + (1 − β₂)g²      w ← w − α √(1 − β₂ᵗ) / (1 − β₁ᵗ) · m / (√v + ε)
 *
 * tfjs' Adam keeps the powers of β in float32 tensors and rebuilds them by another formula when its state is restored, so a
 * resumed run drifts. This one's whole state is m, v and t.
 */
import * as tf from '@tensorflow/tfjs';

export const BETA1 = 0.9;
export const BETA2 = 0.999;
export const EPSILON = 1e-7; // Keras' default

export class Adam {
  readonly #learningRate: number;
  /** The moments of each variable, in its shape. */
  readonly #moments: ReadonlyMap<string, { readonly m: tf.Variable; readonly v: tf.Variable }>;
  /** t: the number of updates so far. */
  steps = 0;

  constructor(learningRate: number, variables: ReadonlyMap<string, tf.Variable>) {
    this.#learningRate = learningRate;
    const zeros = (shape: number[]) => tf.tidy(() => tf.variable(tf.zeros(shape), false));
    this.#moments = new Map([...variables].map(([name, { shape }]) => [name, { m: zeros(shape), v: zeros(shape) }]));
  }

  /** Begins the next update. @returns α √(1 − β₂ᵗ) / (1 − β₁ᵗ) */
  nextRate(): number {
    this.steps++;
    return (this.#learningRate * Math.sqrt(1 - BETA2 ** this.steps)) / (1 - BETA1 ** this.steps);
  }

  /** Moves a variable, and its moments, by its gradient. */
  update(name: string, variable: tf.Variable, gradient: tf.Tensor, rate: number): void {
    const { m, v } = this.momentsOf(name);
    tf.tidy(() => {
      m.assign(m.mul(BETA1).add(gradient.mul(1 - BETA1)));
      v.assign(v.mul(BETA2).add(gradient.square().mul(1 - BETA2)));
      variable.assign(variable.sub(m.mul(rate).div(v.sqrt().add(EPSILON))));
    });
  }

  momentsOf(name: string): { readonly m: tf.Variable; readonly v: tf.Variable } {
    const moments = this.#moments.get(name);
    if (moments === undefined) throw new Error(`no variable ${name}`);
    return moments;
  }

  /** By `m/…` and `v/…`, for a checkpoint. */
  get moments(): Map<string, tf.Variable> {
    return new Map(
      [...this.#moments].flatMap(([name, { m, v }]) => [[`m/${name}`, m] as const, [`v/${name}`, v] as const]),
    );
  }

  dispose(): void {
    for (const moment of this.moments.values()) moment.dispose();
  }
}
