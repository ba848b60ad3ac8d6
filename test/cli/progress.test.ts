import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { duration, progressLine } from '../../cli/progress.ts';

/** A stream that keeps what is written to it. */
function fakeStream(options: { isTTY?: boolean; columns?: number }): { out: NodeJS.WriteStream; written: string[] } {
  const written: string[] = [];
  const write = (chunk: string) => written.push(chunk) > 0;
  return { out: { ...options, write } as unknown as NodeJS.WriteStream, written };
}

/** The text of a redrawn line on a terminal. */
const drawing = (chunk: string | undefined) => (chunk ?? '').replace('\r\x1b[K', '');

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['performance'] });
});
afterEach(() => {
  vi.useRealTimers();
});

describe('on a terminal', () => {
  it('the line is redrawn in place', () => {
    const { out, written } = fakeStream({ isTTY: true, columns: 120 });
    const line = progressLine('epoch 1', out);
    for (const step of [1, 2, 3]) {
      line.update(step / 4, `step ${step}`);
      vi.advanceTimersByTime(1_000);
    }
    expect(written).toHaveLength(3);
    for (const [index, chunk] of written.entries()) {
      expect(chunk.startsWith('\r\x1b[K')).toBe(true);
      expect(drawing(chunk)).toMatch(/^epoch 1 █+░+ /);
      expect(drawing(chunk)).toContain(`step ${index + 1}`);
      expect(chunk).not.toContain('\n');
    }
    expect(drawing(written[1])).toContain(' 50 %');
  });

  it('the bar shows the fraction that is done', () => {
    const { out, written } = fakeStream({ isTTY: true, columns: 120 });
    const line = progressLine('epoch 1', out);
    for (const fraction of [0, 0.5, 1]) {
      line.update(fraction, '');
      vi.advanceTimersByTime(1_000);
    }
    const full = written.map((chunk) => [chunk.split('█').length - 1, chunk.split('░').length - 1]);
    expect(full).toEqual([
      [0, 24],
      [12, 12],
      [24, 0],
    ]);
  });

  it.each([20, 40, 80])('the line stays within %d columns', (columns) => {
    const { out, written } = fakeStream({ isTTY: true, columns });
    const line = progressLine('epoch 1', out);
    line.update(0.5, 'a long text '.repeat(20));
    line.done();
    expect(drawing(written[0])).toHaveLength(columns - 1);
    expect(drawing(written[0])).toMatch(/^epoch 1 /);
  });

  it.each([0, undefined])('the line stays within 80 columns when the terminal gives %s', (columns) => {
    const { out, written } = fakeStream({ isTTY: true, ...(columns !== undefined && { columns }) });
    progressLine('epoch 1', out).update(0.5, 'a long text '.repeat(20));
    expect(drawing(written[0])).toHaveLength(79);
  });

  it('quick updates are not all drawn, but the last one is', () => {
    const { out, written } = fakeStream({ isTTY: true, columns: 120 });
    const line = progressLine('epoch 1', out);
    for (let step = 1; step <= 50; step++) line.update(step / 50, `step ${step}/50`);
    expect(written).toHaveLength(1);
    line.done();
    expect(written).toHaveLength(3);
    expect(drawing(written[1])).toContain('100 %  step 50/50');
    expect(written[2]).toBe('\n');
  });

  it('the line ends once, when all is done', () => {
    const { out, written } = fakeStream({ isTTY: true, columns: 120 });
    const line = progressLine('epoch 1', out);
    line.update(1, 'step 50/50');
    line.done();
    expect(written.join('').split('\n')).toHaveLength(2);
    expect(written.at(-1)).toBe('\n');
  });

  it('nothing is written when nothing was shown', () => {
    const { out, written } = fakeStream({ isTTY: true, columns: 120 });
    progressLine('epoch 1', out).done();
    expect(written).toEqual([]);
  });
});

describe('not on a terminal', () => {
  it('lines are plain, one after the other, without a bar', () => {
    const { out, written } = fakeStream({});
    const line = progressLine('epoch 1', out);
    vi.advanceTimersByTime(30_000);
    line.update(0.254, 'step 1');
    vi.advanceTimersByTime(60_000);
    line.update(1, 'step 4');
    line.done();
    expect(written).toEqual(['epoch 1  25 %  step 1\n', 'epoch 1 100 %  step 4  0 s left\n']);
  });

  it('lines are printed now and then, and always at the end', () => {
    const { out, written } = fakeStream({ isTTY: false });
    const line = progressLine('epoch 1', out);
    for (let second = 1; second <= 100; second++) {
      line.update(second / 100, `step ${second}`);
      vi.advanceTimersByTime(1_000);
    }
    line.done();
    const steps = written.map((text) => Number(/step (\d+)/.exec(text)?.[1]));
    expect(steps).toEqual([31, 61, 91, 100]);
    for (const text of written) expect(text).toMatch(/^\P{Cc}+\n$/u);
  });
});

describe('the time left', () => {
  it('follows the pace since the start', () => {
    const { out, written } = fakeStream({ isTTY: true, columns: 120 });
    const line = progressLine('epoch 1', out);
    line.update(0, '');
    vi.advanceTimersByTime(10_000);
    line.update(0.25, '');
    expect(drawing(written[0])).not.toContain('left');
    expect(drawing(written[1])).toContain('30 s left');
  });

  it('ignores what was done before a task was continued', () => {
    const { out, written } = fakeStream({ isTTY: true, columns: 120 });
    const line = progressLine('epoch 1', out);
    line.update(0.5, '');
    vi.advanceTimersByTime(10_000);
    line.update(0.6, '');
    expect(drawing(written[1])).toContain('40 s left');
  });
});

describe('duration', () => {
  it.each([
    [0, '0 s'],
    [499, '0 s'],
    [75_000, '75 s'],
    [99_499, '99 s'],
    [99_500, '2 min'],
    [12 * 60_000, '12 min'],
    [99 * 60_000, '99 min'],
    [100 * 60_000, '1 h 40 min'],
    [120 * 60_000, '2 h 00 min'],
    [185 * 60_000, '3 h 05 min'],
    [25 * 3_600_000, '25 h 00 min'],
  ])('of %d ms is %s', (milliseconds, text) => {
    expect(duration(milliseconds)).toBe(text);
  });
});
