/**
 * Gives the unreleased part of CHANGELOG.md its version's heading, and the example the package of that version. `npm version` runs it,
 * with the new version in the environment; before, with --check, so that it refuses before anything is changed.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { EXIT, UserError } from '../cli/errors.ts';
import { type Io, runMain } from '../cli/run.ts';

const FILE = 'CHANGELOG.md';
const EXAMPLE = 'examples/worker/package.json';
const UNRELEASED = '## Unreleased\n';

/** The changelog after the release of `version`: its entries under their own heading, and an empty part for what comes next. */
export function released(changelog: string, version: string): string {
  const [before = '', after = ''] = changelog.split(UNRELEASED);
  if (!after.trim() || after.trimStart().startsWith('## ')) {
    throw new UserError(`${FILE} has no entry under "${UNRELEASED.trim()}": write one first`);
  }
  return `${before}${UNRELEASED}\n## ${version}\n${after}`;
}

/** The example's package.json with the version, which `^0.3.0` would not take for 0.4.0. */
export function withVersion(example: string, version: string): string {
  return example.replace(/("edge-sentiment": "\^)[^"]*/, `$1${version}`);
}

export async function main([flag]: readonly string[], { env }: Io): Promise<number> {
  const changelog = await readFile(FILE, 'utf8');
  if (flag === '--check') {
    released(changelog, 'next');
    return EXIT.done;
  }
  const version = env['npm_package_version'];
  if (version === undefined) throw new UserError('run `npm version <new version>`, which runs this');
  await writeFile(FILE, released(changelog, version));
  await writeFile(EXAMPLE, withVersion(await readFile(EXAMPLE, 'utf8'), version));
  return EXIT.done;
}

if (import.meta.main) await runMain(main);
