/**
 * `npm run pack`: the package that is published, `edge-sentiment-<version>.tgz`, out of the sources that everything else here
 * runs on. It is put together in `.prepared/package/`:
 *
 *     files.js workerd.js browser.js app.js client.js cli.js prediction-worker.js   the entries, and chunk-*.js, which they share
 *     worker.js                                  in assets/, the web worker of a page, by itself
 *     assets/                                    the bundle, onnxruntime-web's WebAssembly (as in `edge/build/tune.ts`), and the image that a Worker starts from
 *     types/                                     declarations, as TypeScript emits them
 *     example/                                   what `init` prints
 *
 * onnxruntime-web is built in, of which this needs one file of 138 MB; what else the modules import is a dependency.
 */
import { execFile } from 'node:child_process';
import { chmod, cp, mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { type BuildOptions, build, type Plugin } from 'esbuild';
import { EXIT, UsageError } from '../cli/errors.ts';
import { type Io, runMain } from '../cli/run.ts';
import { forPages } from '../edge/build/glue.ts';
import { BUNDLE_FILES } from '../shared/bundle.ts';

const STAGE = path.resolve('.prepared/package');
const WASM = 'ort-wasm-simd-threaded.wasm';
const run = promisify(execFile);

/** The packages that are dependencies, not built in. Our types use theirs, and whoever mounts the app has Hono too. */
const DEPENDENCIES = ['@hono/node-server', '@valibot/to-json-schema', 'hono', 'valibot'];

const ENTRIES: Readonly<Record<string, string>> = {
  files: 'edge/library/files.ts',
  workerd: 'edge/library/workerd.ts',
  app: 'edge/library/app.ts',
  client: 'client/edge-sentiment.ts',
  cli: 'package/bin.ts',
  'prediction-worker': 'train/prediction/worker.ts',
};

const LIBRARY = { types: './types/edge/library/files.d.ts' };
const EXPORTS = {
  '.': {
    ...LIBRARY,
    workerd: './workerd.js',
    deno: './files.js',
    bun: './files.js',
    node: './files.js',
    browser: './browser.js',
    default: './browser.js',
  },
  './app': { types: './types/edge/library/app.d.ts', default: './app.js' },
  './client': { types: './types/client/edge-sentiment.d.ts', default: './client.js' },
  './assets/*': './assets/*',
  './package.json': './package.json',
};

/** The places of files that are modules to wrangler, which takes every .wasm and .bin for one without being told. */
const workerAssets: Plugin = {
  name: 'worker-assets',
  setup({ onResolve }) {
    onResolve({ filter: /\.(wasm|bin|onnx|txt|json)$/ }, ({ path: name, importer }) => {
      if (!/edge\/(library|runtime)\/workerd\.ts$/.test(importer)) return undefined;
      return {
        path: `./assets/${path.basename(name).replace(/\.\w+$/, (end) => (end === '.wasm' ? end : '.bin'))}`,
        external: true,
      };
    });
  },
};

const ownFiles: Plugin = {
  name: 'own-files',
  setup({ onResolve }) {
    onResolve({ filter: /\/runtime\/shipped\.ts$|^\.\/shipped\.ts$/ }, () => ({
      path: path.resolve('package/shipped.ts'),
    }));
  },
};

const onnxruntime: Plugin = {
  name: 'onnxruntime',
  setup({ onLoad }) {
    onLoad({ filter: /node_modules\/onnxruntime-web\/.*\.mjs$/ }, async ({ path: file }) => ({
      contents: forPages(await readFile(file, 'utf8')),
    }));
  },
};

const COMMON: BuildOptions = {
  bundle: true,
  format: 'esm',
  sourcemap: true,
  target: 'es2022',
  loader: { '.json': 'binary' },
  define: { 'import.meta.main': 'false', 'Promise.withResolvers': 'withResolvers' },
  inject: ['package/with-resolvers.ts'],
  logOverride: { 'empty-import-meta': 'error' },
  logLevel: 'warning',
  plugins: [onnxruntime],
};

async function buildModules(): Promise<void> {
  await build({
    ...COMMON,
    entryPoints: ENTRIES as Record<string, string>,
    outdir: STAGE,
    splitting: true,
    chunkNames: 'chunk-[hash]',
    platform: 'neutral',
    external: [...DEPENDENCIES, ...DEPENDENCIES.map((name) => `${name}/*`), 'node:*'],
    plugins: [onnxruntime, workerAssets, ownFiles],
  });
  // A page has no package manager, so here everything is in.
  const { size } = await stat(path.join(STAGE, 'assets', WASM));
  const browser: BuildOptions = { ...COMMON, minify: true, define: { ...COMMON.define, WASM_BYTES: String(size) } };
  await build({
    ...browser,
    entryPoints: { browser: 'edge/library/browser.ts' },
    outdir: STAGE,
    splitting: true,
    chunkNames: 'browser-[hash]',
  });
  await build({ ...browser, entryPoints: { 'assets/worker': 'edge/library/worker.ts' }, outdir: STAGE });
}

/** Emits the declarations that the entries lead to. */
async function emitTypes(): Promise<void> {
  const all = path.resolve('.prepared/types');
  await rm(all, { recursive: true, force: true });
  await run('node_modules/.bin/tsc', ['-p', 'package/tsconfig.types.json', '--outDir', all]);
  const waiting = Object.values(EXPORTS).flatMap((entry) =>
    typeof entry === 'object' ? [entry.types.replace('./types/', '')] : [],
  );
  const done = new Set<string>();
  for (const name of waiting) {
    if (done.has(name)) continue;
    done.add(name);
    const text = await readFile(path.join(all, name), 'utf8');
    const target = path.join(STAGE, 'types', name);
    await mkdir(path.dirname(target), { recursive: true });
    // TypeScript leaves `.ts` in declarations, where it stands for a source that is not in the package.
    const own = text.replaceAll(
      /((?:from|import\() ?['"]\.[^'"]*)\.ts(['"])/g,
      (_, before, after) => `${before}.js${after}`,
    );
    for (const [, to = ''] of own.matchAll(/(?:from|import\() ?['"](\.[^'"]*)\.js['"]/g)) {
      waiting.push(path.join(path.dirname(name), `${to}.d.ts`));
    }
    await writeFile(target, own);
  }
}

async function copyFiles(): Promise<void> {
  const { STOCK_RUNTIME: _, MODEL: __, ...env } = process.env;
  await run(process.execPath, ['edge/build/cli.ts'], { env });
  const copies: Readonly<Record<string, string>> = {
    ...Object.fromEntries(Object.values(BUNDLE_FILES).map((name) => [`assets/${name}`, `model/${name}`])),
    [`assets/${WASM}`]: `.prepared/${WASM}`,
    // For a Worker, as modules of bytes:
    'assets/image.bin': '.prepared/image.bin',
    'assets/vocabulary.bin': `model/${BUNDLE_FILES.vocabulary}`,
    'assets/model.bin': `model/${BUNDLE_FILES.manifest}`,
    'example/wrangler.jsonc': 'examples/worker/wrangler.jsonc',
    'example/src/index.ts': 'examples/worker/src/index.ts',
    'README.md': 'package/README.md',
    LICENSE: 'LICENSE',
    'THIRD_PARTY_NOTICES.md': 'THIRD_PARTY_NOTICES.md',
  };
  for (const [target, source] of Object.entries(copies)) await cp(source, path.join(STAGE, target));
}

async function writeManifest(): Promise<string> {
  const root = JSON.parse(await readFile('package.json', 'utf8'));
  const { GITHUB_REPOSITORY: repository } = process.env; // which provenance is checked against
  const manifest = {
    name: root.name,
    version: root.version,
    description:
      'Sentiment of a text, in 25 MB and without a service: an LSTM in ONNX, for Node, Deno, Bun, browsers and Cloudflare Workers.',
    keywords: ['sentiment', 'sentiment-analysis', 'text-classification', 'onnx', 'cloudflare-workers', 'edge'],
    license: root.license,
    type: root.type,
    ...(repository && { repository: { type: 'git', url: `git+https://github.com/${repository}.git` } }),
    engines: { node: '>=20.11' },
    exports: EXPORTS,
    bin: { 'edge-sentiment': './cli.js' },
    sideEffects: false,
    dependencies: Object.fromEntries(DEPENDENCIES.map((name) => [name, `^${root.dependencies[name]}`])),
  };
  await writeFile(path.join(STAGE, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`);
  return `${root.name}-${root.version}.tgz`;
}

/** Makes the tarball in the working directory. @returns its path. */
export async function pack(): Promise<string> {
  await rm(STAGE, { recursive: true, force: true });
  await mkdir(STAGE, { recursive: true });
  await copyFiles();
  await buildModules();
  await emitTypes();
  await chmod(path.join(STAGE, 'cli.js'), 0o755);
  const tarball = await writeManifest();
  await run('npm', ['pack', '--silent', '--pack-destination', path.resolve()], { cwd: STAGE });
  return tarball;
}

async function main(args: readonly string[], { print }: Io): Promise<number> {
  if (args.length > 0) throw new UsageError(`unexpected argument "${args[0]}"`);
  const tarball = await pack();
  let unpacked = 0;
  for (const entry of await readdir(STAGE, { recursive: true, withFileTypes: true })) {
    if (entry.isFile()) unpacked += (await stat(path.join(entry.parentPath, entry.name))).size;
  }
  const megabytes = (bytes: number) => `${(bytes / 1e6).toFixed(1)} MB`;
  print(`${tarball}: ${megabytes((await stat(tarball)).size)}, unpacked ${megabytes(unpacked)}`);
  return EXIT.done;
}

if (import.meta.main) await runMain(main);
