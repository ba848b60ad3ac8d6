/**
 * A linear model of words and word pairs and triples as a tfjs layer: each position of a text adds the weight of its id
 * and the weights of the buckets of the bigram and the trigram that end there.
 *
 *     logit = Σ_t (unigrams[id[t]] + hashed[h₂(t)] + hashed[h₃(t)]) / √(number of positions)
 *
 * It is the reference for training and for the ONNX graph, and not fast: the ids are hashed in JavaScript.
 */
import * as tf from '@tensorflow/tfjs';
import { HASH_LIMIT, ngramIds } from './ngram-hash.ts';

type LayerArgs = NonNullable<ConstructorParameters<typeof tf.layers.Layer>[0]>;

export interface HashedNgramsArgs extends LayerArgs {
  readonly vocabularySize: number;
  /** Rows of the table that bigrams and trigrams share; a prime. */
  readonly buckets: number;
}

/** ids int32 [batch, steps], padded with 0 → [batch, 1]. */
export class HashedNgrams extends tf.layers.Layer {
  static className = 'HashedNgrams';
  readonly #vocabularySize: number;
  readonly #bucketCount: number;
  #unigrams!: tf.LayerVariable;
  #hashed!: tf.LayerVariable;

  constructor(args: HashedNgramsArgs) {
    super(args);
    for (const size of [args.vocabularySize, args.buckets]) {
      if (size >= HASH_LIMIT) throw new RangeError(`HashedNgrams: ${size} ids or buckets; at most ${HASH_LIMIT - 1}`);
    }
    this.#vocabularySize = args.vocabularySize;
    this.#bucketCount = args.buckets;
  }

  override build(): void {
    const zeros = tf.initializers.zeros();
    this.#unigrams = this.addWeight('unigrams', [this.#vocabularySize], 'float32', zeros);
    this.#hashed = this.addWeight('hashed', [this.#bucketCount], 'float32', zeros);
    this.built = true;
  }

  override computeOutputShape(inputShape: tf.Shape | tf.Shape[]): tf.Shape {
    return [(inputShape as tf.Shape)[0] ?? null, 1];
  }

  override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
    return tf.tidy(() => {
      const ids = (Array.isArray(inputs) ? inputs[0] : inputs)?.toInt() as tf.Tensor2D;
      const hashed = this.#hashed.read();
      const weights = tf.addN([
        this.#unigrams.read().gather(ids),
        ...this.#buckets(ids).map((buckets) => hashed.gather(buckets)),
      ]); // [batch, steps]
      const read = ids.notEqual(0).toFloat();
      const positions = read.sum(1, true); // [batch, 1]
      return weights.mul(read).sum(1, true).div(positions.sqrt());
    });
  }

  /** Of the bigrams and of the trigrams, each int32 [batch, steps]. */
  #buckets(ids: tf.Tensor2D): tf.Tensor[] {
    const [, steps] = ids.shape;
    const bigrams = ids.dataSync<'int32'>().slice();
    const trigrams = bigrams.slice();
    for (let from = 0; from < bigrams.length; from += steps) {
      const row = ngramIds(bigrams.subarray(from, from + steps), this.#bucketCount);
      bigrams.set(row.bigrams, from);
      trigrams.set(row.trigrams, from);
    }
    return [bigrams, trigrams].map((values) => tf.tensor2d(values, ids.shape, 'int32'));
  }

  override getConfig(): tf.serialization.ConfigDict {
    return { ...super.getConfig(), vocabularySize: this.#vocabularySize, buckets: this.#bucketCount };
  }
}
tf.serialization.registerClass(HashedNgrams);
