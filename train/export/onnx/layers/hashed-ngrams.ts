/**
 * HashedNgrams → two lookups for each position, of its word and of its bigram, and their running sum. The n-grams of a
 * position end there, so the sum up to t is that of the text cut at t.
 *
 * A node costs a session run about as much as a word, so most of the hashing is done at export. In
 * h(t) = (id[t] · prime + 1 + id[t−1]) mod buckets, the part that depends on id[t] alone is a table of the vocabulary's length,
 * to which the graph adds id[t−1]. The last mod is not needed, because the table of buckets is continued by its own beginning.
 */
import type * as tf from '@tensorflow/tfjs';
import { bigramBuckets } from '../../../../shared/bigram-hash.ts';
import type { GraphBuilder, LayerConverter, Weight } from '../graph.ts';
import { positionsRead, runningSum } from '../positions.ts';
import { layerInt8, layerWeight, toFloat } from '../weights.ts';

/** ids int32 [sequence, batch] → [sequence, batch, columns]. */
export const convertHashedNgrams: LayerConverter = (layer, graph, ids) => {
  const { name } = layer;
  const [vocabularySize = 0] = layerWeight(layer, 'unigrams').shape;
  const bigram = lookup(layer, 'hashed', graph, places(layer, graph, ids, vocabularySize), vocabularySize - 1);
  const unigram = lookup(layer, 'unigrams', graph, ids);
  const weights = graph.node('Add', `${name}/weights`, [bigram, unigram]); // [sequence, batch, columns]
  const sum = runningSum(graph, `${name}/sum`, weights);
  return graph.node('Div', name, [sum, graph.node('Sqrt', `${name}/root`, [positionsRead(graph)])]);
};

/** The weights of `part` at `places`, float32. @param more rows from the table's beginning to repeat behind its end. */
function lookup(layer: tf.layers.Layer, part: string, graph: GraphBuilder, places: string, more = 0): string {
  const name = `${layer.name}/${part}`;
  const quantized = layerInt8(layer, part, undefined, graph);
  const { shape, values } = layerWeight(layer, part);
  const table = graph.weight(name, continued({ shape, values: quantized?.values ?? values }, more));
  const found = graph.node('Gather', `${name}/found`, [table, places]);
  if (quantized === undefined) return found;
  const scale = graph.weight(`${name}/scales`, { shape: [], values: quantized.scales });
  return toFloat(graph, `${name}/float`, found, scale);
}

function continued({ shape, values }: Weight<Float32Array | Int8Array>, more: number): Weight {
  const [rows = 0, columns = 0] = shape;
  const size = (rows + more) * columns;
  const longer = values instanceof Int8Array ? new Int8Array(size) : new Float32Array(size);
  for (const at of longer.keys()) longer[at] = values[at % values.length] as number;
  return { shape: [rows + more, columns], values: longer };
}

/** The row of each position's bigram: int32 [sequence, batch]. The first position's previous id is 0. */
function places(layer: tf.layers.Layer, graph: GraphBuilder, ids: string, vocabularySize: number): string {
  const { name } = layer;
  const buckets = Number(layer.getConfig()['buckets']);
  const shares = Int32Array.from(
    { length: vocabularySize },
    (_, id) => bigramBuckets(Int32Array.of(id), buckets)[0] ?? 0,
  );
  const table = graph.weight(`${name}/shares`, { shape: [vocabularySize], values: shares });
  const share = graph.node('Gather', `${name}/share`, [table, ids]);
  const at = (what: string, step: number) => graph.integers(`${name}/${what}`, [step]);
  const [start, second, last, end] = [at('start', 0), at('second', 1), at('last', -1), at('end', 2 ** 31)];
  const first = graph.node('Slice', `${name}/first`, [share, start, second]);
  const rest = graph.node('Slice', `${name}/rest`, [share, second, end]);
  const before = graph.node('Slice', `${name}/before`, [ids, start, last]);
  return graph.node('Concat', `${name}/places`, [first, graph.node('Add', `${name}/pairs`, [rest, before])], {
    axis: 0,
  });
}
