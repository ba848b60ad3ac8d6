/** The reader of NDJSON: any bytes, cut anywhere. */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { MAX_LINE_BYTES } from '../../edge/http/limits.ts';
import { answerLines } from '../../edge/http/stream.ts';
import { AnswerTooLargeError } from '../../edge/inference/classifier.ts';
import { anyBytes, anyText, inPieces, nearly } from './arbitraries.ts';
import { target } from './target.ts';

const encoder = new TextEncoder();
const labels = ['negative', 'neutral', 'positive'];
const object = fc.record(
  {
    text: anyText,
    id: fc.oneof(fc.string(), fc.double()),
    labels: fc.oneof(fc.shuffledSubarray(labels), fc.array(anyText, { maxLength: 3 })),
    evidence: fc.boolean(),
  },
  { requiredKeys: ['text'] },
);
const line: fc.Arbitrary<Uint8Array> = fc.oneof(
  { weight: 4, arbitrary: fc.oneof(anyText, object).map((value) => encoder.encode(JSON.stringify(value))) },
  { weight: 4, arbitrary: nearly(object).map((json) => encoder.encode(json)) },
  { weight: 4, arbitrary: anyBytes },
  { weight: 4, arbitrary: fc.constantFrom('', ' ', '\t \r', '\uFEFF').map((text) => encoder.encode(text)) },
  // Just as many bytes as a line may have, or one more or less.
  {
    weight: 1,
    arbitrary: fc
      .integer({ min: -1, max: 1 })
      .map((more) => encoder.encode(`"${'x'.repeat(MAX_LINE_BYTES - 2 + more)}"`)),
  },
);

export const ndjson = target({
  name: 'ndjson',
  inputs: fc.record({
    lines: fc.array(line, { maxLength: 8 }),
    end: fc.constantFrom('', '\n', '\r\n'),
    cuts: fc.array(fc.nat(), { maxLength: 12 }),
  }),
  holds: async ({ lines, end, cuts }) => {
    const feed = encoder.encode('\n');
    const bytes = new Uint8Array(
      Buffer.concat([...lines.flatMap((line, index) => (index === 0 ? [line] : [feed, line])), encoder.encode(end)]),
    );
    const whole = await answersTo([bytes]);
    assert.deepEqual(await answersTo(inPieces(bytes, cuts)), whole, 'where it is cut makes no difference');

    // Found another way than the reader does: one answer for each line that is not blank, in order.
    const expected: number[] = [];
    for (let start = 0, number = 1; start < bytes.length; number++) {
      const feed = bytes.indexOf(0x0a, start);
      const line = bytes.subarray(start, feed < 0 ? bytes.length : feed);
      const isLong = line.length > MAX_LINE_BYTES;
      if (isLong || line.some((byte) => ![0x20, 0x09, 0x0d].includes(byte))) expected.push(number);
      start += line.length + 1;
    }
    const numbers = whole.map(({ line }) => line);
    assert.deepEqual(numbers, expected, 'a line for a line');
    for (const { error, tokens, scores } of whole) {
      assert(typeof error === 'string' || typeof tokens === 'number');
      if (error === undefined) assert(scores.length >= 2 && scores.every(({ label }: any) => labels.includes(label)));
    }
  },
});

/** More code units than this in a group are too large an answer. */
const MOST = 40;

/** The classifier stands aside: a text's tokens are its code units. */
async function answersTo(pieces: readonly Uint8Array[]): Promise<any[]> {
  const answers = answerLines(ReadableStream.from(pieces), {
    labels,
    classify: async (asked) => {
      const size = asked.reduce((sum, { text }) => sum + text.length, 0);
      if (size > MOST && asked.length > 1) throw new AnswerTooLargeError(size);
      return asked.map(({ text, labels: own = labels, evidence = false }) => {
        const scores = own.map((label) => ({ label, score: 1 / own.length }));
        return {
          label: `${evidence}`,
          score: 1,
          scores,
          tokens: text.length,
          unknown: 0,
          truncated: false,
          reliable: true,
        };
      });
    },
    report: (error) => assert.fail(`a bug: ${(error as Error).stack}`),
  });
  const lines = (await new Response(answers).text()).split('\n');
  assert.equal(lines.pop(), '');
  return lines.map((line) => JSON.parse(line));
}
