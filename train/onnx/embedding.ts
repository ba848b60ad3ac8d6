/** Embedding → Gather. */
import { type LayerConverter, layerWeight, requireOption } from './graph.ts';

/** ids int32 [sequence, batch] → [sequence, batch, units]. */
export const convertEmbedding: LayerConverter = (layer, ids, graph) => {
  // Without the mask tfjs would read the padding, which this graph never does.
  requireOption(layer, 'maskZero', [true]);
  const table = graph.weight(`${layer.name}/embeddings`, layerWeight(layer, 'embeddings')); // [vocabulary, units]
  return graph.node('Gather', layer.name, [table, ids]);
};
