/** The upload of `npm run deploy` and `npm run deploy:staging`, from a fresh copy of the project and with only a token. */
import { execFile } from 'node:child_process';
import { cp, mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { unstable_readConfig as readConfig } from 'wrangler';
import { BUNDLE_FILES } from '../../shared/bundle.ts';
import { temporaryFolder } from '../fixtures/temporary.ts';

/** All that the worker is built from: not train/. */
const SOURCES = [
  'cli',
  'edge',
  'model',
  'onnx',
  'shared',
  'tsconfig.base.json',
  'tsconfig.node.json',
  'package.json',
  'wrangler.toml',
  'wrangler.env',
  'THIRD_PARTY_NOTICES.md',
];
/** Half of what a Worker may have, uncompressed: https://developers.cloudflare.com/workers/platform/limits/#worker-size */
const MAX_UPLOAD_KIB = 32 * 1024;

/** Runs an npm script in a copy of the project where nothing was built, as somebody who has not logged in. */
async function runFresh(...args: string[]) {
  const folder = await temporaryFolder();
  for (const source of SOURCES) await cp(source, path.join(folder, source), { recursive: true });
  await symlink(path.resolve('node_modules'), path.join(folder, 'node_modules'));
  const home = path.join(folder, 'home');
  await mkdir(home);
  const env = { PATH: process.env['PATH'], HOME: home, NO_COLOR: '1', CI: 'true', CLOUDFLARE_API_TOKEN: 'token' };
  const all = ['run', '--silent', ...args, '--dry-run', '--outdir', 'dist'];
  return { ...(await promisify(execFile)('npm', all, { cwd: folder, env })), folder };
}

it.each([
  ['deploy', 'production', 'edge-sentiment'],
  ['deploy:staging', 'staging', 'edge-sentiment-staging'],
])('npm run %s sends worker, bundle, image and runtime, without warnings', async (script, env, name) => {
  const { folder, stdout, stderr } = await runFresh(script, '--');
  expect(stderr).toBe('');
  expect(stdout).toMatch(
    /files from the assets directory .*\n(.*\n)*.*following bindings:\s+Binding .*\s+env\.ASSETS .*\s+--dry-run/,
  );
  const [, size] = /^Total Upload: ([\d.]+) KiB \/ gzip: [\d.]+ KiB$/m.exec(stdout) ?? [];
  expect(Number(size)).toBeLessThan(MAX_UPLOAD_KIB);
  const sent = await readdir(path.join(folder, 'dist'));
  for (const file of ['worker.js', BUNDLE_FILES.vocabulary, BUNDLE_FILES.manifest, 'image.bin', '.wasm']) {
    expect(
      sent.filter((one) => one.endsWith(file)),
      file,
    ).toHaveLength(1);
  }
  expect(readConfig({ config: 'wrangler.toml', env })).toMatchObject({ name, observability: { enabled: true } });
});

it('refuses a deployment without an environment', async () => {
  const attempt = runFresh('wrangler', '--', 'deploy');
  await expect(attempt).rejects.toMatchObject({ stderr: expect.stringContaining('need to provide the name') });
});

it('wrangler accepts the configuration in the comments of wrangler.toml', async () => {
  const file = path.join(await temporaryFolder(), 'wrangler.toml');
  const toml = await readFile('wrangler.toml', 'utf8');
  await writeFile(file, toml.replaceAll(/^# (?=\[|\w+ = )/gm, ''));
  const namespaces = ['staging', 'production'].map((env) => {
    const { ratelimits } = readConfig({ config: file, env });
    expect(ratelimits).toMatchObject([{ name: 'RATE_LIMITER', simple: { limit: 100, period: 60 } }]);
    return ratelimits[0]?.namespace_id;
  });
  expect(new Set(namespaces).size).toBe(2); // or they would count together
});
