/**
 * The elementwise part of the three cells, between the matrix products, for one row and step.
 *
 * `g` is the row's gates [W] in tfjs' order, each `bytes` long; `before` and `after` are the states around the step.
 */
import { flush, madd, sigmoid, splat, tanh } from './math';

/** a(1 − a), the slope of the sigmoid where its value is a. */
@inline
function sigmoidSlope(a: v128): v128 {
  return f32x4.sub(a, f32x4.mul(a, a));
}

/** 1 − a², the slope of tanh where its value is a. */
@inline
function tanhSlope(a: v128): v128 {
  return f32x4.sub(splat(1), f32x4.mul(a, a));
}

/** i, f, o = σ, c̃ = tanh; c = f ⊙ c₋₁ + i ⊙ c̃; h = o ⊙ tanh c. `cellAfter` is 0 at a row's last step. */
export function lstmForward(
  g: usize, bytes: usize, cellBefore: usize, cellAfter: usize, tanhCell: usize, after: usize,
): void {
  for (let u: usize = 0; u < bytes; u += 16) {
    const at = g + u;
    const i = sigmoid(v128.load(at)), f = sigmoid(v128.load(at + bytes));
    const c = tanh(v128.load(at + 2 * bytes)), o = sigmoid(v128.load(at + 3 * bytes));
    const cell = madd(f, v128.load(cellBefore + u), f32x4.mul(i, c)), t = tanh(cell);
    v128.store(at, i);
    v128.store(at + bytes, f);
    v128.store(at + 2 * bytes, c);
    v128.store(at + 3 * bytes, o);
    v128.store(tanhCell + u, t);
    if (cellAfter) v128.store(cellAfter + u, cell);
    v128.store(after + u, f32x4.mul(o, t));
  }
}

/** Replaces gates with their gradients before activation, and `dCell` with that of the step before. */
export function lstmBackward(
  g: usize, bytes: usize, cellBefore: usize, tanhCell: usize, dState: usize, dCell: usize,
): void {
  for (let u: usize = 0; u < bytes; u += 16) {
    const at = g + u;
    const i = v128.load(at), f = v128.load(at + bytes), c = v128.load(at + 2 * bytes), o = v128.load(at + 3 * bytes);
    const t = v128.load(tanhCell + u), dh = v128.load(dState + u);
    const dc = madd(f32x4.mul(dh, o), tanhSlope(t), v128.load(dCell + u));
    v128.store(at, flush(f32x4.mul(f32x4.mul(dc, c), sigmoidSlope(i))));
    v128.store(at + bytes, flush(f32x4.mul(f32x4.mul(dc, v128.load(cellBefore + u)), sigmoidSlope(f))));
    v128.store(at + 2 * bytes, flush(f32x4.mul(f32x4.mul(dc, i), tanhSlope(c))));
    v128.store(at + 3 * bytes, flush(f32x4.mul(f32x4.mul(dh, t), sigmoidSlope(o))));
    v128.store(dCell + u, flush(f32x4.mul(dc, f)));
  }
}

/** z, r = σ, and r ⊙ h₋₁ for the third gate's product. */
export function gruReset(g: usize, bytes: usize, before: usize, reset: usize): void {
  for (let u: usize = 0; u < bytes; u += 16) {
    const r = sigmoid(v128.load(g + bytes + u));
    v128.store(g + u, sigmoid(v128.load(g + u)));
    v128.store(g + bytes + u, r);
    v128.store(reset + u, f32x4.mul(r, v128.load(before + u)));
  }
}

/** h̃ = tanh; h = z ⊙ h₋₁ + (1 − z) ⊙ h̃. */
export function gruForward(g: usize, bytes: usize, before: usize, after: usize): void {
  for (let u: usize = 0; u < bytes; u += 16) {
    const z = v128.load(g + u), h = tanh(v128.load(g + 2 * bytes + u));
    v128.store(g + 2 * bytes + u, h);
    v128.store(after + u, madd(z, f32x4.sub(v128.load(before + u), h), h));
  }
}

/** Replaces z and h̃ with their gradients, and `dState` with the part that reaches h₋₁ past the gates. */
export function gruBackward(g: usize, bytes: usize, before: usize, dState: usize): void {
  for (let u: usize = 0; u < bytes; u += 16) {
    const z = v128.load(g + u), h = v128.load(g + 2 * bytes + u), dh = v128.load(dState + u);
    v128.store(g + u, flush(f32x4.mul(f32x4.mul(dh, f32x4.sub(v128.load(before + u), h)), sigmoidSlope(z))));
    v128.store(g + 2 * bytes + u, flush(f32x4.mul(f32x4.mul(dh, f32x4.sub(splat(1), z)), tanhSlope(h))));
    v128.store(dState + u, flush(f32x4.mul(dh, z)));
  }
}

/** Replaces r with its gradient, from that of r ⊙ h₋₁, and adds what reaches h₋₁ to `dState`. */
export function gruResetBackward(g: usize, bytes: usize, before: usize, dReset: usize, dState: usize): void {
  for (let u: usize = 0; u < bytes; u += 16) {
    const r = v128.load(g + bytes + u), d = v128.load(dReset + u);
    v128.store(g + bytes + u, flush(f32x4.mul(f32x4.mul(d, v128.load(before + u)), sigmoidSlope(r))));
    v128.store(dState + u, flush(madd(d, r, v128.load(dState + u))));
  }
}

/** h = tanh. */
export function rnnForward(g: usize, bytes: usize, after: usize): void {
  for (let u: usize = 0; u < bytes; u += 16) {
    const h = tanh(v128.load(g + u));
    v128.store(g + u, h);
    v128.store(after + u, h);
  }
}

export function rnnBackward(g: usize, bytes: usize, dState: usize): void {
  for (let u: usize = 0; u < bytes; u += 16) {
    v128.store(g + u, flush(f32x4.mul(v128.load(dState + u), tanhSlope(v128.load(g + u)))));
  }
}
