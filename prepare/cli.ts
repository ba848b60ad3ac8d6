/**
 * What `npm run build`, `dev` and `deploy` do before wrangler bundles: writes `.prepared/image.bin`, the memory of
 * onnxruntime-web started with model/, for the worker to start from. Its bytes depend on those two alone.
 *
 *     node prepare/cli.ts [folder]           another folder than .prepared/
 *     STOCK_RUNTIME=1 node prepare/cli.ts    writes an empty file: the worker starts onnxruntime-web as it is
 */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import { BUNDLE_FILES, openBundle } from '../shared/bundle.ts';

const folder = process.argv[2] ?? '.prepared';

async function prepare(): Promise<Uint8Array> {
  if (process.env['STOCK_RUNTIME']) return new Uint8Array();
  const read = async (name: string) => new Uint8Array(await readFile(path.join('model', name)));
  const bundle = await openBundle({
    model: await read(BUNDLE_FILES.model),
    vocabulary: await read(BUNDLE_FILES.vocabulary),
    manifest: await read(BUNDLE_FILES.manifest),
  });
  const wasm = createRequire(import.meta.url).resolve('onnxruntime-web/ort-wasm-simd-threaded.wasm');
  const { captureImage } = await import('./capture.ts');
  return captureImage({
    wasm: new Uint8Array(await readFile(wasm)),
    javascript: await readFile(wasm.replace(/\.wasm$/, '.mjs'), 'utf8'),
    model: bundle.model,
    manifest: bundle.manifest,
  });
}

const image = await prepare();
await mkdir(folder, { recursive: true });
await writeFile(path.join(folder, 'image.bin'), image);
