/** The page says which of its examples the shipped model gets right and which wrong. It has to be so. */
import { expect, it } from 'vitest';
import { EXAMPLES } from '../../../edge/page/examples.ts';
import { UNDECIDED } from '../../../edge/page/wording.ts';
import { reference } from '../../../harness/reference.ts';

it.each(EXAMPLES)('$name', async ({ text, truth, right }) => {
  const [answer] = await reference.classify([text]);
  const said = (answer?.score ?? 0) < UNDECIDED ? 'neither' : answer?.label;
  if (right) expect(said).toBe(truth);
  else expect(said).not.toBe(truth);
});
