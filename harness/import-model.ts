/** Reads an exported ONNX file back into a tfjs network, for comparing the two. */
import * as tf from '@tensorflow/tfjs';
import { decodeModel, ElementType, type Tensor } from '../onnx/proto.ts';
import { dequantize, type Quantized } from '../train/export/quantize.ts';
import { allVariables, buildModel } from '../train/model/model.ts';

export interface Imported {
  readonly model: tf.LayersModel;
  /** The weights that are int8 in the file. */
  readonly quantized: ReadonlyMap<string, Quantized>;
  /** By id, the word that is read in its place; undefined if that is the word itself. */
  readonly representatives: Int32Array | undefined;
}

/** By operator: the cell's name, and for each gate in tfjs' order its place in ONNX' order. */
const CELLS = {
  LSTM: { cell: 'lstm', gates: [0, 2, 3, 1] },
  GRU: { cell: 'gru', gates: [0, 1, 2] },
  RNN: { cell: 'rnn', gates: [0] },
} as const;

/** @param onnx as `exportModel` wrote it, of a network that `buildModel` built. */
export function importModel(onnx: Uint8Array): Imported {
  const { graph } = decodeModel(onnx);
  const file = new Map(graph.initializer.map((tensor) => [tensor.name, tensor]));
  const operator = graph.node.map(({ op_type }) => op_type).find((type) => type in CELLS) as keyof typeof CELLS;
  const { cell, gates } = CELLS[operator];
  const dims = (name: string) => file.get(name)?.dims ?? [];
  const [vocabularySize = 0, embeddingUnits = 0] = dims('embedding/embeddings');
  const units = (dims(`${cell}/B`)[1] as number) / 2 / gates.length;
  const [longer = 0] = dims('ngrams/hashed');
  const ngramBuckets = longer && longer - (vocabularySize - 1); // the rest repeats the table's beginning
  const pooling = file.has('dense/mean/kernel') ? 'mean-last' : 'last';
  const columns = dims('dense/bias')[0] as number;
  const labels = columns === 1 ? 2 : columns;
  const model = buildModel({ cell, vocabularySize, embeddingUnits, units, pooling, ngramBuckets, labels, seed: 0 });

  const inTfjs = <Values extends Float32Array | Int8Array>(values: Values) => gatesToTfjs(values, gates, units);
  const matrixNames = new Map([
    [`${cell}/kernel`, `${cell}/W`],
    [`${cell}/recurrent_kernel`, `${cell}/R`],
  ]);
  const sizeOf = (name: string) => (name === 'ngrams/hashed' ? ngramBuckets * columns : undefined);
  const floatOf = (name: string): Float32Array => {
    const matrix = matrixNames.get(name);
    if (matrix !== undefined) return inTfjs(floats(file, matrix));
    // The second half of ONNX' biases is zeros.
    if (name === `${cell}/bias`) return inTfjs(floats(file, `${cell}/B`).slice(0, gates.length * units));
    if (name === 'dense/kernel' && pooling === 'mean-last') {
      return Float32Array.of(...floats(file, 'dense/mean/kernel'), ...floats(file, 'dense/last/kernel'));
    }
    return floats(file, name).slice(0, sizeOf(name));
  };
  const int8Of = (name: string): Quantized | undefined => {
    const matrix = matrixNames.get(name);
    const values = file.get(matrix === undefined ? name : `${matrix}/int8`);
    if (values?.data_type !== ElementType.int8) return undefined;
    const scales = floats(file, `${matrix ?? name}/scales`);
    const steps = new Int8Array(values.raw_data).slice(0, sizeOf(name));
    if (matrix !== undefined) return { values: inTfjs(steps), scales: inTfjs(scales), axis: 1 };
    return { values: steps, scales, ...(scales.length > 1 && { axis: 0 }) };
  };
  const quantized = new Map<string, Quantized>();
  for (const [name, variable] of allVariables(model)) {
    const form = int8Of(name);
    if (form !== undefined) quantized.set(name, form);
    const values = form === undefined ? floatOf(name) : dequantize(form, variable.shape);
    tf.tidy(() => variable.assign(tf.tensor(values, variable.shape)));
  }
  const table = file.get('representatives');
  const representatives = table && new Int32Array(new Uint8Array(table.raw_data).buffer);
  return { model, quantized, representatives };
}

/** [gates · units, rows] in ONNX' order → [rows, gates · units] in tfjs'. */
function gatesToTfjs<Values extends Float32Array | Int8Array>(
  values: Values,
  gates: readonly number[],
  units: number,
): Values {
  const columns = gates.length * units;
  const rows = values.length / columns;
  const result = values.slice() as Values;
  for (const index of values.keys()) {
    const column = index % columns;
    const from = (gates[Math.floor(column / units)] as number) * units + (column % units);
    result[index] = values[from * rows + Math.floor(index / columns)] as number;
  }
  return result;
}

function floats(file: ReadonlyMap<string, Tensor>, name: string): Float32Array {
  const tensor = file.get(name);
  if (tensor?.data_type !== ElementType.float32) throw new Error(`the file has no float32 weight ${name}`);
  return new Float32Array(new Uint8Array(tensor.raw_data).buffer);
}
