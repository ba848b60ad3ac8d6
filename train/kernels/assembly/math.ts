/** Multiply-add, sigmoid and tanh of four floats at a time. The result is NaN only for NaN. */

/** a·b + c, rounded once where the engine has relaxed SIMD (and the machine FMA), twice elsewhere. */
@inline
export function madd(a: v128, b: v128, c: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return f32x4.relaxed_madd(a, b, c);
  return f32x4.add(f32x4.mul(a, b), c);
}

@inline
export function splat(x: f32): v128 {
  return f32x4.splat(x);
}

/**
 * The constants below are in memory because one instruction loads a number into all lanes, while V8 needs three to make a
 * constant, at each turn of a loop. These functions are a third faster for it.
 *
 * They are the module's only data. Every thread writes the same bytes when it starts.
 */
const EXP = memory.data<f32>([
  -87.3, 87.3, // the bounds of x
  1.44269504, // 1 / ln 2
  12582912, // 1.5·2²³
  2.12194440e-4, -0.693359375, // −ln 2 in two parts
  1.9875691500e-4, 1.3981999507e-3, 8.3334519073e-3, 4.1665795894e-2, 1.6666665459e-1, 0.5, 1, // from the highest power
]);
const TANH = memory.data<f32>([
  -7.90531110763549805, 7.90531110763549805, // where tanh is ±1
  -2.76076847742355e-16, 2.00018790482477e-13, -8.60467152213735e-11, 5.12229709037114e-8, 1.48572235717979e-5,
  6.37261928875436e-4, 4.89352455891786e-3, // P, from the highest power
  1.19825839466702e-6, 1.18534705686654e-4, 2.26843463243900e-3, 4.89352518554385e-3, // Q
]);

@inline
function number(table: usize, index: i32): v128 {
  return v128.load32_splat(table + (<usize>index << 2));
}

/**
 * eˣ with a relative error of 2e-7. Beyond ±87.3 it stays at e^±87.3, the last powers that float32 holds with full precision.
 *
 * x = n ln 2 + r with |r| ≤ ½ ln 2, so eˣ = 2ⁿ eʳ: eʳ by a polynomial (Cephes' expf), 2ⁿ by adding n to the exponent.
 */
@inline
export function exp(x: v128): v128 {
  // pmin and pmax are one instruction each, and keep a NaN if x comes first.
  const bounded = f32x4.pmin(f32x4.pmax(x, number(EXP, 0)), number(EXP, 1));
  // Near 1.5·2²³ floats are integers: the sum is rounded to n, which then is in its last bits.
  const shifted = madd(bounded, number(EXP, 2), number(EXP, 3)), n = f32x4.sub(shifted, number(EXP, 3));
  // n times the second part is exact, so r loses no digits where x and n ln 2 cancel.
  const r = madd(n, number(EXP, 4), madd(n, number(EXP, 5), bounded));
  let p = madd(r, number(EXP, 6), number(EXP, 7));
  p = madd(p, r, number(EXP, 8));
  p = madd(p, r, number(EXP, 9));
  p = madd(p, r, number(EXP, 10));
  p = madd(p, r, number(EXP, 11));
  p = madd(p, f32x4.mul(r, r), f32x4.add(r, number(EXP, 12)));
  return i32x4.add(p, i32x4.shl(shifted, 23)); // adds n to the bits of the exponent: p·2ⁿ
}

/** 1 / (1 + e⁻ˣ) */
@inline
export function sigmoid(x: v128): v128 {
  const one = number(EXP, 12);
  return f32x4.div(one, f32x4.add(one, exp(f32x4.neg(x))));
}

/**
 * tanh as a quotient of polynomials, x·P(x²)/Q(x²), with a relative error of 4e-7 (coefficients of Eigen's
 * `generic_fast_tanh_float`). Unlike 1 − 2/(1 + e²ˣ) it loses no digits near 0, where most activations are.
 */
@inline
export function tanh(x: v128): v128 {
  const bounded = f32x4.pmin(f32x4.pmax(x, number(TANH, 0)), number(TANH, 1)), square = f32x4.mul(bounded, bounded);
  let p = madd(square, number(TANH, 2), number(TANH, 3)), q = madd(square, number(TANH, 9), number(TANH, 10));
  p = madd(p, square, number(TANH, 4));
  p = madd(p, square, number(TANH, 5));
  p = madd(p, square, number(TANH, 6));
  p = madd(p, square, number(TANH, 7));
  p = madd(p, square, number(TANH, 8));
  q = madd(q, square, number(TANH, 11));
  q = madd(q, square, number(TANH, 12));
  return f32x4.mul(bounded, f32x4.div(p, q)); // the other order would underflow for the smallest x
}

// For the tests: the inlined functions over whole arrays. `count` is a multiple of 4.

export function expOf(to: usize, from: usize, count: i32): void {
  for (let i: usize = 0; i < <usize>count << 2; i += 16) v128.store(to + i, exp(v128.load(from + i)));
}

export function sigmoidOf(to: usize, from: usize, count: i32): void {
  for (let i: usize = 0; i < <usize>count << 2; i += 16) v128.store(to + i, sigmoid(v128.load(from + i)));
}

export function tanhOf(to: usize, from: usize, count: i32): void {
  for (let i: usize = 0; i < <usize>count << 2; i += 16) v128.store(to + i, tanh(v128.load(from + i)));
}

/** Smaller gradients change nothing. */
const TINY: f32 = 1e-30;

/**
 * Sets tiny numbers to zero. Gradients that fade over hundreds of steps become denormal, on which the processor is a hundred
 * times slower, and WebAssembly cannot turn on flush-to-zero. `TINY` is far above the denormals, so that products with weights
 * stay normal too.
 */
// @ts-ignore: decorator
@inline
export function flush(x: v128): v128 {
  return v128.and(x, f32x4.gt(f32x4.abs(x), splat(TINY)));
}
