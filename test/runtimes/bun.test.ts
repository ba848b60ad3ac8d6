/** The app on Bun. */
import { describe } from 'vitest';
import { behavesAsDocumented } from './behaviour.ts';
import { command, INSTALLED, WHY } from './installed.ts';
import { startServer } from './server.ts';
import { servesThePage } from './site.ts';

describe.skipIf(!INSTALLED)(`Bun${WHY}`, () => {
  const start = () => startServer(command('bun'), ['edge/bun.ts'], { env: { PORT: '0' } });
  behavesAsDocumented(start);
  servesThePage(start);
});
