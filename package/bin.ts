#!/usr/bin/env node
/** The entry of `npx edge-sentiment`. It is apart from `cli.ts` because Node before 24 has no `import.meta.main`. */
import { runMain } from '../cli/run.ts';
import { main } from './cli.ts';

await runMain(main);
