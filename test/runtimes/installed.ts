/**
 * The other platforms, which are not in the main install: `npm run test:full` installs test/runtimes/package.json. Once installed, none of
 * their tests is skipped.
 */
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';

const FOLDER = path.resolve('test/runtimes/node_modules');

export const INSTALLED = existsSync(FOLDER);

/** For the name of what is skipped. */
export const WHY = INSTALLED ? '' : ' (skipped: `npm run test:full` installs what this needs)';

export const command = (name: 'deno' | 'bun') => path.join(FOLDER, '.bin', name);

/** The module `name` of that install. */
export const load = (name: string): any => createRequire(`${FOLDER}/`)(name);
