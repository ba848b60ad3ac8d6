/**
 * The Deno entry, for `deno serve`. It needs permission to read the bundle, onnxruntime-web's file and the page, and the environment
 * variables of `environment.ts`; README.md has the command.
 */
import { openApp } from './environment.ts';

const { app } = await openApp();

export default app;
