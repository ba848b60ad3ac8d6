/**
 * A tfjs network → the bytes of an ONNX file with the graph of the contract:
 *
 *     input_ids int32 [batch, sequence], lengths int32 [batch]  →  logits float32 [batch, sequence, labels]
 *
 * The tfjs network answers once, after the last word. This graph applies the last layers after every word, so `logits[t]` is
 * what the network would answer if the text ended at t. The answer is the softmax of the logits at `lengths − 1`. The final
 * sigmoid or softmax is left out, because logits add up and probabilities do not. A sigmoid's input z becomes the logits
 * −z/2 and z/2, whose softmax is [1 − σ(z), σ(z)].
 */
import type * as tf from '@tensorflow/tfjs';
import { ElementType, encodeModel } from '../../../onnx/proto.ts';
import type { Quantized } from '../quantize.ts';
import { ExportError, GraphBuilder, type LayerConverter, requireOption } from './graph.ts';
import { convertActivation } from './layers/activation.ts';
import { convertAdd } from './layers/add.ts';
import { convertDense, convertDenseSum } from './layers/dense.ts';
import { convertEmbedding } from './layers/embedding.ts';
import { convertGru } from './layers/gru.ts';
import { convertHashedNgrams } from './layers/hashed-ngrams.ts';
import { convertLstm } from './layers/lstm.ts';
import { convertMeanAndLast } from './layers/mean-and-last.ts';
import { convertSimpleRnn } from './layers/simple-rnn.ts';
import { BATCH_AXIS, IDS_BY_STEP, INPUT_IDS, IR_VERSION, LENGTHS, LOGITS, OPSET, SEQUENCE_AXIS } from './opset.ts';
import { requireReadings } from './readings.ts';

const CONVERTERS: Readonly<Record<string, LayerConverter>> = {
  Embedding: convertEmbedding,
  LSTM: convertLstm,
  GRU: convertGru,
  SimpleRNN: convertSimpleRnn,
  MeanAndLast: convertMeanAndLast,
  HashedNgrams: convertHashedNgrams,
  Dense: convertDense,
  Add: convertAdd,
  Activation: convertActivation,
};

/**
 * @param model layers that have a converter, from one input of ids to probabilities. The last is Dense or Activation, with
 * sigmoid (one column) or softmax (one column a label, its weights centred by `centre`).
 * @param quantized as `quantize(model)` returned it: these weights are written as int8.
 * @param representatives by id, the word that every layer reads in its place. Default: the word itself.
 * @throws ExportError naming the layer or option that ONNX cannot represent exactly.
 */
export function exportModel(
  model: tf.LayersModel,
  quantized?: ReadonlyMap<string, Quantized>,
  representatives?: Int32Array,
): Uint8Array {
  requireReadings(model);
  const graph = new GraphBuilder('sentiment', quantized);
  const ids = graph.input(INPUT_IDS, ElementType.int32, [BATCH_AXIS, SEQUENCE_AXIS]);
  graph.input(LENGTHS, ElementType.int32, [BATCH_AXIS]);
  const byStep = representatives === undefined ? IDS_BY_STEP : `${IDS_BY_STEP}/given`;
  graph.node('Transpose', byStep, [ids], { perm: [1, 0] }); // [sequence, batch]
  if (representatives !== undefined) {
    const table = graph.weight('representatives', { shape: [representatives.length], values: representatives });
    graph.node('Gather', IDS_BY_STEP, [table, byStep]);
  }

  const { labels, logits } = convertLogits(model.outputs[0] as tf.SymbolicTensor, graph); // [sequence, batch, labels]
  graph.node('Transpose', LOGITS, [logits], { perm: [1, 0, 2] });
  graph.output(LOGITS, ElementType.float32, [BATCH_AXIS, SEQUENCE_AXIS, labels]);

  return encodeModel({
    ir_version: IR_VERSION,
    producer_name: 'edge-sentiment',
    graph: graph.build(),
    opset_import: [{ domain: '', version: OPSET }],
  });
}

/** Writes the whole network except the sigmoid or softmax at its end. */
function convertLogits(
  { sourceLayer, inputs, shape }: tf.SymbolicTensor,
  graph: GraphBuilder,
): { readonly labels: number; readonly logits: string } {
  const kind = sourceLayer.getClassName();
  if (kind !== 'Dense' && kind !== 'Activation') {
    throw new ExportError(
      `the last layer, "${sourceLayer.name}", is ${kind}; only Dense or Activation, with sigmoid or softmax, can be exported`,
    );
  }
  const columns = shape.at(-1) ?? 0;
  if (columns === 2) {
    throw new ExportError(
      `layer "${sourceLayer.name}" (${kind}) has two outputs; two labels are one output with sigmoid`,
    );
  }
  requireOption(sourceLayer, 'activation', [columns === 1 ? 'sigmoid' : 'softmax']);
  const [input] = inputs as [tf.SymbolicTensor];
  const read = convert(input, graph);
  const last = kind === 'Dense' ? convertDenseSum(sourceLayer, graph, read) : read; // [sequence, batch, columns]
  if (columns > 1) return { labels: columns, logits: last };
  const halves = graph.weight('halves', { shape: [2], values: Float32Array.of(-0.5, 0.5) });
  return { labels: 2, logits: graph.node('Mul', 'logits_by_step', [last, halves]) };
}

/** Writes `tensor` and all that it depends on, each layer once. Returns its name. */
function convert({ sourceLayer, inputs }: tf.SymbolicTensor, graph: GraphBuilder): string {
  const kind = sourceLayer.getClassName();
  if (kind === 'InputLayer') return IDS_BY_STEP;
  return graph.shared(sourceLayer.name, () => {
    const read = inputs.map((input) => convert(input, graph));
    return (CONVERTERS[kind] as LayerConverter)(sourceLayer, graph, ...read);
  });
}
