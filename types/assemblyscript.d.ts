/** AssemblyScript's numbers, for the one file that it and Node both read (`train/kernels/assembly/layout.ts`). */
type i32 = number;
/** An address. */
type usize = number;
