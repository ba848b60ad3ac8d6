/**
 * A tfjs network → the bytes of an ONNX file with the graph of the contract:
 *
 *     input_ids int32 [batch, sequence], lengths int32 [batch]  →  logits float32 [batch, sequence]
 *
 * The tfjs network answers once, after the last word. This graph runs its last layers after every word, and so says what
 * the network would have answered had the text ended there; the answer is the value at `lengths − 1`. The final sigmoid
 * stays out: logits add up, probabilities do not.
 */
import type * as tf from '@tensorflow/tfjs';
import { convertDense, convertDenseSum } from './dense.ts';
import { convertEmbedding } from './embedding.ts';
import { ExportError, GraphBuilder, type LayerConverter, requireOption } from './graph.ts';
import { convertGru } from './gru.ts';
import { convertLstm } from './lstm.ts';
import { BATCH_AXIS, INPUT_IDS, IR_VERSION, LENGTHS, LOGITS, OPSET, SEQUENCE_AXIS } from './opset.ts';
import { ElementType, encodeModel } from './proto.ts';
import { convertSimpleRnn } from './simple-rnn.ts';

const CONVERTERS: Readonly<Record<string, LayerConverter>> = {
  Embedding: convertEmbedding,
  LSTM: convertLstm,
  GRU: convertGru,
  SimpleRNN: convertSimpleRnn,
  Dense: convertDense,
};
const RECURRENT = ['LSTM', 'GRU', 'SimpleRNN'];

/**
 * @param model Embedding, then recurrent layers, then Dense layers, the last of them Dense(1, sigmoid).
 * @throws ExportError naming the layer, or its option, that cannot be represented exactly.
 */
export function exportModel(model: tf.Sequential): Uint8Array {
  const { layers } = model;
  requireOrder(layers);
  const graph = new GraphBuilder('sentiment');
  const ids = graph.input(INPUT_IDS, ElementType.int32, [BATCH_AXIS, SEQUENCE_AXIS]);
  graph.input(LENGTHS, ElementType.int32, [BATCH_AXIS]);

  let value = graph.node('Transpose', 'ids_by_step', [ids], { perm: [1, 0] }); // [sequence, batch]
  for (const layer of layers.slice(0, -1))
    value = (CONVERTERS[layer.getClassName()] as LayerConverter)(layer, value, graph);
  const last = layers.at(-1) as tf.layers.Layer;
  value = convertDenseSum(last, value, graph); // [sequence, batch, 1]
  value = graph.node('Squeeze', 'logits_by_step', [value, graph.integers('unit_axis', [2])]); // [sequence, batch]
  graph.node('Transpose', LOGITS, [value], { perm: [1, 0] });
  graph.output(LOGITS, ElementType.float32, [BATCH_AXIS, SEQUENCE_AXIS]);

  return encodeModel({
    ir_version: IR_VERSION,
    producer_name: 'edge-sentiment',
    graph: graph.build(),
    opset_import: [{ domain: '', version: OPSET }],
  });
}

/** @throws ExportError unless the layers stand in an order in which each sees in the graph what it saw in tfjs. */
function requireOrder(layers: readonly tf.layers.Layer[]): void {
  const unknown = layers.find((layer) => !Object.hasOwn(CONVERTERS, layer.getClassName()));
  if (unknown !== undefined) {
    throw new ExportError(`layer "${unknown.name}" (${unknown.getClassName()}) has no converter to ONNX`);
  }
  const order = layers.map((layer) => layer.getClassName()).join(' → ');
  if (!/^Embedding( → (LSTM|GRU|SimpleRNN))+( → Dense)+$/.test(order)) {
    throw new ExportError(
      `the layers are ${order}; only Embedding → LSTM, GRU or SimpleRNN → Dense, the last two repeated or not, can be exported`,
    );
  }
  const recurrent = layers.filter((layer) => RECURRENT.includes(layer.getClassName()));
  for (const layer of recurrent) requireOption(layer, 'returnSequences', [layer !== recurrent.at(-1)]);
  const answer = layers.at(-1) as tf.layers.Layer;
  requireOption(answer, 'units', [1]);
  requireOption(answer, 'activation', ['sigmoid']);
}
