/**
 * The file of weights that the page computes gates with. `edge/build/site.ts` writes it; the page fetches it when the gates are
 * opened. Matrices are float32. Tables, of which a text reads few rows, stay int8 if the model has them so.
 *
 *     u32 length of the header · header, JSON, padded with spaces · the arrays of the header, each at a multiple of 4
 */
import type { Table, Weights } from '../../onnx/weights.ts';

type Values = Int8Array | Float32Array | Int32Array;
const TYPES = { int8: Int8Array, float32: Float32Array, int32: Int32Array } as const;
interface Header extends Pick<Weights, 'version' | 'features' | 'units' | 'columns'> {
  readonly arrays: Readonly<
    Record<string, { readonly type: keyof typeof TYPES; readonly at: number; readonly length: number }>
  >;
}

/** Little-endian, like every machine that builds or browses. */
export function encodeWeights({ version, features, units, columns, ...weights }: Weights): Uint8Array<ArrayBuffer> {
  const arrays = Object.entries(weights).flatMap(([name, part]: [string, Table | Values | undefined]) => {
    if (part === undefined) return [];
    if (!('scales' in part)) return [[name, part] as const];
    return [[name, part.values] as const, [`${name}/scales`, part.scales] as const];
  });
  let size = 0;
  const header: Header = {
    version,
    features,
    units,
    columns,
    arrays: Object.fromEntries(
      arrays.map(([name, values]) => {
        const at = size;
        size += padded(values.byteLength);
        return [name, { type: typeOf(values), at, length: values.length }];
      }),
    ),
  };
  const json = new TextEncoder().encode(JSON.stringify(header));
  const start = 4 + padded(json.length);
  const file = new Uint8Array(start + size).fill(0x20, 4, start);
  new DataView(file.buffer).setUint32(0, start - 4, true);
  file.set(json, 4);
  for (const [name, values] of arrays) {
    file.set(
      new Uint8Array(values.buffer, values.byteOffset, values.byteLength),
      start + (header.arrays[name]?.at ?? 0),
    );
  }
  return file;
}

/** Views of `file`, without copying. @throws Error when the file is malformed. */
export function decodeWeights(file: ArrayBuffer): Weights {
  const headerLength = new DataView(file).getUint32(0, true);
  const { arrays, ...facts }: Header = JSON.parse(new TextDecoder().decode(new Uint8Array(file, 4, headerLength)));
  const find = (name: string): Values | undefined => {
    const entry = arrays[name];
    if (entry === undefined) return undefined;
    const at = 4 + headerLength + entry.at;
    return new TYPES[entry.type](file, at, entry.length);
  };
  const array = (name: string): Float32Array => {
    const values = find(name);
    if (values instanceof Float32Array) return values;
    throw new Error(`the weights have no ${name}`);
  };
  const table = (name: string): Table | undefined => {
    const values = find(name) as Table['values'] | undefined;
    return values && { values, scales: array(`${name}/scales`) };
  };
  const embeddings = table('embeddings');
  if (embeddings === undefined) throw new Error('the weights have no embeddings');
  const [W, R, B] = [array('W'), array('R'), array('B')];
  const [last, mean, bias] = [array('last'), array('mean'), array('bias')];
  const representatives = find('representatives') as Int32Array | undefined;
  const [words, pairs] = [table('words'), table('pairs')];
  return { ...facts, embeddings, W, R, B, last, mean, bias, words, pairs, representatives };
}

function typeOf(values: Values): keyof typeof TYPES {
  if (values instanceof Int8Array) return 'int8';
  return values instanceof Int32Array ? 'int32' : 'float32';
}

function padded(bytes: number): number {
  return Math.ceil(bytes / 4) * 4;
}
