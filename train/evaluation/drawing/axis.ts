/** The axes of a chart: the place of a value, and the ticks. */

export interface Scale {
  readonly range: readonly [number, number];
  /** Logarithmic, for values above zero. */
  readonly log?: boolean;
  /** Default: round numbers around the range. */
  readonly ticks?: readonly number[];
}

export interface Axis {
  readonly ticks: readonly number[];
  /** Maps a value to a coordinate. */
  readonly place: (value: number) => number;
}

/** An axis from coordinate `from` to `to`. */
export function axis({ range: [low, high], log = false, ticks: given }: Scale, from: number, to: number): Axis {
  const scale = log ? Math.log10 : (value: number) => value;
  const ticks = given ?? (log ? powersOfTen(low, high) : roundTicks(low, high));
  const start = scale(Math.min(low, ticks[0] ?? low));
  const end = scale(Math.max(high, ticks.at(-1) ?? high));
  return { ticks, place: (value) => from + ((scale(value) - start) / (end - start || 1)) * (to - from) };
}

/** Four to eight ticks at 1, 2 or 5 times a power of ten, around the range. */
function roundTicks(low: number, high: number): number[] {
  const raw = (high - low || 1) / 5;
  const magnitude = 10 ** Math.floor(Math.log10(raw));
  const step = ([1, 2, 5, 10].find((factor) => factor * magnitude >= raw) ?? 10) * magnitude;
  const first = Math.floor(low / step + 1e-9);
  const last = Math.ceil(high / step - 1e-9);
  return Array.from({ length: last - first + 1 }, (_, index) => (first + index) * step);
}

function powersOfTen(low: number, high: number): number[] {
  const first = Math.floor(Math.log10(low));
  const last = Math.ceil(Math.log10(high));
  const step = Math.ceil((last - first + 1) / 8);
  return Array.from({ length: Math.floor((last - first) / step) + 1 }, (_, index) => 10 ** (first + index * step));
}

/** The smallest and the largest of the values. */
export function extent(values: readonly number[]): [number, number] {
  return [values.reduce((a, b) => Math.min(a, b), Infinity), values.reduce((a, b) => Math.max(a, b), -Infinity)];
}

/** The text of a tick. */
export function tickLabel(value: number): string {
  if (value !== 0 && Math.abs(value) < 1e-3) return `1e${Math.round(Math.log10(Math.abs(value)))}`;
  return Number(value.toPrecision(6)).toLocaleString('en');
}
