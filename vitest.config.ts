import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: ['harness/build.ts'],
    allowOnly: false, // what the linter cannot tell from our own function `fit`
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
