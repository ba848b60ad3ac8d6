/**
 * Measures the larger half of the time of `--preset best`: one pass of document vectors over random texts as long as film reviews, with as many
 * n-grams as its own corpus has.
 *
 *     npm run bench -- teacher [--json]
 */
import { PRESETS } from '../train/config.ts';
import { randomNumbers } from '../train/random.ts';
import { documentVectors } from '../train/teacher/document-vectors.ts';
import { type Report, summarize } from './report.ts';

const ROUNDS = 3;
const TEXTS = 5_000;
const NGRAMS = 400_000;
/** N-grams a text. */
const LENGTH = 350;

export async function run(): Promise<Report> {
  const random = randomNumbers(1);
  const grams = Int32Array.from({ length: TEXTS * LENGTH }, () => Math.floor(NGRAMS * random() ** 3));
  const starts = Int32Array.from({ length: TEXTS + 1 }, (_, text) => text * LENGTH);
  const width = PRESETS['best']?.teacherWidth as number;
  const [wall, cpu]: [number[], number[]] = [[], []];
  for (let round = 0; round < ROUNDS; round++) {
    const [start, before] = [performance.now(), process.cpuUsage()];
    await documentVectors({ size: NGRAMS, grams, starts }, { width, epochs: 1, seed: 1 });
    const { user, system } = process.cpuUsage(before);
    wall.push((performance.now() - start) / 1000);
    cpu.push((user + system) / 1e6);
  }
  return {
    benchmark: 'teacher',
    packages: ['assemblyscript'],
    cases: [summarize('document vectors, 5,000 texts', 's', wall), summarize('document vectors, CPU', 's', cpu)],
    ratios: {},
  };
}
