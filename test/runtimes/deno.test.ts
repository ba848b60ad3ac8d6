/** The app on Deno, with the README's command and no permission but those in it. */
import { readFile } from 'node:fs/promises';
import { describe } from 'vitest';
import { behavesAsDocumented } from './behaviour.ts';
import { command, INSTALLED, WHY } from './installed.ts';
import { startServer } from './server.ts';
import { servesThePage } from './site.ts';

describe.skipIf(!INSTALLED)(`Deno${WHY}`, async () => {
  const [, line = ''] = /`deno (serve .*?)`/.exec(await readFile('README.md', 'utf8')) ?? [];
  const start = () => startServer(command('deno'), line.replace(/--port \d+/, '--no-prompt --port 0').split(' '));
  behavesAsDocumented(start);
  servesThePage(start);
});
