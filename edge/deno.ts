/**
 * The Deno entry, for `deno serve`, which itself listens. It has to be allowed to read the bundle, onnxruntime-web's
 * file and the page, and to ask for what `environment.ts` reads; README.md has the command.
 */
import { openApp } from './environment.ts';

const { app } = await openApp();

export default app;
