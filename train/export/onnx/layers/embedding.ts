/** Embedding → Gather; an int8 table needs a product with each row's scale. */
import { type LayerConverter, requireOption } from '../graph.ts';
import { layerInt8, layerWeight, toFloat } from '../weights.ts';

/** ids int32 [sequence, batch] → [sequence, batch, units]. */
export const convertEmbedding: LayerConverter = (layer, graph, ids) => {
  // This graph never reads padding. Without the mask, tfjs would.
  requireOption(layer, 'maskZero', [true]);
  const { name } = layer;
  const { shape, values } = layerWeight(layer, 'embeddings'); // [vocabulary, units]
  const quantized = layerInt8(layer, 'embeddings', 0, graph);
  const table = graph.weight(`${name}/embeddings`, { shape, values: quantized?.values ?? values });
  if (quantized === undefined) return graph.node('Gather', name, [table, ids]);
  const steps = graph.node('Gather', `${name}/int8`, [table, ids]);
  const floats = toFloat(graph, `${name}/float`, steps);
  const rowScales = { shape: [quantized.scales.length, 1], values: quantized.scales };
  const scales = graph.weight(`${name}/embeddings/scales`, rowScales);
  return graph.node('Mul', name, [floats, graph.node('Gather', `${name}/scales`, [scales, ids])]);
};
