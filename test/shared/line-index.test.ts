import fc from 'fast-check';
import { expect, it } from 'vitest';
import { countLines, extendHash, findLine, indexLines, isIndex, mayHaveLine } from '../../shared/line-index.ts';

const fileOf = (lines: readonly string[]) => new TextEncoder().encode(lines.map((line) => `${line}\n`).join(''));
const line = fc.string({ unit: 'binary', maxLength: 6 }).filter((text) => !text.includes('\n'));

it('finds every line by its content, and no other', () => {
  fc.assert(
    fc.property(fc.uniqueArray(line), fc.array(line), (lines, others) => {
      const file = fileOf(lines);
      const index = indexLines(file);
      expect(countLines(index)).toBe(lines.length);
      for (const word of [...lines, ...others]) expect(findLine(word, file, index)).toBe(lines.indexOf(word));
    }),
  );
});

it('does not find parts of a line', () => {
  const file = fileOf(['film', 'films', 'a film']);
  const index = indexLines(file);
  for (const word of ['fil', 'ilm', 'a', 'filmsa', '']) expect(findLine(word, file, index)).toBe(-1);
  expect(findLine('films', file, index)).toBe(1);
});

const hashOf = (word: string) =>
  [...Array(word.length).keys()].reduce((hash, at) => extendHash(hash, word.charCodeAt(at)), 0);

it('may have each of its first lines', () => {
  fc.assert(
    fc.property(fc.uniqueArray(line), fc.nat(50), (lines, count) => {
      const index = indexLines(fileOf(lines));
      for (const one of lines.slice(0, count)) expect(mayHaveLine(hashOf(one), count, index)).toBe(true);
    }),
  );
});

it('excludes nearly every word that is not among its first lines', () => {
  const lines = Array.from({ length: 20_000 }, (_, number) => `line ${number}`);
  const index = indexLines(fileOf(lines));
  const others = Array.from({ length: 10_000 }, (_, number) => `other ${number}`);
  expect(others.filter((word) => mayHaveLine(hashOf(word), 5_000, index)).length).toBeLessThan(20);
  expect(lines.slice(5_000).filter((word) => mayHaveLine(hashOf(word), 5_000, index)).length).toBeLessThan(20);
});

it('refuses a repeated word', () => {
  expect(() => indexLines(fileOf(['a', 'b', 'a']))).toThrow('"a" is repeated');
});

it('works from a copy at any offset', () => {
  const file = fileOf(['one', 'two']);
  const stored = new Uint32Array([7, ...indexLines(file)]).subarray(1);
  expect(findLine('two', file, stored)).toBe(1);
});

it('terminates in a damaged index', () => {
  const file = fileOf(['one', 'two']);
  const full = indexLines(file).map((number, at) => (at > 0 && at % 4 === 0 ? number || 1 : number));
  expect(findLine('one', file, full)).toBe(0);
  expect(() => findLine('three', file, full)).toThrow('no empty slot');
});

it('recognises an impossible index', () => {
  const index = indexLines(fileOf(['one', 'two', 'three']));
  expect([index, indexLines(fileOf([]))].map(isIndex)).toEqual([true, true]);
  const full = index.with(0, (index.length - 4) / 4);
  for (const none of [new Uint32Array(), index.subarray(0, 1), index.slice(0, -1), index.slice(0, -2), full]) {
    expect(isIndex(none)).toBe(false);
  }
});
