import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { expect, it } from 'vitest';
import { forPages } from '../../../edge/build/glue.ts';

const file = createRequire(import.meta.url).resolve('onnxruntime-web/ort-wasm-simd-threaded.mjs');
const source = await readFile(file, 'utf8');

it('looks for no Node, and names no file beside it', () => {
  const changed = forPages(source);
  expect(changed).not.toMatch(/versions|await import\(|\b(?:require|global)\b[=(.]|new URL\([^()]*import\.meta\.url\)/);
  expect(changed).toContain('export default');
});

it('fills the table wherever it reads it', () => {
  const changed = forPages(source);
  const [, table] = /\?\?\(moduleArg\.exports\.fillTable\(\),(\w+)\.get/.exec(changed) ?? [];
  expect(changed.match(new RegExp(`\\b${table}[.[]`, 'g'))).toHaveLength(2); // before and after it is filled
  expect(changed.match(/moduleArg\.exports=/g)).toHaveLength(1);
});

it.each([
  ['Node', 'globalThis.process?.versions?.node'],
  ["Node's modules", 'await import('],
  ['the files', 'import.meta.url'],
  ['the memory', 'shared:'],
  ['the exports', '.exports;'],
  ['the table', '.get('],
  ['the wait for messages', 'Atomics.waitAsync'],
  ['the clock', 'performance.timeOrigin'],
])('says loudly that it does not find %s', (_, text) => {
  expect(() => forPages(source.replaceAll(text, 'nothing'))).toThrow('adapt edge/build/glue.ts');
});
