import fc from 'fast-check';
import { expect, it } from 'vitest';
import { countLines, findLine, indexLines } from '../../shared/line-index.ts';

const textOf = (lines: readonly string[]) => lines.map((line) => `${line}\n`).join('');
const line = fc.string({ unit: 'binary', maxLength: 6 }).filter((text) => !text.includes('\n'));

it('finds every line by what it says, and no other', () => {
  fc.assert(
    fc.property(fc.uniqueArray(line), fc.array(line), (lines, others) => {
      const text = textOf(lines);
      const index = indexLines(text);
      expect(countLines(index)).toBe(lines.length);
      for (const word of [...lines, ...others]) expect(findLine(word, text, index)).toBe(lines.indexOf(word));
    }),
  );
});

it('finds no part of a line', () => {
  const text = textOf(['film', 'films', 'a film']);
  const index = indexLines(text);
  for (const word of ['fil', 'ilm', 'a', 'filmsa', '']) expect(findLine(word, text, index)).toBe(-1);
  expect(findLine('films', text, index)).toBe(1);
});

it('is of no use for a word that stands twice', () => {
  expect(() => indexLines(textOf(['a', 'b', 'a']))).toThrow('"a" stands twice');
});

it('works from a copy of its numbers, wherever they lie', () => {
  const text = textOf(['one', 'two']);
  const stored = new Uint32Array([7, ...indexLines(text)]).subarray(1);
  expect(findLine('two', text, stored)).toBe(1);
});
