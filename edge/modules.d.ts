/** The types of imports that are not code, as wrangler bundles them (see the rules in wrangler.toml). */

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

// `edge/build/` writes this file. Checking types does not need it.
declare module '*/image.bin' {
  const bytes: ArrayBuffer;
  export default bytes;
}
