/**
 * Adam (Kingma & Ba, 2015, https://arxiv.org/abs/1412.6980), in the form at the end of its section 2:
 *
 *     m ← β₁m + (1 − β₁)g      v ← β₂v + (1 − β₂)g²      w ← w − α √(1 − β₂ᵗ) / (1 − β₁ᵗ) · m / (√v + ε)
 *
 * tfjs has an Adam, which keeps the powers of β in float32 tensors and rebuilds them by another formula when its state is
 * restored, so that a resumed run drifts from an uninterrupted one. This one's whole state is m, v and t.
 */
import * as tf from '@tensorflow/tfjs';

const BETA1 = 0.9;
const BETA2 = 0.999;
const EPSILON = 1e-7; // Keras' default

export class Adam {
  readonly #learningRate: number;
  /** By variable name, each of its variable's shape. */
  readonly #m: ReadonlyMap<string, tf.Variable>;
  readonly #v: ReadonlyMap<string, tf.Variable>;
  /** Updates made. */
  steps = 0;

  constructor(learningRate: number, variables: ReadonlyMap<string, tf.Variable>) {
    this.#learningRate = learningRate;
    const zeros = () => new Map([...variables].map(([name, { shape }]) => [name, tf.variable(tf.zeros(shape), false)]));
    this.#m = zeros();
    this.#v = zeros();
  }

  /** Moves every variable against its gradient, and forgets nothing but the gradients' contents. */
  update(variables: ReadonlyMap<string, tf.Variable>, gradients: ReadonlyMap<string, tf.Tensor>): void {
    this.steps++;
    const rate = (this.#learningRate * Math.sqrt(1 - BETA2 ** this.steps)) / (1 - BETA1 ** this.steps);
    tf.tidy(() => {
      for (const [name, variable] of variables) {
        const gradient = get(gradients, name);
        const m = get(this.#m, name);
        const v = get(this.#v, name);
        m.assign(m.mul(BETA1).add(gradient.mul(1 - BETA1)));
        v.assign(v.mul(BETA2).add(gradient.square().mul(1 - BETA2)));
        variable.assign(variable.sub(m.mul(rate).div(v.sqrt().add(EPSILON))));
      }
    });
  }

  /** The moments as variables, for a checkpoint to read and to write: `m/…` and `v/…`. */
  get moments(): Map<string, tf.Variable> {
    const named = (prefix: string, moments: ReadonlyMap<string, tf.Variable>) =>
      [...moments].map(([name, moment]) => [`${prefix}/${name}`, moment] as const);
    return new Map([...named('m', this.#m), ...named('v', this.#v)]);
  }

  dispose(): void {
    for (const moment of this.moments.values()) moment.dispose();
  }
}

function get<T>(map: ReadonlyMap<string, T>, name: string): T {
  const value = map.get(name);
  if (value === undefined) throw new Error(`no ${name}`);
  return value;
}
