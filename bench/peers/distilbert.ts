/**
 * A network of DistilBERT's shapes with random weights, as an ONNX file: the same arithmetic as the real one's, and no knowledge.
 *
 *     input_ids int64 [batch, sequence]  →  logits float32 [batch, labels]
 *
 * It is float32, or int8, quantised dynamically as transformers.js loads it: each weight matrix has a scale, each input of a matrix product is rounded
 * to uint8 when it is known (DynamicQuantizeLinear), and integers are multiplied (MatMulInteger). There is no padding, so there is no mask.
 *
 * Sanh et al., *DistilBERT, a distilled version of BERT* (2019); Vaswani et al., *Attention Is All You Need* (2017).
 */
import { ElementType, encodeModel } from '../../onnx/proto.ts';
import { GraphBuilder } from '../../train/export/onnx/graph.ts';
import { INPUT_IDS, IR_VERSION, LOGITS, OPSET } from '../../train/export/onnx/opset.ts';
import { randomNumbers } from '../../train/random.ts';

export interface Shapes {
  readonly layers: number;
  readonly width: number;
  readonly heads: number;
  /** The width between the two products of a feed-forward block. */
  readonly hidden: number;
  readonly vocabulary: number;
  readonly positions: number;
  readonly labels: number;
}

/** The shapes of distilbert-base-uncased-finetuned-sst-2-english. */
export const DISTILBERT: Shapes = {
  layers: 6,
  width: 768,
  heads: 12,
  hidden: 3_072,
  vocabulary: 30_522,
  positions: 512,
  labels: 2,
};

/** The weights' standard deviation at the start of BERT's training. */
const DEVIATION = 0.02;

export function distilbert(shapes: Shapes, quantized: boolean, seed = 1): Uint8Array {
  const { layers, width, heads, hidden, vocabulary, positions, labels } = shapes;
  const graph = new GraphBuilder('distilbert');
  const random = randomNumbers(seed);
  const ids = graph.input(INPUT_IDS, ElementType.int64, ['batch', 'sequence']);
  graph.output(LOGITS, ElementType.float32, ['batch', labels]);
  const perHead = width / heads;
  const split = graph.integers('split', [0, 0, heads, perHead]);
  const join = graph.integers('join', [0, 0, width]);
  const scale = graph.weight('scale', { shape: [], values: Float32Array.of(Math.sqrt(perHead)) });
  const half = graph.weight('half', { shape: [], values: Float32Array.of(0.5) });
  const one = graph.weight('one', { shape: [], values: Float32Array.of(1) });
  const root = graph.weight('root', { shape: [], values: Float32Array.of(Math.SQRT2) });

  /** Numbers with a mean of 0 and a deviation of `DEVIATION`, evenly distributed. */
  function numbers(count: number): Float32Array {
    const values = new Float32Array(count);
    for (let at = 0; at < count; at++) values[at] = (random() * 2 - 1) * Math.sqrt(3) * DEVIATION;
    return values;
  }

  function rounded(values: Float32Array): { int8: Int8Array; scale: number } {
    const scale = values.reduce((largest, value) => Math.max(largest, Math.abs(value)), 0) / 127;
    return { int8: Int8Array.from(values, (value) => Math.round(value / scale)), scale };
  }

  const constant = (name: string, value: number) => graph.weight(name, { shape: [], values: Float32Array.of(value) });

  function embedding(name: string, rows: number, places: string): string {
    const values = numbers(rows * width);
    if (!quantized)
      return graph.node('Gather', name, [graph.weight(`${name}/table`, { shape: [rows, width], values }), places]);
    const { int8, scale } = rounded(values);
    const found = graph.node('Gather', `${name}/int8`, [
      graph.weight(`${name}/table`, { shape: [rows, width], values: int8 }),
      places,
    ]);
    return graph.node('DequantizeLinear', name, [found, constant(`${name}/scale`, scale)]);
  }

  /** x [..., from] → [..., to]. */
  function linear(name: string, x: string, from: number, to: number): string {
    const values = numbers(from * to);
    const bias = graph.weight(`${name}/bias`, { shape: [to], values: numbers(to) });
    if (!quantized) {
      const weight = graph.weight(`${name}/weight`, { shape: [from, to], values });
      return graph.node('Add', name, [graph.node('MatMul', `${name}/product`, [x, weight]), bias]);
    }
    const { int8, scale } = rounded(values);
    const weight = graph.weight(`${name}/weight`, { shape: [from, to], values: int8 });
    // Products of the same input share its rounded form.
    const input = graph.shared(`${x}/uint8`, (uint8) =>
      graph.node('DynamicQuantizeLinear', uint8, [x], {}, [`${x}/scale`, `${x}/zero`]),
    );
    const product = graph.node('MatMulInteger', `${name}/product`, [input, weight, `${x}/zero`]);
    const floats = graph.node('Cast', `${name}/float`, [product], { to: ElementType.float32 });
    const scales = graph.node('Mul', `${name}/scales`, [`${x}/scale`, constant(`${name}/scale`, scale)]);
    return graph.node('Add', name, [graph.node('Mul', `${name}/scaled`, [floats, scales]), bias]);
  }

  function norm(name: string, x: string): string {
    const weight = graph.weight(`${name}/weight`, { shape: [width], values: new Float32Array(width).fill(1) });
    const bias = graph.weight(`${name}/bias`, { shape: [width], values: numbers(width) });
    return graph.node('LayerNormalization', name, [x, weight, bias]);
  }

  /** x/2 · (1 + erf(x/√2)). */
  function gelu(name: string, x: string): string {
    const erf = graph.node('Erf', `${name}/erf`, [graph.node('Div', `${name}/quotient`, [x, root])]);
    const product = graph.node('Mul', `${name}/product`, [x, graph.node('Add', `${name}/sum`, [erf, one])]);
    return graph.node('Mul', name, [product, half]);
  }

  /** softmax(Q · Kᵀ / √d) · V in every head: [batch, sequence, width]. */
  function attention(name: string, x: string): string {
    const part = (what: string, perm: number[]) => {
      const all = linear(`${name}/${what}`, x, width, width);
      const apart = graph.node('Reshape', `${name}/${what}/heads`, [all, split]); // [batch, sequence, heads, d]
      return graph.node('Transpose', `${name}/${what}/turned`, [apart], { perm });
    };
    const query = graph.node('Div', `${name}/scaled`, [part('query', [0, 2, 1, 3]), scale]);
    const scores = graph.node('MatMul', `${name}/scores`, [query, part('key', [0, 2, 3, 1])]);
    const shares = graph.node('Softmax', `${name}/shares`, [scores], { axis: -1 });
    const mixed = graph.node('MatMul', `${name}/mixed`, [shares, part('value', [0, 2, 1, 3])]);
    const turned = graph.node('Transpose', `${name}/turned`, [mixed], { perm: [0, 2, 1, 3] });
    return linear(`${name}/output`, graph.node('Reshape', `${name}/joined`, [turned, join]), width, width);
  }

  // Positions 0, 1, … of as many as there are ids.
  const length = graph.node('Slice', 'length', [
    graph.node('Shape', 'shape', [ids]),
    graph.integers('second', [1]),
    graph.integers('third', [2]),
  ]);
  const places = graph.node('Slice', 'places', [
    graph.integers('positions', [...new Array(positions).keys()]),
    graph.integers('first', [0]),
    length,
  ]);
  const sum = graph.node('Add', 'embeddings/sum', [
    embedding('words', vocabulary, ids),
    embedding('places/rows', positions, places),
  ]);
  let x = norm('embeddings', sum);
  for (let layer = 0; layer < layers; layer++) {
    const name = `layer${layer}`;
    const attended = graph.node('Add', `${name}/attended`, [attention(`${name}/attention`, x), x]);
    x = norm(`${name}/attention/norm`, attended);
    const inner = gelu(`${name}/gelu`, linear(`${name}/in`, x, width, hidden));
    x = norm(`${name}/norm`, graph.node('Add', `${name}/added`, [linear(`${name}/out`, inner, hidden, width), x]));
  }
  const first = graph.node('Gather', 'first_token', [x, graph.integer('zero', 0)], { axis: 1 }); // [batch, width]
  const pooled = graph.node('Relu', 'pooled', [linear('pool', first, width, width)]);
  graph.node('Identity', LOGITS, [linear('classifier', pooled, width, labels)]);
  return encodeModel({
    ir_version: IR_VERSION,
    producer_name: 'edge-sentiment',
    graph: graph.build(),
    opset_import: [{ domain: '', version: OPSET }],
  });
}
