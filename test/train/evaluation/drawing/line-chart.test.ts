import { describe, expect, it } from 'vitest';
import { lineChart } from '../../../../train/evaluation/drawing/line-chart.ts';

describe('a line chart', () => {
  const chart = (points: readonly (readonly [number, number])[], more = {}) =>
    lineChart({
      ...{ id: 'chart', title: 'a < b & "c"', description: 'some points', x: {}, y: {} },
      series: [{ name: '<s>', points }],
      ...more,
    }).source;

  it('escapes names and titles', () => {
    const svg = chart([
      [0, 0],
      [1, 1],
    ]);
    expect(svg).not.toContain('<s>');
    expect(svg).toContain('a &#60; b &#38; &#34;c&#34;');
  });

  it('leaves out values that a logarithmic axis cannot show', () => {
    const svg = chart(
      [
        [0, 0.1],
        [1, 0],
        [2, Number.NaN],
        [3, 0.001],
      ],
      { y: { log: true } },
    );
    expect(svg).not.toContain('NaN');
    expect(svg.match(/<path class="line"[^>]* d="M[^"]*L/g)).toHaveLength(1);
  });

  it('refuses more series than can be told apart', () => {
    const series = Array.from({ length: 4 }, (_, index) => ({ name: String(index), points: [] }));
    expect(() => lineChart({ id: '', title: '', description: '', x: {}, y: {}, series })).toThrow(RangeError);
  });
});
