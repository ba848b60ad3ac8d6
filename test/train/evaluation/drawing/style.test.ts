import { describe, expect, it } from 'vitest';
import { DARK, LIGHT, type Scheme } from '../../../../train/evaluation/drawing/style.ts';

/** WCAG 2.2, "relative luminance". */
function luminance(colour: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => {
    const value = Number.parseInt(colour.slice(at, at + 2), 16) / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function contrast(a: string, b: string): number {
  const [dark = 0, light = 0] = [luminance(a), luminance(b)].sort((x, y) => x - y);
  return (light + 0.05) / (dark + 0.05);
}

/** `share` of the one colour on the other, as color-mix in sRGB has it. */
function mixed(top: string, share: number, below: string): string {
  const parts = [1, 3, 5].map((at) => {
    const [over, under] = [top, below].map((colour) => Number.parseInt(colour.slice(at, at + 2), 16)) as [
      number,
      number,
    ];
    return Math.round(over * share + under * (1 - share))
      .toString(16)
      .padStart(2, '0');
  });
  return `#${parts.join('')}`;
}

describe.each<[string, Scheme]>([
  ['light', LIGHT],
  ['dark', DARK],
])('the %s colours', (_, scheme) => {
  it.each(['ink', 'soft', 'blue', 'orange', 'curve', 'second'] as const)('%s can be read', (name) => {
    expect(contrast(scheme[name], scheme.paper)).toBeGreaterThanOrEqual(4.5);
    expect(contrast(scheme[name], scheme.panel)).toBeGreaterThanOrEqual(4.5);
  });

  it('leave the ink readable on the strongest tints', () => {
    expect(contrast(scheme.ink, mixed(scheme.blue, 0.24, scheme.paper))).toBeGreaterThanOrEqual(4.5);
    expect(contrast(scheme.ink, mixed(scheme.orange, 0.24, scheme.paper))).toBeGreaterThanOrEqual(4.5);
    expect(contrast(scheme.ink, mixed(scheme.curve, 0.3, scheme.panel))).toBeGreaterThanOrEqual(4.5);
    expect(contrast(scheme.ink, mixed(scheme.orange, 0.3, scheme.panel))).toBeGreaterThanOrEqual(4.5);
    expect(contrast(scheme.ink, mixed(scheme.curve, 0.45, scheme.panel))).toBeGreaterThanOrEqual(4.5);
    expect(contrast(scheme.ink, mixed(scheme.orange, 0.45, scheme.panel))).toBeGreaterThanOrEqual(4.5);
  });
});
