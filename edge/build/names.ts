/**
 * Finds the names of the imports and exports of onnxruntime-web's .wasm file. They are minified and change with every release,
 * so they are read from the package's JavaScript. A name that is not found exactly once stops the build.
 */
import type { RuntimeNames } from '../runtime/image.ts';

/** Missing in Node's types. */
type Entry = { readonly module: string; readonly name: string; readonly kind: string };
const entries = WebAssembly.Module as unknown as Record<'imports' | 'exports', (module: WebAssembly.Module) => Entry[]>;

/** @param source of `ort-wasm-simd-threaded.mjs`. @throws Error naming what was not found. */
export function readNames(source: string, module: WebAssembly.Module): RuntimeNames {
  const find = (what: string, pattern: RegExp): string => {
    const matches = [...source.matchAll(pattern)];
    if (matches.length !== 1) throw misfit(`${what}: ${matches.length} places match ${pattern}`);
    return matches[0]?.[1] as string;
  };
  const exported = (what: string, pattern: RegExp): string => {
    const name = find(what, pattern);
    const isFunction = entries.exports(module).some((e) => e.name === name && e.kind === 'function');
    if (!isFunction) throw misfit(`${what}: the module exports no function "${name}"`);
    return name;
  };
  const imports = entries.imports(module);
  const memories = imports.filter(({ kind }) => kind === 'memory');
  const [memory] = memories;
  if (memory === undefined || memories.length > 1) throw misfit(`the module imports ${memories.length} memories`);

  /** The module's name for a function of the JavaScript: {…,la:Lb,…} has it for function Lb. */
  const imported = (what: string, jsName: string): string => {
    const name = find(what, new RegExp(`[{,](\\w+):${jsName}[,}]`, 'g'));
    if (imports.some((entry) => entry.name === name && entry.kind === 'function')) return name;
    throw misfit(`${what}: the module imports no function "${name}"`);
  };

  // Only function Lb(a){…x.grow(c)…} grows the memory.
  const before = source.slice(0, source.indexOf('.grow('));
  const resizeFunction = before.slice(before.lastIndexOf('\nfunction ')).match(/^\nfunction (\w+)\(/)?.[1];
  if (resizeFunction === undefined) throw misfit('the function that grows the memory is not found');
  const startThread = find('the start of a thread', /function (\w+)\(\w+\)\{\w+\(\w+>>>0,!\w+,1,!\w+,\d+,!1\)/g);
  return {
    constructors: exported('the constructors', /=!0;\w+\?\w+\(\):\w+\.(\w+)\(\)\}/g),
    imports: memory.module,
    memory: memory.name,
    resizeHeap: imported('the function that grows the memory', resizeFunction),
    startThread: imported('the start of a thread', startThread),
  };
}

function misfit(what: string): Error {
  return new Error(`onnxruntime-web has changed; adapt edge/build/names.ts: ${what}`);
}
