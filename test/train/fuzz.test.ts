/** A little of what the readers of datasets are fuzzed with: the same few hundred inputs every time. */
import fc from 'fast-check';
import { it } from 'vitest';
import { archives, packed } from '../fuzz/archive.ts';
import { tables, written } from '../fuzz/tables.ts';

const INPUTS = Number(process.env['FUZZ_INPUTS'] ?? 300);

it.each<{ name: string; inputs: fc.Arbitrary<any>; holds: (input: any) => Promise<void> }>([
  archives,
  packed,
  tables,
  written,
])('$name', { timeout: 60_000 + INPUTS * 50 }, async ({ inputs, holds }) => {
  // A reader that hangs fails too.
  await fc.assert(fc.asyncProperty(inputs, holds), { seed: 1, numRuns: INPUTS, timeout: 20_000 });
});
