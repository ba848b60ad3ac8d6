/**
 * Writes the report on a bundle, one HTML page (`page.ts`), with evidence for its mistakes from the bundle's classifier.
 *
 * The page quotes reviews, so it is not part of the bundle: git ignores it, and it does not ship.
 */
import path from 'node:path';
import { writeFiles } from '../../../cli/files.ts';
import type { OpenBundle } from '../../export/bundle.ts';
import type { Baseline } from '../baseline.ts';
import type { Evaluation } from '../evaluate.ts';
import { explainMistakes } from './mistakes.ts';
import { reportPage } from './page.ts';

export { type ReportFacts, reportPage } from './page.ts';

/** The report's name beside a bundle. */
export const REPORT_FILE = 'report.html';

export interface ReportOptions {
  /** The measurement of this bundle. Without it, the report has only the learning curves, and says so. */
  readonly evaluation?: Evaluation | undefined;
  /** A linear model on the same reviews. */
  readonly baseline?: Baseline | undefined;
  /** The page's path. Default: `report.html` in the bundle's folder. */
  readonly file?: string | undefined;
}

/**
 * Writes the report as a whole or not at all.
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
