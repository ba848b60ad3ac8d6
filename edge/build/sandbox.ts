/**
 * Makes this process look to onnxruntime-web like every other that builds: no Node, one processor, one language, no time.
 * What it reads of its surroundings would otherwise be in the memory image. Imported for its effect, before anything else.
 */
Object.assign(process, { type: 'renderer' }); // which is how onnxruntime-web tells that Node is not what runs it
Object.defineProperty(globalThis, 'navigator', { value: { hardwareConcurrency: 1, language: 'en' } });
Date.now = () => 0;
performance.now = () => 0;
Object.defineProperty(performance, 'timeOrigin', { value: 0 });
