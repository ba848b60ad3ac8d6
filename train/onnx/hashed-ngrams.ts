/**
 * HashedNgrams → the hashes in int32, a lookup, and its running sum. A position's n-grams end there, so the sum up to it is
 * that of the text cut there.
 *
 * The two tables are one here, the hashed one first, so that one Gather and, for int8, one conversion serve both weights of a
 * position; the product with their scales, which are ones for float32, adds them up.
 */
import type * as tf from '@tensorflow/tfjs';
import { BIGRAM_PRIME } from '../layers/bigram-hash.ts';
import type { GraphBuilder, LayerConverter, Weight } from './graph.ts';
import { positionsRead, runningSum } from './positions.ts';
import { layerInt8, layerWeight, toFloat } from './weights.ts';

/** ids int32 [sequence, batch] → [sequence, batch, 1]. */
export const convertHashedNgrams: LayerConverter = (layer, graph, ids) => {
  const { name } = layer;
  const { table, scales } = tables(layer, graph);
  const values = graph.weight(`${name}/table`, table); // [buckets + vocabulary]
  const found = graph.node('Gather', `${name}/found`, [values, places(layer, graph, ids)]); // [sequence, batch, 2]
  const floats = table.values instanceof Int8Array ? toFloat(graph, `${name}/float`, found) : found;
  const weights = graph.node('MatMul', `${name}/weights`, [floats, graph.weight(`${name}/scales`, scales)]);
  const sum = runningSum(graph, `${name}/sum`, weights); // [sequence, batch, 1]
  return graph.node('Div', name, [sum, graph.node('Sqrt', `${name}/root`, [positionsRead(graph)])]);
};

/** Both tables as one, and the scales of a bigram's and a unigram's weight. */
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
    scales: { shape: [2, 1], values: Float32Array.of(bucket, word) },
  };
}

/** The root of HASH_LIMIT, below which ids and buckets are. */
const RADIX = 1_024;

/**
 * Where in the table the weights of each position's bigram and unigram are: int32 [sequence, batch, 2]. The hash is that of
 * `layers/bigram-hash.ts`, below the number of buckets whatever the ids are.
 *
 * The ids are int32, and so is everything here: converting them to int64 would be one Cast, but the first Cast of an isolate
 * costs more than all the rest of its first run (`toFloat` says why). With the prime ≡ RADIX · high + low, the product
 * id · prime ≡ (id · RADIX mod buckets) · high + id · low, of which no part reaches 2³¹.
 */
function places(layer: tf.layers.Layer, graph: GraphBuilder, ids: string): string {
  const { name } = layer;
  const size = Number(layer.getConfig()['buckets']);
  const constant = (what: string, value: number) => graph.int32(`${name}/${what}`, value);
  const [one, buckets] = [constant('one', 1), constant('buckets', size)];
  const prime = BIGRAM_PRIME % size;
  const current = graph.node('Unsqueeze', `${name}/ids`, [ids, graph.integers(`${name}/axis`, [2])]);
  // The ids before each position: a row of zeros, and all but the last. (Pad would put the zeros there, but its one kernel for
  // all types is more code to compile than any other of this graph, and an isolate's first text waits for that.)
  const [from, second, to] = [
    graph.integers(`${name}/from`, [0]),
    graph.integers(`${name}/second`, [1]),
    graph.integers(`${name}/to`, [-1]),
  ];
  const first = graph.node('Slice', `${name}/first`, [current, from, second]); // [1, batch, 1]
  const zeros = graph.node('Mul', `${name}/zeros`, [first, constant('zero', 0)]);
  const moved = graph.node('Concat', `${name}/moved`, [zeros, current], { axis: 0 }); // [1 + sequence, batch, 1]
  const previous = graph.node('Slice', `${name}/previous`, [moved, from, to]); // [sequence, batch, 1]
  const shifted = graph.node('Mul', `${name}/shifted`, [current, constant('radix', RADIX)]);
  const reduced = graph.node('Mod', `${name}/reduced`, [shifted, buckets]);
  const highPart = graph.node('Mul', `${name}/high_part`, [reduced, constant('high', Math.floor(prime / RADIX))]);
  const lowPart = graph.node('Mul', `${name}/low_part`, [current, constant('low', prime % RADIX)]);
  const product = graph.node('Add', `${name}/product`, [highPart, lowPart]);
  const pairs = graph.node('Add', `${name}/pairs`, [product, previous]);
  const hashes = graph.node('Add', `${name}/hashes`, [pairs, one]);
  const bigrams = graph.node('Mod', `${name}/bigrams`, [hashes, buckets]);
  const unigrams = graph.node('Add', `${name}/unigrams`, [current, buckets]);
  return graph.node('Concat', `${name}/places`, [bigrams, unigrams], { axis: 2 });
}
