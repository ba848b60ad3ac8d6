/** Builds the worker as a deployment would. Vitest's global setup; benchmarks call it first. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

/** Set once the worker is built, in this process and in those it starts. */
const BUILT = 'EDGE_SENTIMENT_BUILT';

export default async function build(): Promise<void> {
  if (process.env[BUILT]) return;
  await promisify(execFile)('npm', ['run', '--silent', 'build']);
  process.env[BUILT] = 'true';
}
