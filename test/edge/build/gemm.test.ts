import { readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { findKernels, instantiate, TYPE, withOwnGemm } from '../../../edge/build/wasm/gemm.ts';
import { moduleOf, readModule } from '../../../edge/build/wasm/module.ts';
import { WASM_FILE } from '../../../edge/runtime/shipped.ts';
import { randomNumbers } from '../../../train/random.ts';

const found = await findKernels(readModule(await readFile(WASM_FILE)));
const stock = moduleOf(
  TYPE,
  found.map(({ body }) => body),
);
const theirs = await instantiate(stock);
const ours = await instantiate(await withOwnGemm(stock));

/** Places of matrices in the memory, in numbers: A has up to 3 rows of 70, B up to 9 panels of 66 rows. */
const [A, B, C] = [16, 256, 10_000];
const DEPTHS = [0, 1, 2, 3, 8, 66];
const COLUMNS = [...Array.from({ length: 50 }, (_, at) => at + 1), 63, 64, 65, 128, 144];
const UNUSUAL = [0, -0, 1e-40, -1e-45, 3e38, -3e38];

const random = randomNumbers(11);
const number = () => (random() < 0.02 ? (UNUSUAL[Math.floor(random() * UNUSUAL.length)] as number) : random() - 0.5);

it.each([...found.entries()])('gives the bits of kernel %i of onnxruntime, and writes nothing else', (which) => {
  const bitsOf = ({ numbers }: typeof ours) => new Uint32Array(numbers.buffer);
  for (const rows of [1, 2, 3]) {
    for (const depth of DEPTHS) {
      for (const columns of COLUMNS) {
        for (let at = 0; at < theirs.numbers.length; at++) theirs.numbers[at] = number();
        ours.numbers.set(theirs.numbers);
        const alpha = columns % 2 === 0 ? 1 : 0.3;
        const parameters = [4 * A, 4 * B, 4 * C, depth, rows, columns, depth + 4, columns + 5, alpha];
        const [expected, actual] = [theirs, ours].map(({ kernels }) => kernels[which]?.(...parameters));
        expect(actual).toBe(expected);
        if (Buffer.compare(Buffer.from(theirs.numbers.buffer), Buffer.from(ours.numbers.buffer)) !== 0) {
          expect(bitsOf(ours), `${rows} rows, depth ${depth}, ${columns} columns`).toEqual(bitsOf(theirs));
        }
      }
    }
  }
});

it('knows which kernel adds', () => {
  expect(found.map(({ adds }) => adds).toSorted()).toEqual([false, true]);
});

it('stops where the kernels are others', async () => {
  const [one, other] = found.map(({ body }) => body) as [Uint8Array, Uint8Array];
  for (const bodies of [[], [one], [one, one], [one, other, one]]) {
    await expect(withOwnGemm(moduleOf(TYPE, bodies))).rejects.toThrow(
      'adapt edge/build/wasm/: there are not two matrix products',
    );
  }
});
