/** The tools of test/package/package.json, and the snippets of the package's documents. */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { inject } from 'vitest';
import type {} from '../../harness/package.ts'; // what is injected
import { INSTALLED as RUNTIMES_INSTALLED } from '../runtimes/installed.ts';

const FOLDER = path.resolve('test/package/node_modules');

export const INSTALLED = RUNTIMES_INSTALLED && existsSync(FOLDER);

/** For the name of what is skipped. */
export const WHY = INSTALLED ? '' : ' (skipped: `npm run test:package` installs what this needs)';

export const tool = (name: 'attw' | 'pnpm' | 'publint' | 'vite') => path.join(FOLDER, '.bin', name);
/** A package of that install: a folder. */
export const toolFolder = (name: string) => path.join(FOLDER, name);
export const node = (version: '20' | '22') => path.join(FOLDER, `node-${version}/bin/node`);

/** A new folder with `files` in which the package is installed, inside that of `harness/package.ts`. */
export async function project(files: Readonly<Record<string, string>>): Promise<string> {
  const folder = await mkdtemp(path.join(inject('installed'), 'project-'));
  await writeFiles(folder, { 'package.json': '{"private": true, "type": "module"}', ...files });
  return folder;
}

export async function writeFiles(folder: string, files: Readonly<Record<string, string>>): Promise<void> {
  for (const [name, content] of Object.entries(files)) {
    await mkdir(path.dirname(path.join(folder, name)), { recursive: true });
    await writeFile(path.join(folder, name), content);
  }
}

/** The blocks of code in `language`, of the section `heading`, or of what is before the first. */
export async function snippets(document: string, language: string, heading?: string): Promise<string[]> {
  const text = await readFile(document, 'utf8');
  const sections = text.split(/^(?=## )/m);
  const section = heading === undefined ? sections[0] : sections.find((one) => one.startsWith(`## ${heading}\n`));
  if (section === undefined) throw new Error(`${document} has no section "${heading}"`);
  const blocks = [...section.matchAll(/^```(\w+)\n(.*?)^```$/gms)];
  return blocks.filter(([, kind]) => kind === language).map(([, , code = '']) => code);
}

export interface Ran {
  readonly stdout: string;
  readonly stderr: string;
}

const execute = promisify(execFile);

/** Runs a program, by default in an environment without what npm and this project's own scripts put there. */
export function run(
  command: string,
  args: readonly string[],
  cwd: string,
  env: Record<string, string> = {},
): Promise<Ran> {
  const { PATH = '', HOME = '', NODE_EXTRA_CA_CERTS: ca } = process.env; // a proxy's certificate, which a download needs
  const base = {
    PATH,
    HOME,
    ...(ca && { NODE_EXTRA_CA_CERTS: ca }),
    NO_COLOR: '1',
    CI: 'true',
    WRANGLER_SEND_METRICS: 'false',
  };
  return execute(command, args, { cwd, env: { ...base, ...env }, maxBuffer: 1 << 24 });
}
