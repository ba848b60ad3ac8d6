/** The built worker when its bundle or its image is damaged, and when an inference throws. */
import { readFile } from 'node:fs/promises';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { startWorker } from '../../harness/worker.ts';
import { decodeModel } from '../../onnx/proto.ts';
import { parseManifest } from '../../shared/bundle.ts';
import { tinyBundleFiles } from '../fixtures/bundle.ts';
import { checkedFetch } from '../fixtures/conformance.ts';
import { post } from '../fixtures/post.ts';
import { workingBundleFiles } from '../fixtures/working.ts';
import { GOOD } from '../runtimes/behaviour.ts';

describe('a worker that cannot start', () => {
  const flipped = (bytes: Uint8Array, at = bytes.length >> 1) => bytes.with(at, (bytes[at] as number) ^ 1);
  const otherBundle = (image: Buffer) => flipped(image, image.indexOf('"manifest":"') + 12);

  type Fault = [what: string, files: () => Promise<NonNullable<Parameters<typeof startWorker>[0]>>, message: string];
  it.each<Fault>([
    ['a damaged model', async () => ({ model: flipped(await readFile('model/model.onnx')) }), 'model.onnx is damaged'],
    [
      'a damaged vocabulary',
      async () => ({ vocabulary: flipped(await readFile('model/vocabulary.txt')) }),
      'vocabulary.txt is damaged',
    ],
    [
      'a damaged manifest',
      async () => {
        const manifest = await readFile('model/model.json', 'latin1');
        const digit = manifest.search(/(?<="version": "[0-9a-f]*)\d/); // with a bit flipped, it is another digit
        return { manifest: flipped(Buffer.from(manifest, 'latin1'), digit) };
      },
      'model.json is not the one that the worker was built with',
    ],
    // In the header, in the index, in the runs, and before their last byte.
    ...[1, 100, 10_000, 3_000_000, -1].map(
      (end): Fault => [
        `an image cut short at ${end}`,
        async () => ({ image: (await readFile('.prepared/image.bin')).subarray(0, end) }),
        'the image ',
      ],
    ),
    ['no image', async () => ({ image: new Uint8Array() }), 'model.onnx has 0 bytes'],
    [
      'the image of another bundle',
      async () => ({ image: otherBundle(await readFile('.prepared/image.bin')) }),
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
      await vi.waitFor(() => expect(broken.log).toHaveLength(1)); // the log arrives apart from the answer
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

it('a worker finds one wrong bit in a weight after its first answer, and gives no further one', async () => {
  const image = await readFile('.prepared/image.bin');
  const { graph } = decodeModel(await readFile('model/model.onnx'));
  const [largest] = graph.initializer.toSorted((a, b) => b.raw_data.length - a.raw_data.length);
  const weight = image.indexOf(Buffer.from(largest?.raw_data ?? []).subarray(100_000, 100_064));
  expect(weight).toBeGreaterThan(0);
  const { url, log, stop } = await startWorker({ image: image.with(weight, (image[weight] as number) ^ 1) });
  onTestFinished(stop);
  const ask = () => post(`${url}/v1/sentiment`, { text: GOOD });
  expect([(await ask()).status, (await ask()).status, (await ask()).status]).toEqual([200, 500, 500]);
  expect((await fetch(`${url}/ready`)).status).toBe(503);
  await vi.waitFor(() =>
    expect(log.join()).toContain('the image is damaged: its SHA-256 is not the one in its header'),
  );
});

describe('an inference that throws', () => {
  const BAD_WORD = 'zyzzyva';

  /** A bundle that verifies, with a word that its network has no row for: onnxruntime refuses to read it. */
  async function bundle() {
    const { model, vocabulary, manifest } = await workingBundleFiles();
    const { inputs, output, maxTokens } = parseManifest(new TextDecoder().decode(manifest));
    const words = `${new TextDecoder().decode(vocabulary)}${BAD_WORD}\n`;
    return tinyBundleFiles({ model, vocabulary: words, manifest: { inputs, output, maxTokens } });
  }

  it('fails its request alone, and the next is answered', async () => {
    const worker = await startWorker(await bundle());
    onTestFinished(worker.stop);
    const ask = (text: string) => post(`${worker.url}/v1/sentiment`, { text });
    const good = await ask(GOOD);
    expect(good.status).toBe(200);

    const { status, body } = await ask(`${GOOD} ${BAD_WORD}`);
    expect([status, body.type]).toEqual([500, 'urn:edge-sentiment:problem:internal']);
    expect(JSON.stringify(body)).not.toMatch(/Gather|indices|onnx|wonderful/i);
    const logged = (incident: string) =>
      vi.waitFor(() => {
        const lines = worker.log.map((line) => JSON.parse(line));
        expect(lines.find((line) => line.incident === incident)).toMatchObject({
          stack: expect.stringMatching(/^at /),
        });
      });
    await logged(body.incident);
    expect((await ask(GOOD)).body).toEqual(good.body);

    const stream = await checkedFetch(`${worker.url}/v1/sentiment/stream`, {
      method: 'POST',
      headers: { 'content-type': 'application/x-ndjson', 'x-request-id': 'mine' },
      body: `${JSON.stringify(BAD_WORD)}\n`,
    });
    expect(await stream.text()).toBe('{"line":1,"error":"Internal server error; incident mine."}\n');
    await logged('mine');
    const all = await Promise.all([ask(GOOD), ask(BAD_WORD), ask(GOOD), ask(BAD_WORD), ask(GOOD)]);
    expect(all.map(({ status }) => status)).toEqual([200, 500, 200, 500, 200]);
    for (const text of [GOOD, BAD_WORD]) expect(worker.log.join()).not.toContain(text);
    expect(await (await checkedFetch(`${worker.url}/metrics`)).text()).toContain('edge_sentiment_errors_total 4\n');
  });
});
