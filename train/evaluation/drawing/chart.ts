/** The parts of every chart: an accessible SVG, and a plane with axes. Colours are in `style.ts`. */
import { type Axis, axis, type Scale } from './axis.ts';
import { type Html, html, trusted } from './html.ts';

/** The width of a chart in a page, which shows it at 0.8 to 1.2 times this size, so that text stays readable on a phone. */
export const WIDTH = 400;

export interface Picture {
  /** Unique in the page. */
  readonly id: string;
  /** The name of the picture, for screen readers. */
  readonly title: string;
  /** A description of the picture, for screen readers. */
  readonly description: string;
  readonly height: number;
  /** Default: `WIDTH`. */
  readonly width?: number;
  /** The style sheet, for a picture that is a file of its own. In a page, the page has it. */
  readonly style?: string;
}

/** The margin of a picture that is a file of its own. */
const EDGE = 12;

export function svg({ id, title, description, height, width = WIDTH, style }: Picture, content: readonly Html[]): Html {
  const label = html`role="img" aria-labelledby="${id}-title ${id}-desc"`;
  const described = html`<title id="${id}-title">${title}</title><desc id="${id}-desc">${description}</desc>`;
  if (style === undefined) {
    return html`<svg viewBox="0 0 ${width} ${height}" ${label}>
${described}
${content}
</svg>`;
  }
  const [w, h] = [width + 2 * EDGE, height + 2 * EDGE];
  return html`<svg xmlns="http://www.w3.org/2000/svg" viewBox="${-EDGE} ${-EDGE} ${w} ${h}" width="${w}" height="${h}" ${label}>
${described}
<style>${trusted(style)}</style>
${content}
</svg>`;
}

interface PlaneOptions {
  readonly left?: number;
  readonly right?: number;
  readonly top: number;
  readonly bottom: number;
  readonly x: AxisOptions;
  readonly y: AxisOptions;
}

export interface AxisOptions extends Scale {
  /** The text of a tick. Default: none. */
  readonly format?: (value: number) => string;
  /** Below the x axis, or above the y axis. */
  readonly label?: string;
  readonly grid?: boolean;
}

interface Plane {
  readonly x: Axis['place'];
  readonly y: Axis['place'];
  /** Grid, ticks and labels; draw them first. */
  readonly axes: Html;
}

/** A plane with axes. @param options edges in the picture's units; y grows upwards. */
export function plane(options: PlaneOptions): Plane {
  const { left = 50, right = WIDTH - 20, top, bottom } = options;
  const x = axis(options.x, left, right);
  const y = axis(options.y, bottom, top);
  const across = x.ticks.map((tick) => {
    const at = round(x.place(tick));
    return html`${options.x.grid ? html`<path class="grid" d="M${at} ${top}V${bottom}"/>` : undefined}${
      options.x.format && html`<text x="${at}" y="${bottom + 18}" class="mid">${options.x.format(tick)}</text>`
    }`;
  });
  const up = y.ticks.map((tick) => {
    const at = round(y.place(tick));
    return html`${options.y.grid ? html`<path class="grid" d="M${left} ${at}H${right}"/>` : undefined}${
      options.y.format && html`<text x="${left - 8}" y="${at}" dy=".35em" class="end">${options.y.format(tick)}</text>`
    }`;
  });
  const middle = round((left + right) / 2);
  const labels = html`${
    options.x.label && html`<text x="${middle}" y="${bottom + 38}" class="mid axis">${options.x.label}</text>`
  }${options.y.label && html`<text x="0" y="${top - 16}" class="axis">${options.y.label}</text>`}`;
  const frame = html`<path class="frame" d="M${left} ${top}V${bottom}H${right}"/>`;
  return { x: x.place, y: y.place, axes: html`${across}${up}${frame}${labels}` };
}

/** Rounds to tenths of a unit, the finest that is visible. */
export function round(value: number): number {
  return Math.round(value * 10) / 10;
}

/** The path `M… L… L…` through the points. */
export function path(points: readonly (readonly [x: number, y: number])[]): string {
  return points.map(([x, y], index) => `${index === 0 ? 'M' : 'L'}${round(x)} ${round(y)}`).join('');
}
