/** A reporter that lists the ten slowest files of a run with more than ten. */
import type { Reporter, TestModule } from 'vitest/node';

const SHOWN = 10;

export default class Slowest implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    if (modules.length <= SHOWN) return;
    const timed = modules.map((module) => {
      const { collectDuration, duration } = module.diagnostic();
      return {
        name: `${module.project.name} ${module.relativeModuleId}`,
        seconds: (collectDuration + duration) / 1_000,
      };
    });
    timed.sort((a, b) => b.seconds - a.seconds);
    const lines = timed.slice(0, SHOWN).map(({ name, seconds }) => `${seconds.toFixed(1).padStart(7)} s  ${name}`);
    console.log(`\nThe slowest of ${modules.length} files:\n${lines.join('\n')}`);
  }
}
