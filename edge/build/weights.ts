/**
 * model.onnx → the weights that the page shows at work (`edge/page/weights.ts`). Knows the graphs that `train/export/onnx/` writes of
 * networks with one LSTM; of any other there is nothing to show.
 */

import { decodeModel, ElementType, type Graph, type Node, type Tensor } from '../../onnx/proto.ts';
import type { Table, Weights } from '../page/weights.ts';

/** undefined when the network is not one LSTM under one layer of weights, with or without words and pairs beside it. */
export function weightsOf(model: Uint8Array, version: string): Weights | undefined {
  const { graph } = decodeModel(model);
  const tensors = new Map(graph.initializer.map((tensor) => [tensor.name, tensor]));
  const [lstm, ...more] = graph.node.filter(({ op_type }) => ['LSTM', 'GRU', 'RNN'].includes(op_type));
  if (lstm?.op_type !== 'LSTM' || more.length > 0) return undefined;
  const [x = '', W = '', R = '', B = ''] = lstm.input;
  const embeddings = tableOf(`${x}/embeddings`, tensors);
  const heads = headsOf(graph, lstm, tensors);
  const [matrixW, matrixR] = [matrixOf(W, tensors), matrixOf(R, tensors)];
  if (!embeddings || !heads || !matrixW || !matrixR) return undefined;
  const units = Math.sqrt(matrixR.length / 4);
  if (heads.last.length !== units) return undefined; // there is more between the states and the logit
  return {
    version,
    features: matrixW.length / (4 * units),
    units,
    embeddings,
    W: matrixW,
    R: matrixR,
    B: matrixOf(B, tensors) ?? new Float32Array(8 * units),
    ...heads,
    ...besideOf(tensors),
  };
}

type Tensors = ReadonlyMap<string, Tensor>;

/** What reads the LSTM's states: one product, of the last state, or two, of the mean and the last. */
function headsOf(graph: Graph, lstm: Node, tensors: Tensors): Pick<Weights, 'last' | 'mean' | 'bias'> | undefined {
  const products = graph.node.filter(
    ({ op_type, input }) => op_type === 'MatMul' && input[0] === `${lstm.name}/states`,
  );
  const kernels = products.map(({ input }) => matrixOf(input[1] ?? '', tensors));
  const place = products.findIndex(({ name }) => name.endsWith('/mean'));
  const last = kernels.find((_, index) => index !== place);
  if (!last || products.length !== (place < 0 ? 1 : 2)) return undefined;
  const dense = products[0]?.name.replace(/\/(mean|last)$/, '') ?? '';
  const bias = matrixOf(`${dense}/bias`, tensors)?.[0] ?? 0;
  return { last, mean: kernels[place] ?? new Float32Array(last.length), bias };
}

function besideOf(tensors: Tensors): Pick<Weights, 'words' | 'pairs'> {
  const words = tableOf('ngrams/unigrams', tensors);
  const pairs = tableOf('ngrams/hashed', tensors);
  if (words === undefined || pairs === undefined) return {};
  // The graph's table goes on, from its beginning, behind its end (`train/export/onnx/layers/hashed-ngrams.ts`).
  return { words, pairs: { ...pairs, values: pairs.values.slice(0, pairs.values.length - words.values.length + 1) } };
}

function tableOf(name: string, tensors: Tensors): Table | undefined {
  const tensor = tensors.get(name);
  if (tensor === undefined) return undefined;
  const scales = tensors.get(`${name}/scales`);
  return { values: valuesOf(tensor), scales: scales ? (valuesOf(scales) as Float32Array) : Float32Array.of(1) };
}

/** As float32, whether the file has it so, or as int8 and a scale for each row. */
function matrixOf(name: string, tensors: Tensors): Float32Array | undefined {
  const tensor = tensors.get(name) ?? tensors.get(`${name}/int8`);
  if (tensor === undefined) return undefined;
  const values = valuesOf(tensor);
  if (values instanceof Float32Array) return values;
  const scales = valuesOf(tensors.get(`${name}/scales`) as Tensor);
  const columns = values.length / scales.length;
  return Float32Array.from(values, (value, index) => value * (scales[Math.floor(index / columns)] as number));
}

function valuesOf({ name, data_type, raw_data }: Tensor): Int8Array | Float32Array {
  const { buffer } = new Uint8Array(raw_data); // a copy, which begins where an array of floats may
  if (data_type === ElementType.int8) return new Int8Array(buffer);
  if (data_type === ElementType.float32) return new Float32Array(buffer);
  throw new Error(`weight ${name} is of type ${data_type}`);
}
