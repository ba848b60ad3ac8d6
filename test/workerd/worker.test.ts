/** The whole worker over HTTP, as it is deployed. */
import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { post } from '../fixtures/post.ts';
import { behavesAsDocumented, GOOD } from '../runtimes/behaviour.ts';
import { startWorker } from './worker.ts';

behavesAsDocumented(startWorker);

describe('a bundle that is damaged', () => {
  it('gives the client an id and the log the stack', async () => {
    const bytes = new Uint8Array(await readFile('model/model.onnx'));
    bytes[bytes.length >> 1] = (bytes[bytes.length >> 1] as number) ^ 1;
    const broken = await startWorker({ model: bytes });
    try {
      const { status, body } = await post(`${broken.url}/v1/sentiment`, { text: GOOD });
      expect(status).toBe(500);
      expect(JSON.stringify(body)).not.toMatch(/onnx|SHA|\.ts|\.js/);
      const { incident } = body;
      expect(incident).toMatch(/^[0-9a-f-]{36}$/);
      const log = broken.log.join('\n');
      expect(log).toContain(incident);
      expect(log).toContain('model.onnx is damaged');
      expect(log).toMatch(/\n\s+at /);
      expect(log).not.toContain(GOOD);

      const ready = await fetch(`${broken.url}/ready`);
      expect(ready.status).toBe(503);
      expect((await fetch(`${broken.url}/health`)).status).toBe(200);
    } finally {
      await broken.stop();
    }
  });
});
