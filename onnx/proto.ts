/**
 * The messages of the ONNX file format that a recurrent classifier needs. Field numbers and types are those of
 * https://github.com/onnx/onnx/blob/main/onnx/onnx.proto. Fields that are left out here are skipped when reading.
 */
import protobuf from 'protobufjs';

const SCHEMA = protobuf.parse(
  `
  syntax = "proto3";

  message Model {
    int64 ir_version = 1;
    string producer_name = 2;
    Graph graph = 7;
    repeated OperatorSet opset_import = 8;
  }
  message OperatorSet {
    string domain = 1;              // "" is ONNX's own
    int64 version = 2;
  }
  message Graph {
    repeated Node node = 1;         // in an order in which every input is there before it is used
    string name = 2;
    repeated Tensor initializer = 5;
    repeated ValueInfo input = 11;
    repeated ValueInfo output = 12;
  }
  message Node {
    repeated string input = 1;      // "" leaves an optional input out
    repeated string output = 2;
    string name = 3;
    string op_type = 4;
    repeated Attribute attribute = 5;
    string domain = 7;
  }
  message Attribute {
    string name = 1;
    int64 i = 3;
    repeated int64 ints = 8;
    int32 type = 20;                // says which of the above is meant: AttributeType
  }
  message Tensor {
    repeated int64 dims = 1;
    int32 data_type = 2;            // ElementType
    string name = 8;
    bytes raw_data = 9;             // little-endian, row by row
  }
  message ValueInfo {
    string name = 1;
    Type type = 2;
  }
  message Type {
    TensorType tensor_type = 1;
  }
  message TensorType {
    int32 elem_type = 1;            // ElementType
    Shape shape = 2;
  }
  message Shape {
    repeated Dimension dim = 1;
  }
  message Dimension {
    oneof value {
      int64 dim_value = 1;
      string dim_param = 2;         // a dynamic axis, by name
    }
  }`,
  { keepCase: true },
).root;

export const ElementType = { float32: 1, int8: 3, int32: 6, int64: 7 } as const;
export type ElementType = (typeof ElementType)[keyof typeof ElementType];
export const AttributeType = { int: 2, ints: 7 } as const;

export interface Model {
  ir_version: number;
  producer_name: string;
  graph: Graph;
  opset_import: { domain: string; version: number }[];
}
export interface Graph {
  name: string;
  node: Node[];
  initializer: Tensor[];
  input: ValueInfo[];
  output: ValueInfo[];
}
export interface Node {
  name: string;
  op_type: string;
  domain?: string;
  input: string[];
  output: string[];
  attribute: Attribute[];
}
export interface Attribute {
  name: string;
  type: number;
  i?: number;
  ints?: number[];
}
export interface Tensor {
  name: string;
  dims: number[];
  data_type: number;
  raw_data: Uint8Array;
}
export interface ValueInfo {
  name: string;
  type: { tensor_type: { elem_type: number; shape: { dim: Dimension[] } } };
}
export type Dimension = { dim_value: number } | { dim_param: string };

const ModelMessage = SCHEMA.lookupType('Model');

export function encodeModel(model: Model): Uint8Array {
  return ModelMessage.encode(ModelMessage.fromObject(model)).finish();
}

/** @throws Error when the bytes are not a protobuf message of this form. */
export function decodeModel(bytes: Uint8Array): Model {
  return ModelMessage.toObject(ModelMessage.decode(bytes), { longs: Number, arrays: true }) as Model;
}

/** A tensor's values, row by row. @throws Error when their type is not in `ElementType`. */
export function valuesOf({ name, data_type, raw_data }: Tensor): Float32Array | Int8Array | Int32Array | BigInt64Array {
  const { buffer } = new Uint8Array(raw_data); // a copy, which begins where an array of any type may
  if (data_type === ElementType.float32) return new Float32Array(buffer);
  if (data_type === ElementType.int8) return new Int8Array(buffer);
  if (data_type === ElementType.int32) return new Int32Array(buffer);
  if (data_type === ElementType.int64) return new BigInt64Array(buffer);
  throw new Error(`weight ${name} is of type ${data_type}`);
}
