/** Vitest's global setup: bundles the worker once, as a deployment would. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

export default async function build(): Promise<void> {
  await promisify(execFile)('npm', ['run', '--silent', 'build']);
}
