/** Adam's update (train/training/adam.ts has the formula) in one pass over the arrays. */
import { splat } from './math';

function update(
  w: usize, m: usize, v: usize, gradient: usize, count: i32, rate: f32, beta1: f32, beta2: f32, epsilon: f32,
): void {
  let i = 0;
  for (; i + 4 <= count; i += 4) {
    const o = <usize>i << 2, g = v128.load(gradient + o);
    const m1 = f32x4.add(f32x4.mul(splat(beta1), v128.load(m + o)), f32x4.mul(splat(1 - beta1), g));
    const v1 = f32x4.add(f32x4.mul(splat(beta2), v128.load(v + o)), f32x4.mul(splat(1 - beta2), f32x4.mul(g, g)));
    const move = f32x4.div(f32x4.mul(splat(rate), m1), f32x4.add(f32x4.sqrt(v1), splat(epsilon)));
    v128.store(m + o, m1);
    v128.store(v + o, v1);
    v128.store(w + o, f32x4.sub(v128.load(w + o), move));
  }
  for (; i < count; i++) {
    const o = <usize>i << 2, g = load<f32>(gradient + o);
    const m1 = beta1 * load<f32>(m + o) + (1 - beta1) * g;
    const v1 = beta2 * load<f32>(v + o) + (1 - beta2) * (g * g);
    store<f32>(m + o, m1);
    store<f32>(v + o, v1);
    store<f32>(w + o, load<f32>(w + o) - rate * m1 / (sqrt<f32>(v1) + epsilon));
  }
}

/** All of `count` parameters. Threads take stretches of whole registers. */
export function adam(
  thread: i32, threads: i32, w: usize, m: usize, v: usize, gradient: usize, count: i32,
  rate: f32, beta1: f32, beta2: f32, epsilon: f32,
): void {
  const from = <i32>(<i64>count * thread / threads) & ~3;
  const to = thread + 1 < threads ? <i32>(<i64>count * (thread + 1) / threads) & ~3 : count;
  const o = <usize>from << 2;
  update(w + o, m + o, v + o, gradient + o, to - from, rate, beta1, beta2, epsilon);
}

/** Rows `indices` of w, m and v [any, width], by the compact gradient [rows, width]. The indices are distinct. */
export function adamRows(
  thread: i32, threads: i32, w: usize, m: usize, v: usize, gradient: usize, indices: usize, rows: i32, width: i32,
  rate: f32, beta1: f32, beta2: f32, epsilon: f32,
): void {
  for (let row = thread; row < rows; row += threads) {
    const o = <usize>load<i32>(indices + (<usize>row << 2)) * <usize>width << 2;
    update(w + o, m + o, v + o, gradient + (<usize>row * <usize>width << 2), width, rate, beta1, beta2, epsilon);
  }
}
