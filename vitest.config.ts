import { configDefaults, defineConfig } from 'vitest/config';

/** Projects with their own folder (docs/testing.md). All other tests are in `unit`. */
const FOLDERS = ['smoke', 'workerd', 'process', 'runtimes', 'browser', 'openapi', 'reviews', 'package'];
/** Built before a project that does not need the worker. */
const SETUPS: Readonly<Record<string, string[]>> = { openapi: [], reviews: [], package: ['harness/package.ts'] };

const exclude = configDefaults.exclude;

export default defineConfig({
  test: {
    allowOnly: false, // the linter's rule is off, because it takes our function `fit` for a focused test
    testTimeout: 60_000,
    hookTimeout: 60_000,
    maxWorkers: '100%', // of the cores
    reporters: ['default', 'test/slowest.ts'],
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          isolate: false, // files of one process share what they import: half the time of all of them
          include: ['test/**/*.test.ts'],
          exclude: [...exclude, ...FOLDERS.map((name) => `test/${name}/**`)],
        },
      },
      ...FOLDERS.map((name) => ({
        extends: true as const,
        test: {
          name,
          include: [`test/${name}/*.test.ts`],
          exclude,
          ...(name === 'package' && { testTimeout: 180_000, hookTimeout: 180_000 }), // compilers, bundlers and installs
          globalSetup: SETUPS[name] ?? ['harness/build.ts'],
        },
      })),
    ],
  },
});
