/** Packs the package, and installs it in an empty folder: the global setup of test/package/, and the benchmark `install`. */
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

/** Packs the package. @returns the tarball's path. */
export async function packed(): Promise<string> {
  const { stdout } = await run('npm', ['run', '--silent', 'pack']);
  return path.resolve(stdout.split(':', 1)[0] as string);
}

/** Installs the tarball in a new folder, which it returns. */
export async function installed(tarball: string): Promise<string> {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'edge-sentiment-package-'));
  await writeFile(path.join(folder, 'package.json'), '{"private": true, "type": "module"}\n');
  const quiet = ['--no-audit', '--no-fund', '--prefer-offline', '--silent'];
  await run('npm', ['install', ...quiet, tarball], { cwd: folder });
  return folder;
}

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const tarball = await packed();
  const folder = await installed(tarball);
  project.provide('tarball', tarball);
  project.provide('installed', folder);
  return () => rm(folder, { recursive: true, force: true });
}
