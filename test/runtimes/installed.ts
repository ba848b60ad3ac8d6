/**
 * What runs the app besides Node and workerd, and is not in the main install: test/runtimes/package.json has it, and
 * `npm run test:full` installs it. Where it is installed, none of its tests is skipped.
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
