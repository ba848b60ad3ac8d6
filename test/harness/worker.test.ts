import { expect, it } from 'vitest';
import { builtFiles } from '../../harness/worker.ts';
import { refusal } from '../fixtures/refusal.ts';
import { temporaryFolder } from '../fixtures/temporary.ts';

it('a missing build is reported with the command that makes it', async () => {
  const folder = await temporaryFolder();
  expect(await refusal(builtFiles(folder))).toBe(`${folder} has no built worker; run npm run build`);
});
