/** The page's files over HTTP, on the platforms that serve them themselves. */
import { readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { SITE_HEADERS } from '../../edge/site.ts';
import type { RunningServer } from './behaviour.ts';

/** Declares the test of the server that `start` starts. */
export function servesThePage(start: () => Promise<RunningServer>): void {
  it('serves the page with its headers, and the API', async () => {
    const server = await start();
    try {
      for (const [address, file] of [
        ['/', 'index.html'],
        ['/docs', 'docs.html'],
        ['/weights.bin', 'weights.bin'],
      ]) {
        const response = await fetch(`${server.url}${address}`);
        expect(Buffer.from(await response.arrayBuffer()).equals(await readFile(`.prepared/site/${file}`))).toBe(true);
        for (const [name, value] of Object.entries(SITE_HEADERS)) expect(response.headers.get(name)).toBe(value);
      }
      const head = await fetch(`${server.url}/`, { method: 'HEAD' });
      expect([head.status, await head.text()]).toEqual([200, '']);
      const deleted = await fetch(`${server.url}/`, { method: 'DELETE' });
      expect([deleted.status, deleted.headers.get('allow')]).toEqual([405, 'POST, GET, HEAD']);
    } finally {
      await server.stop();
    }
  });
}
