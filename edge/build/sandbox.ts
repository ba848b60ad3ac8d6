/**
 * Makes this process look the same to onnxruntime-web on every machine: no Node, one processor, one language, no clock. What it
 * reads of its environment would end up in the memory image. Import it for its effect, before anything else.
 */
Object.assign(process, { type: 'renderer' }); // so that onnxruntime-web does not detect Node
Object.defineProperty(globalThis, 'navigator', { value: { hardwareConcurrency: 1, language: 'en' } });
Date.now = () => 0;
performance.now = () => 0;
Object.defineProperty(performance, 'timeOrigin', { value: 0 });
