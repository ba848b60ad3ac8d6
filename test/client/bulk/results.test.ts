/** Answers → a table, whatever is in them and however they arrive. */
import { parse } from 'csv-parse/sync';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { convert, type TableType, type Tally } from '../../../client/bulk/results.ts';
import type { StreamAnswer } from '../../../edge/http/schema.ts';
import { tableRow } from '../../../shared/files/table-row.ts';
import { refusal } from '../../fixtures/refusal.ts';

/** Any names may be labels. */
const LABELS = ['negative', 'score', '=1+1, "so"'];
const scores = LABELS.map((label, place) => ({ label, score: [0.0625, 0.875, 0.0625][place] as number }));
const RESULT = { label: 'score', score: 0.875, scores, tokens: 5, unknown: 1, truncated: false, reliable: true };
const bytesOf = (lines: readonly string[]) => new TextEncoder().encode(lines.map((line) => `${line}\n`).join(''));

async function converted(bytes: Uint8Array, type: TableType, chunkBytes = 7) {
  const tally: Tally = { records: 0, failed: 0, failures: [] };
  const chunks = async function* () {
    for (let at = 0; at < bytes.length; at += chunkBytes) yield bytes.subarray(at, at + chunkBytes);
  };
  let text = '';
  for await (const rows of convert(chunks(), type, LABELS, tally)) text += rows;
  return { text, tally };
}

/** As it stands in a table: no formula. */
const cellOf = (text: string) => parse(tableRow(['', text], ','))[0]?.[1];

describe('convert', () => {
  const answers: StreamAnswer[] = [
    { line: 2, id: 'é "1",\t\r\n', ...RESULT },
    { line: 5, error: '/text is empty.' },
    { line: 6, id: 0, ...RESULT, label: LABELS[2] as string },
  ];
  const lines = answers.map((answer) => JSON.stringify(answer));

  it.each([
    ['csv', ',', '2,"é ""1"",\t\r\n",score,0.875,0.0625,0.875,0.0625,5,1,false,true,\n'],
    ['tsv', '\t', '2\t"é ""1"",\t\r\n"\tscore\t0.875\t0.0625\t0.875\t0.0625\t5\t1\tfalse\ttrue\t\n'],
  ] as const)('writes %s with quotes where it needs them', async (type, delimiter, first) => {
    const { text } = await converted(bytesOf(lines), type);
    const columns = ['score_negative', 'score_score', 'score_=1+1, "so"'];
    const header = ['line', 'id', 'label', 'score', ...columns, 'tokens', 'unknown', 'truncated', 'reliable', 'error'];
    const written = header.map((name) => (name.includes('so') ? 'score_"=1+1, ""so"""' : name));
    expect(text.startsWith(written.join(delimiter).replace('score_"', '"score_'))).toBe(true);
    expect(text).toContain(`\n${first}5${delimiter}${delimiter}`);
    const numbers = ['0.0625', '0.875', '0.0625'];
    expect(parse(text, { delimiter })).toEqual([
      header,
      ['2', 'é "1",\t\r\n', 'score', '0.875', ...numbers, '5', '1', 'false', 'true', ''],
      ['5', '', '', '', '', '', '', '', '', '', '', '/text is empty.'],
      ['6', '0', `'${LABELS[2]}`, '0.875', ...numbers, '5', '1', 'false', 'true', ''],
    ]);
  });

  it('keeps NDJSON unchanged', async () => {
    expect((await converted(bytesOf(lines), 'ndjson')).text).toBe(lines.map((line) => `${line}\n`).join(''));
  });

  it('keeps every id, wherever the answers are cut', () =>
    fc.assert(
      fc.asyncProperty(
        fc.array(fc.string({ unit: 'grapheme' })),
        fc.integer({ min: 1, max: 50 }),
        fc.constantFrom('csv' as const, 'tsv' as const),
        async (ids, chunkBytes, type) => {
          const answers = ids.map((id, index) => JSON.stringify({ line: index + 1, id, ...RESULT }));
          const { text, tally } = await converted(bytesOf(answers), type, chunkBytes);
          const [, ...rows] = parse(text, { delimiter: type === 'csv' ? ',' : '\t' });
          expect(rows.map(([, id]) => id)).toEqual(ids.map((id) => cellOf(id)));
          expect(tally).toEqual({ records: ids.length, failed: 0, failures: [] });
        },
      ),
      { seed: 7 },
    ));

  it('counts the answers, and keeps the first failures', async () => {
    const failed = Array.from({ length: 8 }, (_, index) => JSON.stringify({ line: index + 1, error: 'is empty' }));
    const { tally } = await converted(bytesOf([...failed, ...lines]), 'csv');
    expect(tally).toMatchObject({ records: 11, failed: 9 });
    expect(tally.failures.map(({ line }) => line)).toEqual([1, 2, 3, 4, 5]);
  });

  it.each(['{"line": 1', 'null', '<html>', '{"line": 1, "label": "positive"}'])('refuses %s', async (line) => {
    expect(await refusal(converted(bytesOf([line]), 'csv'))).toContain('a line that is not an answer');
  });
});
