/**
 * A layer's weights on their way into the graph: as float32, or in their int8 form with float32 scales, which ordinary
 * operators multiply again. A matrix is constant in both forms, so onnxruntime computes it once, when it opens the file; of
 * a table only the rows that a text asks for are ever turned into float32.
 */
import type * as tf from '@tensorflow/tfjs';
import { dequantize, type Quantized } from '../quantize.ts';
import { ExportError, type GraphBuilder, type Weight } from './graph.ts';

/** A layer's weight by the last part of its name, such as `kernel`. */
export function layerWeight(layer: tf.layers.Layer, part: string): Weight<Float32Array> {
  const tensor = variable(layer, part).read();
  return { shape: tensor.shape, values: tensor.dataSync() as Float32Array };
}

/**
 * Its int8 form, if the file is to have that.
 * @param axis along which the graph can have scales; undefined: one scale for all.
 * @throws ExportError when it is not the form of the weight as it is now.
 */
export function layerInt8(
  layer: tf.layers.Layer,
  part: string,
  axis: number | undefined,
  graph: GraphBuilder,
): Quantized | undefined {
  const name = variable(layer, part).originalName;
  const quantized = graph.quantized.get(name);
  if (quantized === undefined) return undefined;
  const { shape, values } = layerWeight(layer, part);
  const same = quantized.axis === axis && quantized.values.length === values.length;
  if (!same || dequantize(quantized, shape).some((value, index) => value !== values[index])) {
    throw new ExportError(`layer "${layer.name}" (${layer.getClassName()}): the int8 form of ${part} is not its own`);
  }
  return quantized;
}

function variable(layer: tf.layers.Layer, part: string): tf.LayerVariable {
  const found = layer.weights.find(({ originalName }) => originalName.split('/').at(-1) === part);
  if (found === undefined) throw new Error(`layer "${layer.name}" has no weight "${part}"`);
  return found;
}

/**
 * int8 → float32, of what a text asked for. For a scale of 1, which is exact, Cast would say it too, but its kernel in
 * onnxruntime-web is one function for all pairs of types, half a megabyte of code that is compiled when the first text comes
 * (25 to 50 ms) and once more, optimised, when many have come (a second and hundreds of megabytes).
 * @param scale the name of a float32 without axes; 1 unless given.
 */
export function toFloat(graph: GraphBuilder, name: string, int8: string, scale = unitScale(graph)): string {
  return graph.node('DequantizeLinear', name, [int8, scale]);
}

function unitScale(graph: GraphBuilder): string {
  return graph.shared('unit_scale', (name) => graph.weight(name, { shape: [], values: Float32Array.of(1) }));
}
