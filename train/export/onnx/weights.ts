/**
 * A layer's weights for the graph: float32, or int8 with float32 scales, which ordinary operators multiply. onnxruntime
 * dequantises a matrix once, when it opens the file, because it is constant. Of a table, only the rows that a text reads are
 * dequantised, after the Gather.
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
 * The weight's int8 form, or undefined when the file keeps it as float32.
 * @param axis along which the graph can have scales; undefined: one scale for all.
 * @throws ExportError when the int8 form does not give the weight's present values.
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
    throw new ExportError(
      `layer "${layer.name}" (${layer.getClassName()}): the int8 form of ${part} does not match its weights`,
    );
  }
  return quantized;
}

function variable(layer: tf.layers.Layer, part: string): tf.LayerVariable {
  const found = layer.weights.find(({ originalName }) => originalName.split('/').at(-1) === part);
  if (found === undefined) throw new Error(`layer "${layer.name}" has no weight "${part}"`);
  return found;
}

/**
 * int8 → float32, for the rows that a text reads. For a scale of 1, Cast would do the same. But its kernel in onnxruntime-web
 * is one function for all pairs of types: half a megabyte of code, which is compiled at the first text (25 to 50 ms) and
 * optimised after many (a second and hundreds of megabytes).
 * @param scale the name of a float32 without axes; 1 unless given.
 */
export function toFloat(graph: GraphBuilder, name: string, int8: string, scale = unitScale(graph)): string {
  return graph.node('DequantizeLinear', name, [int8, scale]);
}

function unitScale(graph: GraphBuilder): string {
  return graph.shared('unit_scale', (name) => graph.weight(name, { shape: [], values: Float32Array.of(1) }));
}
