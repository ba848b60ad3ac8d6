/**
 * Reads the weights of a network from its model.onnx, for the page, which computes gates with them (`edge/page/weights.ts`), and
 * for a training that starts from them (`train/adaptation/`). A weight is found by its place in the graph, not by its name. The
 * patterns below match the graphs that `train/export/onnx/` writes for an LSTM and one layer of weights, in float32 or int8, with
 * or without a mean of the states, n-grams and representatives.
 */

import { bigramBuckets } from '../shared/bigram-hash.ts';
import type { Manifest } from '../shared/bundle.ts';
import { columnsOf } from '../shared/labels.ts';
import { absent, constant, type Found, GraphIndex, input, oneOf, op, type Pattern, sumOf, weight } from './pattern.ts';
import { decodeModel, ElementType, type Tensor, valuesOf } from './proto.ts';

/** Rows of numbers: row r, column c is values[r · columns + c] · scales[r], or · scales[0] when there is one scale. */
export interface Table {
  readonly values: Int8Array | Float32Array;
  readonly scales: Float32Array;
}

/**
 * An LSTM whose last and mean state are weighted to logits, and optional weights for each word and pair. `columnsOf` gives the
 * number of columns for so many labels.
 */
export interface Weights {
  /** The model's `version` in `model.json`. */
  readonly version: string;
  readonly features: number;
  readonly units: number;
  readonly columns: number;
  /** [vocabulary, features] */
  readonly embeddings: Table;
  /** ONNX' W [4 · units, features], R [4 · units, units] and B [8 · units], with gates in the order i, o, f, c. */
  readonly W: Float32Array;
  readonly R: Float32Array;
  readonly B: Float32Array;
  /** [units, columns] each: the weights of the last state and of the mean state. */
  readonly last: Float32Array;
  readonly mean: Float32Array;
  /** [columns] */
  readonly bias: Float32Array;
  /** [vocabulary, columns] and [buckets of pairs, columns]; undefined in a network without n-grams. */
  readonly words?: Table | undefined;
  readonly pairs?: Table | undefined;
  /** [vocabulary]: the word that is read in a word's place; undefined if that is the word itself. */
  readonly representatives?: Int32Array | undefined;
}

const LENGTHS = input(1);
const GIVEN = op('Transpose', [input(0)], { perm: [1, 0] });

const matrix = (as: string): Pattern =>
  oneOf(weight(as), op('Mul', [op('Cast', [weight(as)], { to: ElementType.float32 }), weight(`${as}/scales`)]));
const runningSum = (x: Pattern): Pattern => op('CumSum', [x, constant(0)]);
const lookup = (as: string, places: Pattern): Pattern => {
  const found = op('Gather', [weight(as), places]);
  return oneOf(found, op('DequantizeLinear', [found, weight(`${as}/scales`)]));
};

/** The logits before centring, of the words `ids`: the last layer's products with the last state and the mean, its bias, words and pairs. */
function columnsFrom(ids: Pattern): Pattern {
  // The rows of the embedding table: float32, or int8 with a scale for each row.
  const rows = op('Gather', [weight('embeddings'), ids]);
  const embedded = oneOf(
    rows,
    op('Mul', [op('DequantizeLinear', [rows, constant(1)]), op('Gather', [weight('embeddings/scales'), ids])]),
  );
  const lstm = op('LSTM', [embedded, matrix('W'), matrix('R'), oneOf(weight('B'), absent), LENGTHS], {
    hidden_size: undefined,
  });
  const states = op('Squeeze', [lstm, constant(1)]);
  // 1, 2, 3, …
  const positions = op('Unsqueeze', [
    runningSum(op('Expand', [constant(1), op('Shape', [ids], { start: 0, end: 1 })])),
    constant(1, 2),
  ]);
  // The row of each pair's weights: the share of its second word plus the id of the first.
  const share = op('Gather', [weight('shares'), ids]);
  const places = op(
    'Concat',
    [
      op('Slice', [share, constant(0), constant(1)]),
      op('Add', [op('Slice', [share, constant(1), constant(2 ** 31)]), op('Slice', [ids, constant(0), constant(-1)])]),
    ],
    { axis: 0 },
  );
  return sumOf(
    op('MatMul', [states, weight('last')]),
    op('Div', [runningSum(op('MatMul', [states, weight('mean')])), positions]),
    weight('bias'),
    op('Div', [runningSum(op('Add', [lookup('pairs', places), lookup('words', ids)])), op('Sqrt', [positions])]),
  );
}

/** In all of the graph, each word is read as it is, or as its representative. */
const COLUMNS = [GIVEN, op('Gather', [weight('representatives'), GIVEN])].map(columnsFrom);
const logits = (byStep: Pattern): Pattern => op('Transpose', [byStep], { perm: [1, 0, 2] });
/** The logits of two labels, which share a column, and those of more. */
const LOGITS_OF_TWO = oneOf(...COLUMNS.map((columns) => logits(op('Mul', [columns, constant(-0.5, 0.5)]))));
const LOGITS_OF_MORE = oneOf(...COLUMNS.map(logits));

/** The part of a bundle's manifest that says which weights to expect. */
type Facts = Pick<Manifest, 'version' | 'labels'> & { readonly architecture: Pick<Manifest['architecture'], 'cell'> };

/**
 * @param manifest of the bundle that has the model.
 * @returns undefined if the network is not an LSTM: the page then shows no gates.
 * @throws Error when the graph of an LSTM matches none of the patterns.
 */
export function weightsOf(model: Uint8Array, { version, labels, architecture }: Facts): Weights | undefined {
  if (architecture.cell !== 'lstm') return undefined;
  const { graph } = decodeModel(model);
  const columns = columnsOf(labels.length);
  const pattern = columns === 1 ? LOGITS_OF_TWO : LOGITS_OF_MORE;
  const found = pattern(graph.output[0]?.name ?? '', new GraphIndex(graph));
  if (found?.['last'] === undefined) throw misfit('its logits are computed in an unknown way');
  for (const name of ['last', 'mean', 'bias', 'words', 'pairs']) {
    const has = found[name]?.dims.at(-1) ?? columns;
    if (has !== columns) throw misfit(`its ${name} has ${has} columns, and ${labels.length} labels have ${columns}`);
  }
  const units = valuesOf(found['last']).length / columns;
  const W = matrixOf('W', found);
  return {
    version,
    features: W.length / (4 * units),
    units,
    columns,
    embeddings: tableOf('embeddings', found),
    W,
    R: matrixOf('R', found),
    B: found['B'] ? matrixOf('B', found) : new Float32Array(8 * units),
    last: matrixOf('last', found),
    mean: found['mean'] ? matrixOf('mean', found) : new Float32Array(units * columns),
    bias: found['bias'] ? matrixOf('bias', found) : new Float32Array(columns),
    ...(found['pairs'] && besideOf(found, columns)),
    ...(found['representatives'] && { representatives: valuesOf(found['representatives']) as Int32Array }),
  };
}

/** @throws Error when the graph and the page disagree about the row of a pair. */
function besideOf(found: Found, columns: number): Pick<Weights, 'words' | 'pairs'> {
  const [words, longer] = [tableOf('words', found), tableOf('pairs', found)];
  // The graph's table is continued by its own beginning (`train/export/onnx/layers/hashed-ngrams.ts`).
  const buckets = (longer.values.length - words.values.length) / columns + 1;
  const pairs = { ...longer, values: longer.values.slice(0, buckets * columns) };
  const goesOn = longer.values.every((value, place) => value === pairs.values[place % pairs.values.length]);
  const shares = valuesOf(found['shares'] as Tensor);
  const isHashed = shares.every((share, id) => share === bigramBuckets(Int32Array.of(id), buckets)[0]);
  if (!goesOn || !isHashed) throw misfit('its pairs of words are hashed in another way');
  return { words, pairs };
}

function tableOf(name: string, found: Found): Table {
  const values = valuesOf(found[name] as Tensor);
  if (!(values instanceof Int8Array || values instanceof Float32Array)) throw misfit(`its ${name} is not a table`);
  const scales = found[`${name}/scales`];
  return { values, scales: scales ? (valuesOf(scales) as Float32Array) : Float32Array.of(1) };
}

/** The matrix as float32; the file has it so, or as int8 with a scale for each row. */
function matrixOf(name: string, found: Found): Float32Array {
  const { values, scales } = tableOf(name, found);
  if (values instanceof Float32Array) return values;
  const columns = values.length / scales.length;
  return Float32Array.from(values, (value, index) => value * (scales[Math.floor(index / columns)] as number));
}

function misfit(what: string): Error {
  return new Error(`the weights of this model.onnx cannot be read, because ${what} (onnx/weights.ts)`);
}
