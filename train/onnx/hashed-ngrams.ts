/**
 * HashedNgrams → the hashes in int64, a lookup, and its running sum. A position's n-grams end there, so the sum up to it is
 * that of the text cut there.
 *
 * The two tables are one here, the hashed one first, so that one Gather and, for int8, one Cast serve all three weights of
 * a position; the product with their scales, which are ones for float32, adds them up.
 */
import type * as tf from '@tensorflow/tfjs';
import { BIGRAM_PRIME, TRIGRAM_PRIME } from '../layers/ngram-hash.ts';
import type { GraphBuilder, LayerConverter, Weight } from './graph.ts';
import { positionsRead, runningSum } from './positions.ts';
import { ElementType } from './proto.ts';
import { layerInt8, layerWeight } from './weights.ts';

/** ids int32 [sequence, batch] → [sequence, batch, 1]. */
export const convertHashedNgrams: LayerConverter = (layer, graph, ids) => {
  const { name } = layer;
  const { table, scales } = tables(layer, graph);
  const values = graph.weight(`${name}/table`, table); // [buckets + vocabulary]
  const found = graph.node('Gather', `${name}/found`, [values, places(layer, graph, ids)]); // [sequence, batch, 3]
  const floats =
    table.values instanceof Int8Array
      ? graph.node('Cast', `${name}/float`, [found], { to: ElementType.float32 })
      : found;
  const weights = graph.node('MatMul', `${name}/weights`, [floats, graph.weight(`${name}/scales`, scales)]);
  const sum = runningSum(graph, `${name}/sum`, weights); // [sequence, batch, 1]
  return graph.node('Div', name, [sum, graph.node('Sqrt', `${name}/root`, [positionsRead(graph)])]);
};

/** Both tables as one, and the scales of a bigram's, a trigram's and a unigram's weight. */
function tables(layer: tf.layers.Layer, graph: GraphBuilder): { table: Weight; scales: Weight } {
  const [buckets, words] = [layerWeight(layer, 'hashed'), layerWeight(layer, 'unigrams')];
  const hashed = layerInt8(layer, 'hashed', undefined, graph);
  const unigrams = layerInt8(layer, 'unigrams', undefined, graph);
  const int8 = hashed !== undefined && unigrams !== undefined;
  const size = buckets.values.length + words.values.length;
  const values = int8 ? new Int8Array(size) : new Float32Array(size);
  values.set(int8 ? hashed.values : buckets.values);
  values.set(int8 ? unigrams.values : words.values, buckets.values.length);
  const [bucket = 1, word = 1] = int8 ? [hashed.scales[0], unigrams.scales[0]] : [];
  return {
    table: { shape: [size], values },
    scales: { shape: [3, 1], values: Float32Array.of(bucket, bucket, word) },
  };
}

/**
 * Where in the table the weights of each position's bigram, trigram and unigram are: int64 [sequence, batch, 3]. The hash is
 * that of `layers/ngram-hash.ts`, below the number of buckets whatever the ids are.
 */
function places(layer: tf.layers.Layer, graph: GraphBuilder, ids: string): string {
  const { name } = layer;
  const one = graph.integer(`${name}/one`, 1);
  const buckets = graph.integer(`${name}/buckets`, Number(layer.getConfig()['buckets']));
  const whole = graph.node('Cast', `${name}/int64`, [ids], { to: ElementType.int64 });
  const current = graph.node('Unsqueeze', `${name}/ids`, [whole, graph.integers(`${name}/axis`, [2])]);
  // The ids before each position, plus one. Padded by two and then cut, because a text may be shorter than two.
  const successors = graph.node('Add', `${name}/successors`, [current, one]);
  const padding = graph.integers(`${name}/padding`, [2, 0, 0, 0, 0, 0]);
  const padded = graph.node('Pad', `${name}/padded`, [successors, padding, one]); // [2 + sequence, batch, 1]
  const slice = (part: string, from: number, to: number) =>
    graph.node('Slice', `${name}/${part}`, [
      padded,
      graph.integers(`${name}/${part}/from`, [from]),
      graph.integers(`${name}/${part}/to`, [to]),
    ]); // [sequence, batch, 1]
  const hash = (part: string, x: string, prime: number, before: string) => {
    const product = graph.node('Mul', `${name}/${part}/product`, [x, graph.integer(`${name}/${part}/prime`, prime)]);
    const sum = graph.node('Add', `${name}/${part}/sum`, [product, before]);
    return graph.node('Mod', `${name}/${part}`, [sum, buckets]);
  };
  const bigrams = hash('bigrams', current, BIGRAM_PRIME, slice('previous', 1, -1));
  const trigrams = hash('trigrams', bigrams, TRIGRAM_PRIME, slice('before_that', 0, -2));
  const unigrams = graph.node('Add', `${name}/unigrams`, [current, buckets]);
  return graph.node('Concat', `${name}/places`, [bigrams, trigrams, unigrams], { axis: 2 });
}
