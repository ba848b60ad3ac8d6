/** The app on Deno, with the README's command and no permission but those in it. */
import { readFile } from 'node:fs/promises';
import { describe } from 'vitest';
import { behavesAsDocumented } from './behaviour.ts';
import { command, INSTALLED, WHY } from './installed.ts';
import { isProtected } from './protection.ts';
import { startServer } from './server.ts';
import { servesThePage } from './site.ts';

describe.skipIf(!INSTALLED)(`Deno${WHY}`, async () => {
  const [, line = ''] = /`deno (serve .*?)`/.exec(await readFile('README.md', 'utf8')) ?? [];
  const args = line.replace(/--port \d+/, '--no-prompt --port 0').split(' ');
  const start = (env = {}) => startServer(command('deno'), args, { env });
  behavesAsDocumented(start, { halfDuplex: 'skipped: denoland/deno#36624, which 2.9.6 has mended' });
  servesThePage(start);
  isProtected({ start });
});
