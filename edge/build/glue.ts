/** Changes to onnxruntime-web's JavaScript around its WebAssembly, each of which must find its place. */
const CHANGES: readonly [pattern: RegExp, replacement: string][] = [
  // `start` in edge/runtime/onnxruntime.ts says whether the memory is shared.
  [/(maximum:[1-9]\d*,shared:)!0(?=\}\),\w+\(\)\);(\w+)\.wasmBinary)/g, '$1$2.sharedMemory'],
  // An entry of the table of functions may be empty until it is needed (`wasm/table.ts`).
  [/(?<=\{(\w+)=(\w+)\.exports;)(?=\1=)/g, 'moduleArg.exports=$1;'],
  [/(?<=\w\[(\w)\]=\w=)(\w+\.get\(\1\))(?=\);return)/g, '($2??(moduleArg.exports.fillTable(),$2))'],
  // Nobody waits for messages from other threads: there are none, and such a wait needs a shared memory.
  [/=!Atomics\.waitAsync(?=\|\|)/g, '=true'],
  // It is to think that it runs in a page: it would load modules of Node's wherever there is a `process`, in workerd too.
  [/globalThis\.process\?\.versions\?\.node/g, 'false'],
  [/await import\("(?:module|worker_threads)"\)/g, '{}'],
  [/\b(?:require|global)\b(?=[=(.])/g, 'ofNode'], // tools would take the file for CommonJS
  // A run asks for the time four times, for a profile that nobody reads.
  [/(?<=\)\w=)performance\.timeOrigin\+performance\.now\(\)(?=;else return 52;)/g, '0'],
  // Bundlers would look for the files beside it that it names, which nobody reads.
  [/import\.meta\.url/g, 'import.meta.url+""'],
];

/** @param source of `ort-wasm-simd-threaded.mjs`. @returns the same for workerd and for pages. @throws Error when it has changed. */
export function forPages(source: string): string {
  return CHANGES.reduce((text, [pattern, replacement]) => {
    const changed = text.replace(pattern, replacement);
    if (changed === text)
      throw new Error(`onnxruntime-web has changed; adapt edge/build/glue.ts: nothing matches ${pattern}`);
    return changed;
  }, source);
}
