/** A little of what `npm run fuzz` does for long: the same hundred inputs every time. */

import fc from 'fast-check';
import { expect, it } from 'vitest';
import { fuzz, target } from './target.ts';
import { TARGETS } from './targets.ts';

/** The targets that need no worker; test/workerd/fuzz.test.ts has the other. */
const PURE = TARGETS.filter(({ name }) => name !== 'http');

it.each(PURE)('$name', async (target) => {
  expect(await fuzz(target, { seed: 1, count: 100 })).toBeUndefined();
});

it('shows the smallest input that fails', async () => {
  const failing = target({
    name: 'failing',
    inputs: fc.nat(),
    holds: (number) => {
      if (number > 6) throw new Error('too many');
    },
  });
  const report = await fuzz(failing, { seed: 1, count: 100 });
  expect(report).toContain('Counterexample: [7]');
  expect(report).toContain('too many');
});
