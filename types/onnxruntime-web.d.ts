/** onnxruntime-web has no types for the module that Emscripten made; `edge/runtime/onnxruntime.ts` has those of what it uses. */
declare module 'onnxruntime-web/ort-wasm-simd-threaded.mjs' {
  export default function createModule(options: object): Promise<never>;
}
