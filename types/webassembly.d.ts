/** The part of the WebAssembly API that the kernels and the image use; TypeScript has it only with a browser's types. */
declare namespace WebAssembly {
  class Module {
    static exports(module: Module): { readonly name: string; readonly kind: string }[];
    private constructor();
  }
  class Memory {
    constructor(limits: { initial: number; maximum: number; shared: true });
    readonly buffer: SharedArrayBuffer;
    grow(pages: number): number;
  }
  class Table {
    readonly length: number;
  }
  class Instance {
    constructor(module: Module, imports: { env: { memory: Memory } });
    readonly exports: Readonly<Record<string, unknown>>;
  }
  function instantiate(module: Module, imports: never): Promise<Instance>;
  function compile(bytes: Uint8Array<ArrayBuffer>): Promise<Module>;
  function validate(bytes: Uint8Array<ArrayBuffer>): boolean;
}
