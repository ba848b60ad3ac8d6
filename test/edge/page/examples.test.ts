/** The shipped model is right and wrong on the examples as the page says. */
import { expect, it } from 'vitest';
import type { Classification } from '../../../edge/inference/answer.ts';
import { EXAMPLES } from '../../../edge/page/examples.ts';
import { isUndecided } from '../../../edge/page/wording.ts';
import { reference } from '../../../harness/reference.ts';

it.each(EXAMPLES)('$name', async ({ text, truth, right }) => {
  const [answer] = (await reference.classify([text])) as [Classification];
  const said = isUndecided(answer) ? 'neither' : answer.label;
  if (right) expect(said).toBe(truth);
  else expect(said).not.toBe(truth);
});
