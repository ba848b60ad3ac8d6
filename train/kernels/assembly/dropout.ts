/** Dropout. The seed and a number's place alone decide whether it is dropped, so backward needs no mask. */
import { splat } from './math';

/** Sets a share `rate` of `count` numbers to zero and scales the others by 1 / (1 − rate), which keeps the mean. */
export function dropout(thread: i32, threads: i32, at: usize, count: i32, seed: u32, rate: f32): void {
  const from = <i32>(<i64>count * thread / threads) & ~3;
  const to = thread + 1 < threads ? <i32>(<i64>count * (thread + 1) / threads) & ~3 : count;
  const limit = <u32>(<f64>rate * 4294967295.0), scale = splat(1 / (1 - rate));
  let i = from;
  for (; i + 4 <= to; i += 4) {
    const o = at + (<usize>i << 2), random = hash(i32x4.add(i32x4.splat(i), LANES), seed);
    const kept = i32x4.ge_u(random, i32x4.splat(limit));
    v128.store(o, v128.and(kept, f32x4.mul(v128.load(o), scale)));
  }
  for (; i < to; i++) {
    const o = at + (<usize>i << 2);
    const kept = <u32>i32x4.extract_lane(hash(i32x4.splat(i), seed), 0) >= limit;
    store<f32>(o, kept ? load<f32>(o) / (1 - rate) : 0);
  }
}

const LANES = i32x4(0, 1, 2, 3);

/** Hashes four integers: the finalizer of MurmurHash3, twice. */
@inline
function hash(x: v128, seed: u32): v128 {
  return mix(v128.xor(mix(x), i32x4.splat(seed)));
}

@inline
function mix(x: v128): v128 {
  x = i32x4.mul(v128.xor(x, i32x4.shr_u(x, 16)), i32x4.splat(0x85EBCA6B));
  x = i32x4.mul(v128.xor(x, i32x4.shr_u(x, 13)), i32x4.splat(0xC2B2AE35));
  return v128.xor(x, i32x4.shr_u(x, 16));
}
