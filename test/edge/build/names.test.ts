import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { readNames } from '../../../edge/build/names.ts';

const file = 'node_modules/onnxruntime-web/dist/ort-wasm-simd-threaded';
const module = await WebAssembly.compile(await readFile(`${file}.wasm`));
const source = await readFile(`${file}.mjs`, 'utf8');

describe('readNames', () => {
  it('finds a different name for each import and export', () => {
    const { imports: _, ...names } = readNames(source, module);
    expect(new Set(Object.values(names)).size).toBe(4);
  });

  it.each([
    ['the constructors', /(\w+\?\w+\(\):\w+\.\w+)\(\)\}/, '$1(1)}'],
    ['the function that grows the memory', '.grow(', '.extend('],
    ['the start of a thread', /(,1,!\w+,\d+),!1/, '$1'],
  ])('says loudly that %s does not fit', (what, pattern, other) => {
    expect(() => readNames(source.replace(pattern, other), module)).toThrow(what);
  });
});
