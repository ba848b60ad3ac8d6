/** DistilBERT's graph in tiny shapes, run by onnxruntime-web, beside the formulas of the paper in plain loops. */
import { expect, it } from 'vitest';
import { DISTILBERT, distilbert, type Shapes } from '../../bench/peers/distilbert.ts';
import { ort } from '../../harness/onnxruntime.ts';
import { decodeModel, ElementType, valuesOf } from '../../onnx/proto.ts';
import { softmax } from '../../shared/labels.ts';

const TINY: Shapes = { layers: 2, width: 12, heads: 3, hidden: 20, vocabulary: 30, positions: 16, labels: 3 };
const TEXTS = [[7], [1, 2, 3, 4, 5], [29, 0, 29, 3, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22]];

type Matrix = number[][];

/** erf by its power series; exact enough below 4. */
function erf(x: number): number {
  let [term, sum] = [x, x];
  for (let n = 1; n < 100; n++) {
    term *= (-x * x) / n;
    sum += term / (2 * n + 1);
  }
  return (2 / Math.sqrt(Math.PI)) * sum;
}

/** The logits of one text. */
function reference(ids: readonly number[], model: Uint8Array, { layers, width, heads }: Shapes): number[] {
  const weights = new Map(decodeModel(model).graph.initializer.map((tensor) => [tensor.name, tensor]));
  const numbers = (name: string): number[] => {
    const tensor = weights.get(name);
    if (tensor === undefined) throw new Error(`no weight ${name}`);
    const isInt8 = tensor.data_type === ElementType.int8;
    const scale = isInt8 ? (numbers(name.replace(/[^/]+$/, 'scale'))[0] as number) : 1;
    return Array.from(valuesOf(tensor) as Float32Array, (value) => value * scale);
  };
  const row = (name: string, at: number) => numbers(`${name}/table`).slice(at * width, (at + 1) * width);
  const linear = (name: string, x: readonly number[]) => {
    const weight = numbers(`${name}/weight`);
    return numbers(`${name}/bias`).map((bias, column, { length }) =>
      x.reduce((sum, value, at) => sum + value * (weight[at * length + column] as number), bias),
    );
  };
  const norm = (name: string, x: readonly number[]) => {
    const mean = x.reduce((sum, value) => sum + value, 0) / width;
    const variance = x.reduce((sum, value) => sum + (value - mean) ** 2, 0) / width;
    const bias = numbers(`${name}/bias`);
    return x.map((value, at) => (value - mean) / Math.sqrt(variance + 1e-5) + (bias[at] as number));
  };
  const add = (a: readonly number[], b: readonly number[]) => a.map((value, at) => value + (b[at] as number));
  const gelu = (x: number) => (x / 2) * (1 + erf(x / Math.SQRT2));

  let x: Matrix = ids.map((id, place) => norm('embeddings', add(row('words', id), row('places/rows', place))));
  for (let layer = 0; layer < layers; layer++) {
    const name = `layer${layer}`;
    const [query, key, value] = ['query', 'key', 'value'].map((part) =>
      x.map((one) => linear(`${name}/attention/${part}`, one)),
    ) as [Matrix, Matrix, Matrix];
    const mixed = query.map((one) => {
      const result: number[] = [];
      for (let head = 0; head < heads; head++) {
        const [from, to] = [(head * width) / heads, ((head + 1) * width) / heads];
        const part = (all: readonly number[]) => all.slice(from, to);
        const scores = key.map((other) => {
          const dot = part(one).reduce((sum, value, at) => sum + value * (part(other)[at] as number), 0);
          return dot / Math.sqrt(width / heads);
        });
        const shares = softmax(scores);
        for (let at = from; at < to; at++) {
          result.push(value.reduce((sum, other, place) => sum + (shares[place] as number) * (other[at] as number), 0));
        }
      }
      return result;
    });
    x = x.map((one, at) => {
      const attended = norm(
        `${name}/attention/norm`,
        add(linear(`${name}/attention/output`, mixed[at] as number[]), one),
      );
      return norm(`${name}/norm`, add(linear(`${name}/out`, linear(`${name}/in`, attended).map(gelu)), attended));
    });
  }
  return linear(
    'classifier',
    linear('pool', x[0] as number[]).map((value) => Math.max(0, value)),
  );
}

async function logitsOf(ids: readonly number[], session: ort.InferenceSession): Promise<number[]> {
  const tensor = new ort.Tensor('int64', BigInt64Array.from(ids, BigInt), [1, ids.length]);
  const { logits } = await session.run({ input_ids: tensor });
  return [...((logits as ort.Tensor).data as Float32Array)];
}

it.each([
  ['float32', false, 1e-6],
  ['int8', true, 2e-3], // inputs of products are rounded too
])('computes what the paper says: %s', async (_, quantized, tolerance) => {
  const model = distilbert(TINY, quantized);
  const session = await ort.InferenceSession.create(model);
  for (const ids of TEXTS) {
    const expected = reference(ids, model, TINY);
    const found = await logitsOf(ids, session);
    expect(Math.max(...expected.map(Math.abs))).toBeGreaterThan(0.01);
    expect(Math.max(...found.map((value, at) => Math.abs(value - (expected[at] as number))))).toBeLessThan(tolerance);
  }
});

it('has the parameters of distilbert-base-uncased-finetuned-sst-2-english: 66,955,010', () => {
  const parametersOf = ({ layers, width, hidden, vocabulary, positions, labels }: Shapes) => {
    const block = 4 * (width + 1) * width + (width + 1) * hidden + (hidden + 1) * width + 4 * width;
    return (vocabulary + positions + 2) * width + layers * block + (width + 1) * (width + labels);
  };
  const constants = 4; // the root and the like
  const floats = decodeModel(distilbert(TINY, false)).graph.initializer.filter(
    ({ data_type }) => data_type === ElementType.float32,
  );
  const count = floats.reduce((sum, { dims }) => sum + dims.reduce((product, dim) => product * dim, 1), 0);
  expect(count - constants).toBe(parametersOf(TINY));
  expect(parametersOf(DISTILBERT)).toBe(66_955_010);
});
