/** A progress line on stderr: redrawn on a terminal, printed now and then elsewhere. */
import { type Output, oneLine } from './run.ts';

export interface ProgressLine {
  /** @param fraction of the task that is done, 0 to 1. @param text further text. */
  update(fraction: number, text: string): void;
  /** Ends the line, so that the next output is below it. */
  done(): void;
}

const BAR_WIDTH = 24;
const REDRAW_MS = 100;
const PRINT_MS = 30_000;

/** @param label names the task. @param out the output. The time left follows from the pace since the first update. */
export function progressLine(label: string, out: Output): ProgressLine {
  const interval = out.isTTY ? REDRAW_MS : PRINT_MS;
  const started = performance.now();
  let startFraction: number | undefined;
  let shown = out.isTTY ? Number.NEGATIVE_INFINITY : started; // one line, at the end, for short tasks elsewhere
  let line = '';
  let pending = false;
  const show = () => {
    out.write(out.isTTY ? `\r\x1b[K${line.slice(0, (out.columns || 80) - 1)}` : `${line}\n`);
    pending = false;
  };
  return {
    update(fraction, text) {
      startFraction ??= fraction;
      const now = performance.now();
      const pace = (fraction - startFraction) / (now - started);
      const left = pace > 0 ? `${duration((1 - fraction) / pace)} left` : '';
      const filled = Math.round(Math.min(fraction, 1) * BAR_WIDTH);
      const bar = out.isTTY ? ` ${'█'.repeat(filled)}${'░'.repeat(BAR_WIDTH - filled)}` : '';
      line = oneLine(`${label}${bar} ${String(Math.floor(fraction * 100)).padStart(3)} %  ${text}  ${left}`).trimEnd();
      pending = true;
      if (now - shown < interval) return;
      shown = now;
      show();
    },
    done() {
      if (pending) show();
      if (out.isTTY && line !== '') out.write('\n');
    },
  };
}

/** `75 s`, `12 min`, `3 h 05 min`. */
export function duration(milliseconds: number): string {
  const seconds = Math.round(milliseconds / 1000);
  if (seconds < 100) return `${seconds} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 100) return `${minutes} min`;
  return `${Math.floor(minutes / 60)} h ${String(minutes % 60).padStart(2, '0')} min`;
}
