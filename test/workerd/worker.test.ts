/** The whole worker over HTTP, as it is deployed. */
import { readFile } from 'node:fs/promises';
import { describe, expect, it, vi } from 'vitest';
import { checkedFetch } from '../fixtures/conformance.ts';
import { post } from '../fixtures/post.ts';
import { behavesAsDocumented, GOOD } from '../runtimes/behaviour.ts';
import { startWorker } from './worker.ts';

behavesAsDocumented(startWorker);

describe('a worker that cannot start', () => {
  const flipped = (bytes: Uint8Array, at = bytes.length >> 1) => bytes.with(at, (bytes[at] as number) ^ 1);
  const otherModel = (image: Buffer) => flipped(image, image.indexOf('"model":"') + 9);

  it.each([
    ['a damaged model', async () => ({ model: flipped(await readFile('model/model.onnx')) }), 'model.onnx is damaged'],
    [
      'a damaged vocabulary',
      async () => ({ vocabulary: flipped(await readFile('model/vocabulary.txt')) }),
      'vocabulary.txt is damaged',
    ],
    [
      'an image cut short',
      async () => ({ image: (await readFile('.prepared/image.bin')).subarray(0, -1) }),
      'the image has',
    ],
    [
      'the image of another model',
      async () => ({ image: otherModel(await readFile('.prepared/image.bin')) }),
      'build the worker again',
    ],
  ])('because of %s gives the client an id and the log the stack', async (_, files, message) => {
    const broken = await startWorker(await files());
    try {
      const { status, body } = await post(`${broken.url}/v1/sentiment`, { text: GOOD });
      expect(status).toBe(500);
      expect(JSON.stringify(body)).not.toMatch(/onnx|SHA|\.ts|\.js/);
      const { incident } = body;
      expect(incident).toMatch(/^[0-9a-f-]{36}$/);
      await vi.waitFor(() => expect(broken.log).toHaveLength(1)); // it comes by another way than the answer
      expect(JSON.parse(broken.log[0] as string)).toMatchObject({
        level: 'error',
        event: 'request-failed',
        incident,
        route: '/v1/sentiment',
        status: 500,
        message: expect.stringContaining(message),
        stack: expect.stringMatching(/^at \S/),
      });
      expect(broken.log[0]).not.toContain(GOOD);

      const ready = await checkedFetch(`${broken.url}/ready`);
      expect(ready.status).toBe(503);
      expect((await fetch(`${broken.url}/health`)).status).toBe(200); // of no known version
    } finally {
      await broken.stop();
    }
  });
});
