/** What wrangler makes of imports that are not code (see the rules in wrangler.toml). */

declare module '*.wasm' {
  const module: WebAssembly.Module;
  export default module;
}

declare module '*/model.onnx' {
  const bytes: ArrayBuffer;
  export default bytes;
}

declare module '*/vocabulary.txt' {
  const bytes: ArrayBuffer;
  export default bytes;
}

declare module '*/model.json' {
  const bytes: ArrayBuffer;
  export default bytes;
}

// What `edge/build/` writes, which need not be there to check the types.
declare module '*/image.bin' {
  const bytes: ArrayBuffer;
  export default bytes;
}
