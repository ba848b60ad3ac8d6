/**
 * Makes an instance of onnxruntime-web's module from the memory image: the runtime is initialised and the session created.
 * onnxruntime-web's own JavaScript does not notice.
 */
import { type Image, overlay } from './image.ts';

/** The imports of a WebAssembly module, in a type that fits every platform's. */
export type Imports = Record<string, Record<string, unknown>>;

/** Thrown through the constructors to end them. */
const STARTED = Symbol();

/** @param imports those that onnxruntime-web passes. @returns an object that it takes for an instance. */
export function instantiatePreinitialized(
  image: Image,
  module: WebAssembly.Module,
  imports: Imports,
): WebAssembly.Instance {
  const { names, memoryBytes, session } = image.header;
  const environment = imports[names.imports] as Imports[string];
  const startThread = environment[names.startThread] as (thread: number) => void;
  const endConstructors = (thread: number) => {
    startThread(thread);
    throw STARTED;
  };
  const instance = new WebAssembly.Instance(module, {
    ...imports,
    [names.imports]: { ...environment, [names.startThread]: endConstructors },
  } as never);
  const stock = instance.exports as unknown as Record<string, unknown>;
  const memory = environment[names.memory] as WebAssembly.Memory;
  const resizeHeap = environment[names.resizeHeap] as (bytes: number) => boolean;
  const constructors = stock[names.constructors] as () => void;
  const exports = {
    ...stock,
    [names.constructors]: () => {
      // First they set up the thread and the WebAssembly globals, which are not in the image. The rest is.
      try {
        constructors();
      } catch (error) {
        if (error !== STARTED) throw error;
      }
      const missing = memoryBytes - memory.buffer.byteLength;
      if (missing > 0) memory.grow(missing >>> 16);
      resizeHeap(0); // grows nothing, but updates the JavaScript's views to the whole memory
      overlay(image, new Uint8Array(memory.buffer));
    },
    [names.init]: () => 0,
    [names.createSession]: () => session,
  };
  return { exports } as unknown as WebAssembly.Instance;
}
