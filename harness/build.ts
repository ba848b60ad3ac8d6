/** Bundles the worker as a deployment would: Vitest's global setup, and what benchmarks begin with. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

/** Set where the worker is built already: in this process, and in those that it has started since. */
const BUILT = 'EDGE_SENTIMENT_BUILT';

export default async function build(): Promise<void> {
  if (process.env[BUILT]) return;
  await promisify(execFile)('npm', ['run', '--silent', 'build']);
  process.env[BUILT] = 'true';
}
