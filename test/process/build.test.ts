/** The worker's build, as the process that wrangler starts; and what it makes. */
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { shippedPackages } from '../../edge/build/licences.ts';
import { measureFirstRun } from '../../edge/build/tune.ts';
import { KIND, readItems, readModule, SECTION, type WasmModule, withMemory } from '../../edge/build/wasm/module.ts';
import { decodeImage } from '../../edge/runtime/image.ts';
import { WASM_FILE } from '../../edge/runtime/shipped.ts';
import { decodeModel } from '../../onnx/proto.ts';
import { sha256 } from '../../shared/bundle.ts';
import { temporaryFolder } from '../fixtures/temporary.ts';

const WASM = 'ort-wasm-simd-threaded.wasm';
const image = await readFile('.prepared/image.bin');
const wasm = await readFile(`.prepared/${WASM}`);

it('has the same bytes in every environment', async () => {
  const folder = await temporaryFolder();
  const surroundings = { LANG: 'tr_TR.UTF-8', TZ: 'Asia/Kathmandu', HOME: folder, MODEL: folder };
  const env = { ...process.env, ...surroundings, PADDING: 'x'.repeat(10_000) };
  await promisify(execFile)(process.execPath, [path.resolve('edge/build/cli.ts'), folder], { env });
  expect(image.equals(await readFile(path.join(folder, 'image.bin')))).toBe(true);
  expect(wasm.equals(await readFile(path.join(folder, WASM)))).toBe(true);
});

it('names its bundle and its runtime', async () => {
  const { header } = decodeImage(new Uint8Array(image).buffer) ?? {};
  expect(header?.manifest).toBe(await sha256(await readFile('model/model.json')));
  expect(header?.runtime).toEqual({ sha256: await sha256(await readFile(WASM_FILE)), functions: expect.any(Number) });
});

it('has everything of the stock WebAssembly but code, a shared memory and a full table', async () => {
  const [stock, own] = [readModule(withMemory(await readFile(WASM_FILE), true)), readModule(withMemory(wasm, true))];
  const { types, functions, globals, exports, elements, code } = SECTION;
  const changed: readonly number[] = [types, functions, globals, exports, elements, code];
  const kept = ({ sections }: WasmModule) => sections.filter(({ id }) => !changed.includes(id));
  expect(kept(own)).toEqual(kept(stock));
  expect(own.globals).toBe(stock.globals + 1);
  const exported = ({ sections }: WasmModule) =>
    readItems(sections, exports, (items) => [Buffer.from(items.sized()).toString(), items.byte(), items.unsigned()]);
  expect(exported(own)).toEqual([...exported(stock), ['fillTable', KIND.function, expect.any(Number)]]);
  expect(own.types.slice(0, stock.types.length)).toEqual(stock.types);
  expect(own.functions.slice(0, stock.functions.length)).toEqual(stock.functions);
});

it('has V8 compile two fifths of the code for the first answer', async () => {
  const stock = await measureFirstRun(await readFile(WASM_FILE), new Uint8Array(image));
  const own = await measureFirstRun(wasm, new Uint8Array(image));
  expect(own.bytes).toBeLessThan(0.42 * stock.bytes);
});

it('has the weights once, and no copy of the model file', async () => {
  const { graph } = decodeModel(await readFile('model/model.onnx'));
  const [largest] = graph.initializer.toSorted((a, b) => b.raw_data.length - a.raw_data.length);
  const middle = Buffer.from(largest?.raw_data ?? []).subarray(100_000, 100_064);
  const first = image.indexOf(middle);
  expect(first).toBeGreaterThan(0);
  expect(image.indexOf(middle, first + 1)).toBe(-1);
});

it('is empty for the stock runtime, which gets the model', async () => {
  const folder = await temporaryFolder();
  const env = { ...process.env, STOCK_RUNTIME: '1' };
  await promisify(execFile)(process.execPath, [path.resolve('edge/build/cli.ts'), folder], { env });
  expect(await readFile(path.join(folder, 'image.bin'))).toHaveLength(0);
  expect(await readFile(path.join(folder, 'model.onnx'))).toEqual(await readFile('model/model.onnx'));
  expect((await readFile(path.join(folder, WASM))).equals(await readFile(WASM_FILE))).toBe(true);
});

it('reports a missing model in one line', async () => {
  const run = promisify(execFile)(process.execPath, [path.resolve('edge/build/cli.ts')], {
    cwd: await temporaryFolder(),
  });
  await expect(run).rejects.toMatchObject({
    code: 1,
    stderr: 'error: model/model.onnx: no such file or directory\n',
  });
});

it('is built, with the Node server, from exactly the packages in the licence notices', async () => {
  const { sources } = JSON.parse(await readFile('dist/worker.js.map', 'utf8')) as { sources: string[] };
  const built = sources.flatMap((source) => /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(source)?.[1] ?? []);
  const beside = ['@hono/node-server', 'onnxruntime-web']; // the latter's module is a changed one in .prepared/
  const names = (await shippedPackages()).map(({ name }) => name).filter((name) => !beside.includes(name));
  expect(names).toEqual([...new Set(built)].filter((name) => name !== 'common').sort());
});
