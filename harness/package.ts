/** Packs the package, and installs it in an empty folder: the global setup of test/package/. */
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import type { TestProject } from 'vitest/node';

declare module 'vitest' {
  interface ProvidedContext {
    /** The tarball, and a folder that has it in its node_modules. */
    readonly tarball: string;
    readonly installed: string;
  }
}

const run = promisify(execFile);

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const { stdout } = await run('npm', ['run', '--silent', 'pack']);
  const tarball = path.resolve(stdout.split(':', 1)[0] as string);
  const installed = await mkdtemp(path.join(os.tmpdir(), 'edge-sentiment-package-'));
  await writeFile(path.join(installed, 'package.json'), '{"private": true, "type": "module"}\n');
  const quiet = ['--no-audit', '--no-fund', '--prefer-offline', '--silent'];
  await run('npm', ['install', ...quiet, tarball], { cwd: installed });
  project.provide('tarball', tarball);
  project.provide('installed', installed);
  return () => rm(installed, { recursive: true, force: true });
}
