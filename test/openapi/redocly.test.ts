/** Redocly has nothing against the OpenAPI document. */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { openApiDocument } from '../../edge/http/openapi.ts';
import { reference } from '../../harness/reference.ts';
import { DOCUMENT } from '../fixtures/conformance.ts';
import { temporaryFolder } from '../fixtures/temporary.ts';

const REDOCLY = path.resolve('test/openapi/node_modules/.bin/redocly');
const INSTALLED = existsSync(REDOCLY);
const WHY = INSTALLED ? '' : ' (skipped: `npm run test:full` installs what this needs)';

const lint = async (document: object) => {
  const folder = await temporaryFolder();
  await writeFile(`${folder}/openapi.json`, JSON.stringify(document));
  await writeFile(`${folder}/redocly.yaml`, 'extends: [recommended-strict]\n');
  const env = { ...process.env, REDOCLY_TELEMETRY: 'off', REDOCLY_SUPPRESS_UPDATE_NOTICE: 'true' };
  const options = { cwd: folder, env };
  const run = promisify(execFile)(process.execPath, [REDOCLY, 'lint', '--format=json', 'openapi.json'], options);
  const { stdout } = await run.catch((error: { stdout: string }) => error);
  return JSON.parse(stdout).problems.map(({ ruleId, message }: any) => `${ruleId}: ${message}`);
};

it.skipIf(!INSTALLED)(`is clean to Redocly${WHY}`, async () => {
  for (const labels of [(await reference.manifest()).labels, ['bad', 'so, so', '"good"'], []]) {
    expect(await lint(openApiDocument(labels))).toEqual([]);
  }
  // And Redocly does look.
  const { operationId: _, ...post } = DOCUMENT.paths['/v1/sentiment'].post;
  const worse = { ...DOCUMENT, paths: { ...DOCUMENT.paths, '/v1/sentiment': { post } } };
  expect(await lint(worse)).toEqual([expect.stringContaining('operation-operationId')]);
});
