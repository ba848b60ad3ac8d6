/**
 * An instance of onnxruntime-web's module that starts where the memory image ends: with the runtime initialised and the
 * session created. onnxruntime-web's own JavaScript goes on from there and knows no difference.
 */
import { type Image, overlay } from './image.ts';

/** As each platform's types have them, more or less. */
export type Imports = Record<string, Record<string, unknown>>;

/** @param imports what onnxruntime-web gives the module. @returns what it may take for an instance. */
export function instantiatePreinitialized(
  image: Image,
  module: WebAssembly.Module,
  imports: Imports,
): WebAssembly.Instance {
  const { names, memoryBytes, session } = image.header;
  const instance = new WebAssembly.Instance(module, imports as never);
  const stock = instance.exports as unknown as Record<string, unknown>;
  const environment = imports[names.imports] as Imports[string];
  const memory = environment[names.memory] as WebAssembly.Memory;
  const resizeHeap = environment[names.resizeHeap] as (bytes: number) => boolean;
  const constructors = stock[names.constructors] as () => void;
  const exports = {
    ...stock,
    [names.constructors]: () => {
      constructors(); // they set WebAssembly globals too, which are not in the memory
      const missing = memoryBytes - memory.buffer.byteLength;
      if (missing > 0) memory.grow(missing >>> 16);
      resizeHeap(0); // grows nothing, but has the JavaScript look at the whole memory
      overlay(image, new Uint8Array(memory.buffer));
    },
    [names.init]: () => 0,
    [names.createSession]: () => session,
  };
  return { exports } as unknown as WebAssembly.Instance;
}
