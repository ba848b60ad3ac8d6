/**
 * Which inputs each layer may have. With others, running the layer after every word, as the graph does, would not give the
 * network's answer to the text cut there.
 */
import type * as tf from '@tensorflow/tfjs';
import { ExportError } from './graph.ts';

/** The kinds of values between layers, as messages name them. */
type Reading =
  | 'ids'
  | 'the vectors of an Embedding'
  | 'every state of a recurrent layer (returnSequences)'
  | 'a mean and a last state'
  | 'a summary of the text';

const VECTORS = 'the vectors of an Embedding';
const STATES = 'every state of a recurrent layer (returnSequences)';
const MEAN_AND_LAST = 'a mean and a last state';
const SUMMARY = 'a summary of the text';

interface Rule {
  readonly reads: readonly Reading[];
  readonly gives: (layer: tf.layers.Layer) => Reading;
}

const RECURRENT: Rule = {
  reads: [VECTORS, STATES],
  gives: (layer) => (layer.getConfig()['returnSequences'] === true ? STATES : SUMMARY),
};
const OF_SUMMARIES: Rule = { reads: [SUMMARY], gives: () => SUMMARY };
const RULES: Readonly<Record<string, Rule>> = {
  Embedding: { reads: ['ids'], gives: () => VECTORS },
  LSTM: RECURRENT,
  GRU: RECURRENT,
  SimpleRNN: RECURRENT,
  MeanAndLast: { reads: [STATES], gives: () => MEAN_AND_LAST },
  HashedNgrams: { reads: ['ids'], gives: () => SUMMARY },
  Dense: { reads: [SUMMARY, MEAN_AND_LAST], gives: () => SUMMARY },
  Add: OF_SUMMARIES,
  Activation: OF_SUMMARIES,
};

/** @throws ExportError unless the network has one input, one output and a recurrent layer, and each layer reads what it may. */
export function requireReadings({ inputs, outputs }: tf.LayersModel): void {
  for (const [ends, found] of [
    ['inputs', inputs.length],
    ['outputs', outputs.length],
  ] as const) {
    if (found !== 1) throw new ExportError(`the network has ${found} ${ends}; only one can be exported`);
  }
  const readings = new Map<tf.SymbolicTensor, Reading>();
  readingOf(outputs[0] as tf.SymbolicTensor, readings);
  const layers = [...readings.keys()].map(({ sourceLayer }) => sourceLayer);
  const repeated = layers.find((layer, index) => layers.indexOf(layer) !== index);
  if (repeated !== undefined) throw new ExportError(`${described(repeated)} is used twice; only once can be exported`);
  if (!layers.some((layer) => RULES[layer.getClassName()] === RECURRENT)) {
    throw new ExportError('the network has no recurrent layer; only LSTM, GRU or SimpleRNN read lengths');
  }
}

/** The kind of `tensor`, after checking all that it depends on. */
function readingOf(tensor: tf.SymbolicTensor, known: Map<tf.SymbolicTensor, Reading>): Reading {
  const { sourceLayer, inputs } = tensor;
  const kind = sourceLayer.getClassName();
  const before = known.get(tensor);
  if (before !== undefined) return before;
  if (kind === 'InputLayer') return 'ids';
  const rule = Object.hasOwn(RULES, kind) ? (RULES[kind] as Rule) : undefined;
  if (rule === undefined) throw new ExportError(`${described(sourceLayer)} has no converter to ONNX`);
  for (const input of inputs) {
    const reading = readingOf(input, known);
    if (rule.reads.includes(reading)) continue;
    const found = reading === 'ids' ? reading : `${described(input.sourceLayer)}, ${reading}`;
    throw new ExportError(
      `${described(sourceLayer)} reads ${found}; only ${rule.reads.join(' or ')} can be exported there`,
    );
  }
  const gives = rule.gives(sourceLayer);
  known.set(tensor, gives);
  return gives;
}

function described(layer: tf.layers.Layer): string {
  return `layer "${layer.name}" (${layer.getClassName()})`;
}
