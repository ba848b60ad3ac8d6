import { configDefaults, defineConfig } from 'vitest/config';

/** Every project but `unit`, and the files that are its own (docs/testing.md). */
const PROJECTS = {
  smoke: { include: ['test/smoke/**'], built: true },
  workerd: { include: ['test/workerd/**'], built: true },
  process: { include: ['test/process/**'], built: true },
  runtimes: { include: ['test/runtimes/**'], built: true },
  browser: { include: ['test/browser/**'], built: true },
  openapi: { include: ['test/openapi/**'], built: false },
  reviews: { include: ['test/reviews/**'], built: false },
};

const project = (name: string, include: string[], exclude: string[], built: boolean) => ({
  extends: true as const,
  test: {
    name,
    include,
    exclude: [...configDefaults.exclude, ...exclude],
    ...(built && { globalSetup: ['harness/build.ts'] }),
  },
});

export default defineConfig({
  test: {
    allowOnly: false, // what the linter cannot tell from our own function `fit`
    testTimeout: 60_000,
    hookTimeout: 60_000,
    maxWorkers: '100%', // of the cores
    reporters: ['default', 'test/slowest.ts'],
    projects: [
      project(
        'unit',
        ['test/**/*.test.ts'],
        Object.values(PROJECTS).flatMap(({ include }) => include),
        false,
      ),
      ...Object.entries(PROJECTS).map(([name, { include, built }]) =>
        project(
          name,
          include.map((folder) => `${folder}/*.test.ts`),
          [],
          built,
        ),
      ),
    ],
  },
});
