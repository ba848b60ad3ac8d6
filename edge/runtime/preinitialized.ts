/** Makes an instance of onnxruntime-web's module from the memory image: onnxruntime has started and the session is created. */
import { type Image, ImageError, overlay } from './image.ts';
import type { Imports } from './onnxruntime.ts';

/** Thrown through the constructors to end them. */
const STARTED = Symbol();

/** @throws ImageError when the module is another one than the image's. @returns an object that onnxruntime-web's module takes for an instance. */
export function instantiatePreinitialized(
  image: Image,
  module: WebAssembly.Module,
  imports: Imports,
): WebAssembly.Instance {
  const { names, memoryBytes } = image.header;
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
  if (functionsOf(instance) !== image.header.runtime.functions) {
    throw new ImageError('the image is of another runtime than the worker: build the worker again');
  }
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
  };
  return { exports } as unknown as WebAssembly.Instance;
}

/** The number of functions in the table, which tells one release from another. */
export function functionsOf(instance: WebAssembly.Instance): number {
  const table = Object.values(instance.exports).find((one) => one instanceof WebAssembly.Table);
  return (table as WebAssembly.Table | undefined)?.length ?? 0;
}
