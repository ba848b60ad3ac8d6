/**
 * Document vectors: each learns to point towards its own n-grams and away from others (train/teacher/document-vectors.ts has
 * the objective and its source).
 *
 * Documents and n-grams are divided into BLOCKS each. In round r, block b of the documents meets block (b + r) mod BLOCKS of
 * the n-grams, so in BLOCKS rounds every document meets all its n-grams. Within a round no two blocks touch one vector, so
 * they run in parallel, and the result does not depend on the number of threads.
 */
import { BLOCKS, DocumentPlan, NEGATIVES } from './layout';
import { sigmoid, splat } from './math';

/** α in the objective, the scale of the cosine. */
const SHARPNESS: f32 = 6;
/** Negative samples for each n-gram of a document. */
const DRAWS = 5;

export function documentRound(thread: i32, threads: i32, plan: DocumentPlan, round: i32, seed: i32, rate: f32): void {
  for (let block = thread; block < BLOCKS; block += threads) {
    let random = <u64>seed * 0x9E3779B97F4A7C15 + <u64>(round * BLOCKS + block) * 0xBF58476D1CE4E5B9 + 1;
    const grams = (block + round) % BLOCKS, bytes = <usize>plan.width << 2;
    const negatives = plan.negatives + <usize>(grams * NEGATIVES) * 4, direction = plan.direction + <usize>block * bytes;
    for (let document = block; document < plan.count; document += BLOCKS) {
      const vector = plan.documentVectors + <usize>document * bytes, starts = plan.starts + (<usize>document << 2);
      const end = plan.grams + (<usize>load<i32>(starts, 4) << 2);
      for (let at = plan.grams + (<usize>load<i32>(starts) << 2); at < end; at += 4) {
        const gram = load<i32>(at);
        if (gram % BLOCKS != grams) continue;
        random = next(random);
        const chance = <f32>(random >> 40) * (1.0 / 16777216.0); // 24 bits: [0, 1)
        if (chance >= load<f32>(plan.keep + (<usize>gram << 2))) continue;
        const own = plan.gramVectors + <usize>gram * bytes;
        prefetch(own, bytes);
        let ahead = random;
        for (let i = 0; i < DRAWS; i++) {
          ahead = next(ahead);
          prefetch(plan.gramVectors + <usize>drawn(negatives, ahead) * bytes, bytes);
        }
        const length = norm(vector, bytes);
        memory.fill(direction, 0, bytes);
        draw(vector, length, own, 1, rate, direction, bytes);
        for (let i = 0; i < DRAWS; i++) {
          random = next(random);
          const other = drawn(negatives, random);
          if (other != gram) draw(vector, length, plan.gramVectors + <usize>other * bytes, 0, rate, direction, bytes);
        }
        for (let i: usize = 0; i < bytes; i += 16) {
          v128.store(vector + i, f32x4.add(v128.load(vector + i), v128.load(direction + i)));
        }
      }
    }
  }
}

/**
 * One gradient step on the cross-entropy of σ(α cos(d, w)) and `target`: updates w, and adds d's update to `direction`.
 * ∂cos/∂d = w / (‖d‖‖w‖) − cos · d / ‖d‖², and symmetrically for w.
 */
@inline
function draw(d: usize, length: f32, w: usize, target: f32, rate: f32, direction: usize, bytes: usize): void {
  let product = splat(0), square = splat(0);
  for (let i: usize = 0; i < bytes; i += 16) {
    const x = v128.load(w + i);
    product = f32x4.add(product, f32x4.mul(v128.load(d + i), x));
    square = f32x4.add(square, f32x4.mul(x, x));
  }
  const width = sqrt<f32>(sum(square)) + SMALL, inverse: f32 = 1 / (length * width), cosine = sum(product) * inverse;
  const guess = f32x4.extract_lane(sigmoid(splat(SHARPNESS * cosine)), 0);
  const step = rate * SHARPNESS * (target - guess);
  const across = splat(step * inverse), alongD = splat(step * cosine / (length * length));
  const alongW = splat(step * cosine / (width * width));
  for (let i: usize = 0; i < bytes; i += 16) {
    const x = v128.load(w + i), y = v128.load(d + i);
    const move = f32x4.sub(f32x4.mul(across, x), f32x4.mul(alongD, y));
    v128.store(direction + i, f32x4.add(v128.load(direction + i), move));
    v128.store(w + i, f32x4.add(x, f32x4.sub(f32x4.mul(across, y), f32x4.mul(alongW, x))));
  }
}

/** The n-gram that a random number stands for. */
@inline
function drawn(negatives: usize, random: u64): i32 {
  return load<i32>(negatives + (<usize>(random >> 33) & (NEGATIVES - 1)) * 4);
}

/** Keeps the compiler from leaving out the reads of `prefetch`. */
let read: i32 = 0;

/**
 * Reads one number of each cache line. The vectors are far apart and too many for the cache, and most of the time went to waiting for
 * one after the other: asked for together, they come together, in half the time.
 */
@inline
function prefetch(vector: usize, bytes: usize): void {
  let lines = 0;
  for (let i: usize = 0; i < bytes; i += 64) lines |= load<i32>(vector + i);
  read = lines;
}

/** The state after this one of a linear congruential generator (Knuth's MMIX); its high bits are the random ones. */
@inline
function next(state: u64): u64 {
  return state * 6364136223846793005 + 1442695040888963407;
}

/** Keeps a vector of zeros from dividing by zero. */
const SMALL: f32 = 1e-9;

@inline
function norm(a: usize, bytes: usize): f32 {
  let square = splat(0);
  for (let i: usize = 0; i < bytes; i += 16) {
    const x = v128.load(a + i);
    square = f32x4.add(square, f32x4.mul(x, x));
  }
  return sqrt<f32>(sum(square)) + SMALL;
}

@inline
function sum(x: v128): f32 {
  return f32x4.extract_lane(x, 0) + f32x4.extract_lane(x, 1) + f32x4.extract_lane(x, 2) + f32x4.extract_lane(x, 3);
}
