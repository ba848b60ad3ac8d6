/**
 * The report: what a bundle was measured to be, as one HTML page to look at. `page.ts` makes the page out of
 * values; here is what asks the bundle's classifier about the mistakes, and writes the file.
 *
 * The page quotes reviews, so it is no part of the bundle: git ignores it, and it does not ship.
 */
import path from 'node:path';
import { writeFiles } from '../../../cli/files.ts';
import type { OpenBundle } from '../../export/bundle.ts';
import type { Baseline } from '../baseline.ts';
import type { Evaluation } from '../evaluate.ts';
import { explainMistakes } from './mistakes.ts';
import { reportPage } from './page.ts';

export { type ReportFacts, reportPage } from './page.ts';

/** What the report is called beside a bundle. */
export const REPORT_FILE = 'report.html';

export interface ReportOptions {
  /** What was measured on that bundle. Without it the report has the learning curves only, and says so. */
  readonly evaluation?: Evaluation | undefined;
  /** A linear model on the same reviews. */
  readonly baseline?: Baseline | undefined;
  /** Where the page goes; default: `report.html` in the bundle's folder. */
  readonly file?: string | undefined;
}

/**
 * Writes the report, whole or not at all.
 * @returns the file's path.
 */
export async function writeReport(
  bundle: OpenBundle,
  { evaluation, baseline, file }: ReportOptions = {},
): Promise<string> {
  const { folder, manifest } = bundle;
  const target = file ?? path.join(folder, REPORT_FILE);
  const mistakes = evaluation ? await explainMistakes(bundle, evaluation) : [];
  const page = reportPage({ manifest, evaluation, baseline, mistakes });
  await writeFiles(path.dirname(target), { [path.basename(target)]: page });
  return target;
}
