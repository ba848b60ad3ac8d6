/**
 * Writes the files that the worker starts from to `.prepared/`. wrangler runs it before it bundles the worker ([build] in
 * wrangler.toml). The bytes depend only on model/, onnxruntime-web and the page's sources.
 *
 *     image.bin                      the vocabulary's index, and the memory of onnxruntime-web started with the model
 *     model.onnx                     empty: the session in the image has read the model
 *     ort-wasm-simd-threaded.wasm    onnxruntime-web's WebAssembly, of which V8 compiles less (`tune.ts`)
 *     onnxruntime.mjs                its JavaScript (`glue.ts`)
 *     site/                          the page, as static files
 *
 *     node edge/build/cli.ts [folder]                 writes to another folder
 *     node edge/build/cli.ts --page [folder]          the site alone, which is all that Node, Deno and Bun need
 *     MODEL=<folder> node edge/build/cli.ts --page    the site of another bundle; the worker's bundle is always model/
 *     STOCK_RUNTIME=1 node edge/build/cli.ts          an empty image, the model, and the unchanged WebAssembly, which starts by itself
 */
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import { asUserError, EXIT, UsageError } from '../../cli/errors.ts';
import { type Flags, parseFlags } from '../../cli/flags.ts';
import { type Io, runMain } from '../../cli/run.ts';
import { BUNDLE_FILES, type Bundle, BundleError, type BundleFiles, openBundle } from '../../shared/bundle.ts';
import { forPages } from './glue.ts';
import { buildSite } from './site.ts';

const FLAGS = { page: { kind: 'switch', help: 'the site alone' } } as const satisfies Flags;
const SHIPPED = 'model';
const WASM = 'ort-wasm-simd-threaded.wasm';

async function prepareWorker(
  bundle: Bundle,
  { model, manifest: manifestFile }: BundleFiles,
  isStock: boolean,
): Promise<Record<string, Uint8Array>> {
  const file = createRequire(import.meta.url).resolve(`onnxruntime-web/${WASM}`);
  const wasm = new Uint8Array(await readFile(file));
  const javascript = await readFile(file.replace(/\.wasm$/, '.mjs'), 'utf8');
  const glue = { 'onnxruntime.mjs': Buffer.from(forPages(javascript)) };
  if (isStock) return { ...glue, 'image.bin': new Uint8Array(), 'model.onnx': model, [WASM]: wasm };
  await import('./sandbox.ts'); // before anything that runs onnxruntime-web
  const { captureImage } = await import('./capture.ts');
  const image = await captureImage({ wasm, javascript, bundle, manifestFile });
  const { tune } = await import('./tune.ts');
  return { ...glue, 'image.bin': image, 'model.onnx': new Uint8Array(), [WASM]: await tune(wasm, image) };
}

async function readFiles(modelFolder: string): Promise<BundleFiles> {
  const read = async (name: string) => new Uint8Array(await readFile(path.join(modelFolder, name)));
  return {
    model: await read(BUNDLE_FILES.model),
    vocabulary: await read(BUNDLE_FILES.vocabulary),
    manifest: await read(BUNDLE_FILES.manifest),
  };
}

export function main(args: readonly string[], io: Io): Promise<number> {
  return prepare(args, io).catch(asUserError(BundleError));
}

async function prepare(args: readonly string[], { env }: Io): Promise<number> {
  const { values, positionals } = parseFlags(args, FLAGS);
  const [folder = '.prepared', ...more] = positionals;
  if (more.length > 0) throw new UsageError(`unexpected argument "${more[0]}"`);
  const modelFolder = (values.page && env['MODEL']) || SHIPPED;
  const files = await readFiles(modelFolder);
  const bundle = await openBundle(files);
  // The site comes first: `sandbox.ts` hides Node from everything that runs later.
  const card = new Uint8Array(await readFile(path.join(modelFolder, 'README.md')));
  const site = await buildSite({ bundle, card, shipped: modelFolder === SHIPPED });
  const siteFolder = path.join(folder, 'site');
  await mkdir(siteFolder, { recursive: true });
  for (const [name, bytes] of Object.entries(site)) await write(folder, path.join('site', name), bytes);
  for (const name of await readdir(siteFolder)) if (!(name in site)) await rm(path.join(siteFolder, name));
  if (values.page) return EXIT.done;
  const worker = await prepareWorker(bundle, files, Boolean(env['STOCK_RUNTIME']));
  for (const [name, bytes] of Object.entries(worker)) await write(folder, name, bytes);
  return EXIT.done;
}

/** Writes a file whole or not at all. The partial file is outside the site. */
async function write(folder: string, name: string, bytes: Uint8Array): Promise<void> {
  const partial = path.join(folder, `${path.basename(name)}.partial`);
  await writeFile(partial, bytes);
  await rename(partial, path.join(folder, name));
}

if (import.meta.main) await runMain(main);
