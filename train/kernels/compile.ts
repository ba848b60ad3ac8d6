/**
 * Compiles assembly/*.ts to a WebAssembly module when first needed.
 *
 * The result is cached in node_modules/.cache under a hash of everything it depends on, so it is never stale.
 */
import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { isSystemError, UserError } from '../../cli/errors.ts';
import { writeFiles } from '../../cli/files.ts';

const SOURCES = path.join(import.meta.dirname, 'assembly');
const MODULES = path.join(import.meta.dirname, '../../node_modules');
const CACHE = path.join(MODULES, '.cache/edge-sentiment');
const COMPILER = path.join(MODULES, 'assemblyscript');

/** The memory's bounds in pages of 64 KiB. The maximum only reserves addresses. */
export const MEMORY_PAGES = { initial: 16, maximum: 32_768 };

/** The address of the kernels' constants. Below is the control block (`control.ts`), above the heap. */
const DATA_ADDRESS = 1024;
export const HEAP_ADDRESS = 2048;

const FLAGS = [
  '-O3',
  '--noAssert',
  ...['--runtime', 'stub'],
  ...['--memoryBase', `${DATA_ADDRESS}`],
  ...['--enable', 'simd'],
  ...['--enable', 'threads', '--importMemory', '--sharedMemory'],
  ...['--initialMemory', `${MEMORY_PAGES.initial}`, '--maximumMemory', `${MEMORY_PAGES.maximum}`],
];

/** A module that uses relaxed SIMD: (func (param v128 v128 v128) (result v128) local.get 0, 1, 2; f32x4.relaxed_madd). */
const RELAXED_PROBE = Uint8Array.from([
  ...[0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00],
  ...[0x01, 0x08, 0x01, 0x60, 0x03, 0x7b, 0x7b, 0x7b, 0x01, 0x7b],
  ...[0x03, 0x02, 0x01, 0x00],
  ...[0x0a, 0x0d, 0x01, 0x0b, 0x00, 0x20, 0x00, 0x20, 0x01, 0x20, 0x02, 0xfd, 0x85, 0x02, 0x0b],
]);

/** Whether this engine multiplies and adds in one instruction (relaxed SIMD). */
export function hasRelaxedSimd(): boolean {
  return WebAssembly.validate(RELAXED_PROBE);
}

/**
 * The compiled kernels: from the cache, or in about three seconds.
 *
 * @param relaxed use relaxed SIMD; by default where the engine has it
 */
export async function compileKernels(relaxed = hasRelaxedSimd()): Promise<WebAssembly.Module> {
  const flags = relaxed ? [...FLAGS, '--enable', 'relaxed-simd'] : FLAGS;
  const names = (await readdir(SOURCES)).filter((name) => name.endsWith('.ts')).sort();
  const { version } = JSON.parse(await readFile(path.join(COMPILER, 'package.json'), 'utf8'));
  const hash = createHash('sha256').update(JSON.stringify([version, flags]));
  for (const name of names) hash.update(`\0${name}\0`).update(await readFile(path.join(SOURCES, name)));
  const file = path.join(CACHE, `kernels-${hash.digest('hex').slice(0, 16)}.wasm`);
  const cached = await readFile(file).catch(() => undefined);
  return WebAssembly.compile(cached ?? (await build(flags, file)));
}

interface Compiler {
  main(
    args: readonly string[],
    options: { writeFile: (name: string, contents: Uint8Array | string) => void },
  ): Promise<{ error: Error | null; stderr: object }>;
}

/** Compiles the kernels and caches the result. */
async function build(flags: readonly string[], file: string): Promise<Uint8Array<ArrayBuffer>> {
  // Imported by its path, without types: they would declare AssemblyScript's globals for all of our code.
  const asc = (await import(pathToFileURL(path.join(COMPILER, 'dist/asc.js')).href)) as Compiler;
  let binary: Uint8Array<ArrayBuffer> | undefined;
  const { error, stderr } = await asc.main(['index.ts', '--baseDir', SOURCES, '--outFile', 'kernels.wasm', ...flags], {
    writeFile: (_, contents) => {
      binary = Uint8Array.from(contents as Uint8Array);
    },
  });
  if (error || !binary) throw new Error(`the kernels do not compile: ${error?.message}\n${stderr}`);
  await writeFiles(CACHE, { [path.basename(file)]: binary }).catch((cause: unknown) => {
    // A cache that cannot be written costs the next run three seconds.
    if (!(cause instanceof UserError || isSystemError(cause))) throw cause;
  });
  return binary;
}
