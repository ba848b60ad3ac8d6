/**
 * What wrangler runs before it bundles the worker (see [build] in wrangler.toml): writes what the worker starts from to
 * `.prepared/`. Its bytes depend on model/ and onnxruntime-web alone.
 *
 *     image.bin     the vocabulary's index, and the memory of onnxruntime-web started with the model
 *     model.onnx    nothing, because the session in the image has read it
 *
 *     node prepare/cli.ts [folder]           another folder than .prepared/
 *     STOCK_RUNTIME=1 node prepare/cli.ts    the other way round: no image, and the model. onnxruntime-web starts as it is.
 */
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import { BUNDLE_FILES, type Bundle, openBundle } from '../shared/bundle.ts';

const folder = process.argv[2] ?? '.prepared';

async function prepare(bundle: Bundle): Promise<Record<string, Uint8Array>> {
  const { model } = bundle;
  if (process.env['STOCK_RUNTIME']) return { 'image.bin': new Uint8Array(), 'model.onnx': model };
  const wasm = createRequire(import.meta.url).resolve('onnxruntime-web/ort-wasm-simd-threaded.wasm');
  const { captureImage } = await import('./capture.ts');
  const image = await captureImage({
    wasm: new Uint8Array(await readFile(wasm)),
    javascript: await readFile(wasm.replace(/\.wasm$/, '.mjs'), 'utf8'),
    bundle,
  });
  return { 'image.bin': image, 'model.onnx': new Uint8Array() };
}

const read = async (name: string) => new Uint8Array(await readFile(path.join('model', name)));
const bundle = await openBundle({
  model: await read(BUNDLE_FILES.model),
  vocabulary: await read(BUNDLE_FILES.vocabulary),
  manifest: await read(BUNDLE_FILES.manifest),
});
const files = await prepare(bundle);
await mkdir(folder, { recursive: true });
for (const [name, bytes] of Object.entries(files)) {
  const partial = path.join(folder, `${name}.partial`);
  await writeFile(partial, bytes);
  await rename(partial, path.join(folder, name));
}
