/** Builds an ONNX graph node by node. A value is referred to by its name. */
import type * as tf from '@tensorflow/tfjs';
import { UserError } from '../../../cli/errors.ts';
import {
  type Attribute,
  AttributeType,
  type Dimension,
  ElementType,
  type Graph,
  type ValueInfo,
} from '../../../onnx/proto.ts';
import type { Quantized } from '../quantize.ts';

type WeightValues = Float32Array | Int8Array | Int32Array;

/** A weight to be written: its values row by row. */
export interface Weight<Values extends WeightValues = WeightValues> {
  readonly shape: readonly number[];
  readonly values: Values;
}

export class GraphBuilder {
  /** The int8 forms of weights, by their names in tfjs, such as `lstm/kernel`. Other weights are written as float32. */
  readonly quantized: ReadonlyMap<string, Quantized>;
  readonly #graph: Graph;
  readonly #shared = new Map<string, string>();

  constructor(name: string, quantized: ReadonlyMap<string, Quantized> = new Map()) {
    this.quantized = quantized;
    this.#graph = { name, node: [], initializer: [], input: [], output: [] };
  }

  input(name: string, type: ElementType, axes: readonly string[]): string {
    this.#graph.input.push(valueInfo(name, type, axes));
    return name;
  }

  output(name: string, type: ElementType, axes: readonly (string | number)[]): void {
    this.#graph.output.push(valueInfo(name, type, axes));
  }

  /** A constant of float32, int8 or int32. Returns its name. */
  weight(name: string, { shape, values }: Weight): string {
    if (values instanceof Int8Array) return this.#initializer(name, ElementType.int8, shape, values);
    if (values instanceof Int32Array) return this.#initializer(name, ElementType.int32, shape, values);
    return this.#initializer(name, ElementType.float32, shape, values);
  }

  /** A constant of int64 [n], which is how shapes and axes are given. Returns its name. */
  integers(name: string, values: readonly number[]): string {
    return this.#initializer(name, ElementType.int64, [values.length], BigInt64Array.from(values, BigInt));
  }

  /** A constant of int64 without axes. Returns its name. */
  integer(name: string, value: number): string {
    return this.#initializer(name, ElementType.int64, [], BigInt64Array.of(BigInt(value)));
  }

  /** Calls `make` at the first call for this name only. Returns what it returned. */
  shared(name: string, make: (name: string) => string): string {
    const made = this.#shared.get(name) ?? make(name);
    this.#shared.set(name, made);
    return made;
  }

  /**
   * Adds a node whose first output has the node's name. Returns that name.
   * @param inputs names; '' leaves an optional input out.
   * @param more the names of its other outputs.
   */
  node(
    operator: string,
    name: string,
    inputs: readonly string[],
    attributes: Readonly<Record<string, number | readonly number[]>> = {},
    more: readonly string[] = [],
  ): string {
    this.#graph.node.push({
      name,
      op_type: operator,
      input: [...inputs],
      output: [name, ...more],
      attribute: Object.entries(attributes).map(([key, value]) => attribute(key, value)),
    });
    return name;
  }

  build(): Graph {
    return this.#graph;
  }

  #initializer(name: string, type: ElementType, dims: readonly number[], values: WeightValues | BigInt64Array): string {
    // Typed arrays have the machine's byte order. Wherever Node runs it is little-endian, like ONNX's.
    const raw_data = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
    this.#graph.initializer.push({ name, dims: [...dims], data_type: type, raw_data });
    return name;
  }
}

function valueInfo(name: string, elem_type: ElementType, axes: readonly (string | number)[]): ValueInfo {
  const dim = axes.map((axis): Dimension => (typeof axis === 'string' ? { dim_param: axis } : { dim_value: axis }));
  return { name, type: { tensor_type: { elem_type, shape: { dim } } } };
}

function attribute(name: string, value: number | readonly number[]): Attribute {
  if (typeof value === 'number') return { name, type: AttributeType.int, i: value };
  return { name, type: AttributeType.ints, ints: [...value] };
}

/**
 * Writes one layer into the graph and returns the name of its output. Values between layers are [sequence, batch, features],
 * the order of ONNX' recurrent operators; ids are int32 [sequence, batch].
 * @param inputs the names of the values that the layer reads.
 * @throws ExportError when the layer has an option that ONNX cannot represent exactly.
 */
export type LayerConverter = (layer: tf.layers.Layer, graph: GraphBuilder, ...inputs: string[]) => string;

/** The network cannot be exported exactly. The message names the layer and the option. */
export class ExportError extends UserError {
  override readonly name = 'ExportError';
}

/** The layer's option. @throws ExportError when it is not one of `allowed`. */
export function requireOption<T>(layer: tf.layers.Layer, option: string, allowed: readonly T[]): T {
  const value = layer.getConfig()[option] as T;
  if (allowed.includes(value)) return value;
  const expected = allowed.map((item) => JSON.stringify(item)).join(' or ');
  throw new ExportError(
    `layer "${layer.name}" (${layer.getClassName()}): ${option} is ${JSON.stringify(value)}; only ${expected} can be exported exactly`,
  );
}
