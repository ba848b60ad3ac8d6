/** Line charts as self-contained SVG: no script, no font, no network; readable in the dark, and without colours. */

export interface Series {
  readonly name: string;
  readonly points: readonly (readonly [x: number, y: number])[];
}

export interface LineChart {
  readonly title: string;
  readonly xLabel: string;
  readonly yLabel: string;
  readonly series: readonly Series[];
  /** Equal ratios take equal room. Points at or below zero are left out. */
  readonly xLog?: boolean;
  /** Default: round numbers. */
  readonly xTicks?: readonly number[];
  readonly yLog?: boolean;
  /** The range of y; default: what the points need. */
  readonly yRange?: readonly [number, number];
}

const WIDTH = 720;
const HEIGHT = 380;
const MARGIN = { top: 44, right: 24, bottom: 54, left: 70 };
/** Okabe–Ito, which colour-blind readers can tell apart; each with a dash and a mark of its own. */
const STYLES = [
  { colour: '#0072b2', dash: '', mark: 'circle' },
  { colour: '#d55e00', dash: '7 4', mark: 'square' },
  { colour: '#009e73', dash: '2 4', mark: 'diamond' },
] as const;
const MAX_MARKS = 14;

/** @throws RangeError when there are more series than can be told apart. */
export function lineChart({
  title,
  xLabel,
  yLabel,
  series,
  xLog = false,
  xTicks,
  yLog = false,
  yRange,
}: LineChart): string {
  if (series.length > STYLES.length) throw new RangeError(`a chart shows at most ${STYLES.length} series`);
  const shown = series.map(({ name, points }) => ({
    name,
    points: points.filter(([x, y]) => Number.isFinite(y) && (!xLog || x > 0) && (!yLog || y > 0)),
  }));
  const all = shown.flatMap(({ points }) => points);
  const xAxis = axis(extent(all.map(([x]) => x)), xLog, MARGIN.left, WIDTH - MARGIN.right, xTicks);
  const yAxis = axis(yRange ?? extent(all.map(([, y]) => y)), yLog, HEIGHT - MARGIN.bottom, MARGIN.top);
  const [left, right, top, bottom] = [MARGIN.left, WIDTH - MARGIN.right, MARGIN.top, HEIGHT - MARGIN.bottom];

  const grid = [
    ...yAxis.ticks.map((y) => {
      const at = yAxis.place(y).toFixed(1);
      return `<path class="grid" d="M${left} ${at}H${right}"/><text x="${left - 8}" y="${at}" dy=".35em" text-anchor="end">${tickLabel(y)}</text>`;
    }),
    ...xAxis.ticks.map(
      (x) => `<text x="${xAxis.place(x).toFixed(1)}" y="${bottom + 20}" text-anchor="middle">${tickLabel(x)}</text>`,
    ),
  ];
  const lines = shown.map(({ name, points }, index) => {
    const { colour, dash, mark } = STYLES[index] as (typeof STYLES)[number];
    const places = points.map(([x, y]) => [xAxis.place(x), yAxis.place(y)] as const);
    const path = places.map(([x, y], at) => `${at === 0 ? 'M' : 'L'}${x.toFixed(1)} ${y.toFixed(1)}`).join('');
    const every = Math.ceil(places.length / MAX_MARKS);
    const marks = places.filter((_, at) => at % every === 0).map(([x, y]) => markAt(mark, x, y));
    const legendX = left + 10 + index * 110;
    return `<g style="--c:${colour}"><path class="line" stroke-dasharray="${dash}" d="${path}"/>${marks.join('')}
<path class="line" stroke-dasharray="${dash}" d="M${legendX} ${top - 12}h28"/>${markAt(mark, legendX + 14, top - 12)}<text x="${legendX + 36}" y="${top - 12}" dy=".35em">${escapeXml(name)}</text></g>`;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" width="${WIDTH}" height="${HEIGHT}" role="img" aria-label="${escapeXml(title)}" font-family="system-ui, sans-serif" font-size="13">
<title>${escapeXml(title)}</title>
<style>svg{background:#fff}text{fill:#1b2430}.grid{stroke:#dde3ea}.frame{stroke:#8b98a8;fill:none}.line{stroke:var(--c);stroke-width:2;fill:none}.mark{fill:var(--c)}@media (prefers-color-scheme:dark){svg{background:#0d1117}text{fill:#e6edf3}.grid{stroke:#2a323d}.line{filter:brightness(1.35)}.mark{filter:brightness(1.35)}}</style>
${grid.join('\n')}
<path class="frame" d="M${left} ${top}V${bottom}H${right}"/>
${lines.join('\n')}
<text x="${(left + right) / 2}" y="${HEIGHT - 12}" text-anchor="middle">${escapeXml(xLabel)}</text>
<text transform="translate(16 ${(top + bottom) / 2}) rotate(-90)" text-anchor="middle">${escapeXml(yLabel)}</text>
</svg>
`;
}

/** Shared with the report's charts (`report/chart.ts`), which are drawn in the page's own style. */
export interface Axis {
  readonly ticks: readonly number[];
  /** A value → where it stands in the picture. */
  readonly place: (value: number) => number;
}

/** From a range of values to a range of places. @param given the ticks; default: round numbers around the range. */
export function axis(
  [low, high]: readonly [number, number],
  log: boolean,
  from: number,
  to: number,
  given?: readonly number[],
): Axis {
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

function extent(values: readonly number[]): [number, number] {
  return [values.reduce((a, b) => Math.min(a, b), Infinity), values.reduce((a, b) => Math.max(a, b), -Infinity)];
}

/** A tick's text. */
export function tickLabel(value: number): string {
  if (value !== 0 && Math.abs(value) < 1e-3) return `1e${Math.round(Math.log10(Math.abs(value)))}`;
  return Number(value.toPrecision(6)).toLocaleString('en');
}

function markAt(mark: 'circle' | 'square' | 'diamond', x: number, y: number): string {
  const at = `translate(${x.toFixed(1)} ${y.toFixed(1)})`;
  if (mark === 'circle') return `<circle class="mark" r="4" transform="${at}"/>`;
  const turn = mark === 'diamond' ? ' rotate(45)' : '';
  return `<rect class="mark" x="-3.5" y="-3.5" width="7" height="7" transform="${at}${turn}"/>`;
}

/** Text → what stands for it in XML. */
export function escapeXml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
