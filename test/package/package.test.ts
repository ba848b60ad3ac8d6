/** The tarball itself: its manifest, what is in it and what is not, and its types. */
import { readdir, readFile, stat } from 'node:fs/promises';
import { builtinModules } from 'node:module';
import path from 'node:path';
import { expect, inject, it } from 'vitest';
import { INSTALLED, project, run, tool, WHY } from './tools.ts';

const PACKAGE = path.join(inject('installed'), 'node_modules/edge-sentiment');
/** Bytes; the documents say 9 MB. */
const MAX_TARBALL = 10e6;

it.skipIf(!INSTALLED)(`passes publint and arethetypeswrong${WHY}`, async () => {
  const tarball = inject('tarball');
  expect((await run(tool('publint'), ['--strict', tarball], '.')).stdout).toContain('All good!');
  await run(tool('attw'), [tarball, '--profile', 'esm-only'], '.'); // its exit code says so
});

it('has the built files and their sources, and is small', async () => {
  expect((await stat(inject('tarball'))).size).toBeLessThan(MAX_TARBALL);
  const files = await readdir(PACKAGE, { recursive: true, withFileTypes: true });
  const names = files
    .filter((file) => file.isFile())
    .map(({ parentPath, name }) => path.relative(PACKAGE, path.join(parentPath, name)));
  const others = names.filter((name) => !/\.(js|js\.map|d\.ts)$/.test(name)).sort();
  expect(others).toEqual([
    'LICENSE',
    'README.md',
    'THIRD_PARTY_NOTICES.md',
    'assets/image.bin',
    'assets/model.bin',
    'assets/model.json',
    'assets/model.onnx',
    'assets/ort-wasm-simd-threaded.wasm',
    'assets/vocabulary.bin',
    'assets/vocabulary.txt',
    'example/src/index.ts',
    'example/wrangler.jsonc',
    'package.json',
  ]);
  for (const name of names.filter((one) => one.endsWith('.js'))) expect(names).toContain(`${name}.map`);
});

it('imports only its dependencies and web standards, and every dependency is imported', async () => {
  const { dependencies } = JSON.parse(await readFile(path.join(PACKAGE, 'package.json'), 'utf8'));
  const imported = new Set<string>();
  for (const name of await readdir(PACKAGE)) {
    if (!name.endsWith('.js')) continue;
    const source = await readFile(path.join(PACKAGE, name), 'utf8');
    for (const [, from = ''] of source.matchAll(/^(?:import|\} from|export \* from) ?.*?"([^."][^"]*)";$/gm)) {
      imported.add(/^(@[^/]+\/)?[^/]+/.exec(from)?.[0] ?? from);
    }
  }
  const packages = [...imported].filter((name) => !name.startsWith('node:') && !builtinModules.includes(name));
  expect(packages.sort()).toEqual(Object.keys(dependencies).sort());
});

const TYPED = `
import { type Classification, classifier, classify, createClassifier, type Manifest } from 'edge-sentiment';
import { createApp, readSettings } from 'edge-sentiment/app';
import { createClient, SentimentError } from 'edge-sentiment/client';

export const one: Classification = await classify('a', { labels: ['bad', 'good'], evidence: true });
export const many: Classification[] = await classify(['a', 'b']);
export const bias: readonly number[] | undefined = one.evidence?.bias;
export const manifest: Manifest = await classifier.manifest();
const app = createApp(classifier, { ...readSettings({ API_KEYS: undefined }), allowedOrigins: ['*'] });
export const response: Response = await app.request('/health');
export const own = createClassifier({ labels: ['a', 'b'], onProgress: ({ loaded, total }) => void (loaded / total) });
export const score: number = (await createClient({ url: 'http://localhost' }).classify('x')).score;
export const error = new Error() instanceof SentimentError;
// @ts-expect-error
await classify(5);
// @ts-expect-error
createClassifier({ modell: 'x' });
`;

it.each([
  ['nodenext', 'nodenext'],
  ['esnext', 'bundler'],
])('has types for a strict project with module %s and moduleResolution %s', async (module, moduleResolution) => {
  const compilerOptions = {
    module,
    moduleResolution,
    target: 'es2022',
    lib: ['es2022', 'dom'],
    types: [],
    strict: true,
    noUncheckedIndexedAccess: true,
    exactOptionalPropertyTypes: true,
    skipLibCheck: false,
    noEmit: true,
  };
  const folder = await project({
    'main.ts': TYPED,
    'tsconfig.json': JSON.stringify({ compilerOptions, files: ['main.ts'] }),
  });
  const { stdout } = await run(path.resolve('node_modules/.bin/tsc'), ['-p', '.'], folder).catch((error) => error);
  expect(stdout).toBe('');
});
