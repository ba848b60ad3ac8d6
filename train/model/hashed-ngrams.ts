/**
 * A linear model of words and word pairs as a tfjs layer. Each position of a text adds the weights of its id and those of the
 * bucket of the bigram that ends there:
 *
 *     logits = Σ_t (unigrams[id[t]] + hashed[h(t)]) / √(number of positions)
 *
 * It is the slow reference for training and for the ONNX graph: ids are hashed in JavaScript.
 */
import * as tf from '@tensorflow/tfjs';
import { bigramBuckets, HASH_LIMIT } from '../../shared/bigram-hash.ts';

type LayerArgs = NonNullable<ConstructorParameters<typeof tf.layers.Layer>[0]>;

interface HashedNgramsArgs extends LayerArgs {
  readonly vocabularySize: number;
  /** Rows of the table of bigrams; a prime. */
  readonly buckets: number;
  /** One for two labels, else one for each label. */
  readonly columns: number;
}

/** The most weights that the table of pairs may have, relative to that of two labels. */
const GROWTH = 1.5;

/**
 * The number of buckets, a prime, that keeps the table's size within `GROWTH` for so many columns (docs/training.md, "The size
 * of a bundle").
 * @param buckets for one column.
 */
export function bucketsFor(columns: number, buckets: number): number {
  return columns === 1 || buckets === 0 ? buckets : largestPrime((GROWTH * buckets) / columns);
}

/** The usual number of weights of pairs, and at most so many times as many where that keeps the rows of a table. */
const USUAL_WEIGHTS = 400_000;
const KEPT = 2;

/**
 * The number of buckets for so many columns beside a network that has `buckets`: the same, so that its pairs are found again,
 * unless the table would be large.
 */
export function keptBuckets(columns: number, buckets: number): number {
  return columns * buckets <= KEPT * USUAL_WEIGHTS ? buckets : largestPrime(USUAL_WEIGHTS / columns);
}

/** The largest prime up to `limit`, or 2. */
function largestPrime(limit: number): number {
  for (let prime = Math.floor(limit); prime > 2; prime--) if (isPrime(prime)) return prime;
  return 2;
}

function isPrime(number: number): boolean {
  for (let divisor = 2; divisor * divisor <= number; divisor++) if (number % divisor === 0) return false;
  return true;
}

/** ids int32 [batch, steps], padded with 0 → [batch, columns]. */
export class HashedNgrams extends tf.layers.Layer {
  static className = 'HashedNgrams';
  readonly #vocabularySize: number;
  readonly #bucketCount: number;
  readonly #columns: number;
  #unigrams!: tf.LayerVariable;
  #hashed!: tf.LayerVariable;

  constructor(args: HashedNgramsArgs) {
    super(args);
    for (const size of [args.vocabularySize, args.buckets]) {
      if (size >= HASH_LIMIT) throw new RangeError(`HashedNgrams: ${size} ids or buckets; at most ${HASH_LIMIT - 1}`);
    }
    this.#vocabularySize = args.vocabularySize;
    this.#bucketCount = args.buckets;
    this.#columns = args.columns;
  }

  override build(): void {
    const zeros = tf.initializers.zeros();
    this.#unigrams = this.addWeight('unigrams', [this.#vocabularySize, this.#columns], 'float32', zeros);
    this.#hashed = this.addWeight('hashed', [this.#bucketCount, this.#columns], 'float32', zeros);
    this.built = true;
  }

  override computeOutputShape(inputShape: tf.Shape | tf.Shape[]): tf.Shape {
    return [(inputShape as tf.Shape)[0] ?? null, this.#columns];
  }

  override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
    return tf.tidy(() => {
      const ids = (Array.isArray(inputs) ? inputs[0] : inputs)?.toInt() as tf.Tensor2D;
      const hashed = this.#hashed.read();
      const weights = this.#unigrams
        .read()
        .gather(ids)
        .add(hashed.gather(this.#buckets(ids))); // [batch, steps, columns]
      const read = ids.notEqual(0).toFloat().expandDims(2); // [batch, steps, 1]
      const positions = read.sum(1); // [batch, 1]
      return weights.mul(read).sum(1).div(positions.sqrt());
    });
  }

  /** int32 [batch, steps] */
  #buckets(ids: tf.Tensor2D): tf.Tensor {
    const [, steps] = ids.shape;
    const buckets = ids.dataSync<'int32'>().slice();
    for (let from = 0; from < buckets.length; from += steps) {
      const row = buckets.subarray(from, from + steps);
      row.set(bigramBuckets(row, this.#bucketCount));
    }
    return tf.tensor2d(buckets, ids.shape, 'int32');
  }

  override getConfig(): tf.serialization.ConfigDict {
    return {
      ...super.getConfig(),
      vocabularySize: this.#vocabularySize,
      buckets: this.#bucketCount,
      columns: this.#columns,
    };
  }
}
tf.serialization.registerClass(HashedNgrams);
