/**
 * The report: what a bundle was measured to be, as one HTML page to look at. `page.ts` makes the page out of
 * values; here is what reads the bundle, asks its network about the mistakes, and writes the file.
 *
 * The page quotes reviews, so it is no part of the bundle: git ignores it, and it does not ship.
 */
import path from 'node:path';
import { writeFiles } from '../../../cli/files.ts';
import { loadNetwork } from '../../../edge/inference/network.ts';
import { loadRuntime } from '../../../edge/runtime/files.ts';
import { openBundle } from '../../../shared/bundle.ts';
import { readBundle } from '../../export/bundle.ts';
import type { Evaluation } from '../evaluate.ts';
import { explainMistakes } from './mistakes.ts';
import { type ReportFacts, reportPage } from './page.ts';

export { type ReportFacts, reportPage } from './page.ts';

/** What the report is called beside a bundle. */
export const REPORT_FILE = 'report.html';

export interface ReportOptions {
  /** The bundle's folder. */
  readonly folder: string;
  /** What was measured on that bundle. Without it the report has the learning curves only, and says so. */
  readonly evaluation?: Evaluation | undefined;
  /** Where the page goes; default: `report.html` in the bundle's folder. */
  readonly file?: string | undefined;
}

/**
 * Writes the report, whole or not at all.
 * @returns the file's path.
 */
export async function writeReport({ folder, evaluation, file }: ReportOptions): Promise<string> {
  const target = file ?? path.join(folder, REPORT_FILE);
  const page = reportPage(await factsOf(folder, evaluation));
  await writeFiles(path.dirname(target), { [path.basename(target)]: page });
  return target;
}

/** The bundle's own facts, and its network's account of the mistakes: only those texts are read again. */
async function factsOf(folder: string, evaluation: Evaluation | undefined): Promise<ReportFacts> {
  const bundle = await openBundle(await readBundle(folder));
  const { manifest } = bundle;
  if (evaluation === undefined) return { manifest };
  const network = await loadNetwork(await loadRuntime(), bundle.model, manifest);
  return { manifest, evaluation, mistakes: await explainMistakes(network, bundle, evaluation.reviews) };
}
