/** Every reader of files, on the same files: they find the same records, and refuse the same for the same reason. */
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { Readable } from 'node:stream';
import { gunzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { UserError } from '../../../cli/errors.ts';
import { askedBy, readTexts } from '../../../cli/input.ts';
import { JOB_LIMITS } from '../../../edge/http/limits.ts';
import { type Layout, recordsIn } from '../../../edge/jobs/format.ts';
import { splitNext } from '../../../edge/jobs/split.ts';
import { delimiterNamed, type Format } from '../../../shared/files/beginning.ts';
import { START_OF_FILE } from '../../../shared/files/records.ts';
import { readRecords } from '../../../train/data/records.ts';
import { type Expected, FILES, type FileCase } from '../../fixtures/files.ts';
import { temporaryFolder } from '../../fixtures/temporary.ts';

type Found = [line: number, text: string, label: string] | [line: number, text: string];
/** The records found, and the reason if the file was then refused. */
interface Reading<One> {
  readonly found: One[];
  readonly refusal: string | undefined;
}

/** An advice that names a flag or an option, which each caller has its own of. */
const withoutAdvice = (why: string) =>
  why.replace(/(; name it(s field)? with \S+?(, as in review\.body)?)?(, or add --.*?)?(?=\.?$)/, '');

async function reading<One>(records: AsyncIterable<One>, told = withoutAdvice): Promise<Reading<One>> {
  const found: One[] = [];
  try {
    for await (const record of records) found.push(record);
    return { found, refusal: undefined };
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return { found, refusal: told(error.message) };
  }
}

/** The expected result of a reader that stops at the first bad record. */
function upToError(location: string, expected: FileCase['expected']): Reading<Found> {
  if (typeof expected === 'string') return { found: [], refusal: `${location}:${expected}` };
  const bad = expected.findIndex(([, second]) => typeof second !== 'string');
  const found = expected.slice(0, bad < 0 ? undefined : bad).map((record) => [...record] as Found);
  const [line, why] = expected[bad] ?? [];
  return { found, refusal: bad < 0 ? undefined : `${location}:${line}: ${(why as { error: string }).error}` };
}

const location = ({ extension }: FileCase) => `mine.${extension}`;
/** Without a column of labels, those of the texts: so that a file without labels can be read. */
const labelColumnOf = ({ flags }: FileCase) => (flags['label-column'] === '' ? '1' : flags['label-column']);

async function readByTrain(one: FileCase, pieces: Iterable<Uint8Array>): Promise<Reading<Found>> {
  const { 'text-column': textColumn, ...flags } = one.flags;
  const options = { ...askedBy(flags), textColumn: textColumn as string, labelColumn: labelColumnOf(one) as string };
  const { found, refusal } = await reading(readRecords(location(one), options, pieces));
  return { found: found.map(({ line, text, label }) => [line, text, label]), refusal };
}

const unpacked = ({ extension, content }: FileCase) => (extension.endsWith('.gz') ? gunzipSync(content) : content);
const CASES = FILES.map((one) => [`.${one.extension}: ${one.name}`, one] as const);
const small = CASES.filter(([, { content }]) => content.length < 1_000);
const hasLabels = ({ extension, flags }: FileCase) => !extension.startsWith('txt') || 'delimiter' in flags;

test('there are 80 files and more, under different names', () => {
  expect(new Set(CASES.map(([name]) => name)).size).toBe(FILES.length);
  expect(FILES.length).toBeGreaterThanOrEqual(80);
});

describe('train and evaluate read', () => {
  const labelled = CASES.filter(([, one]) => hasLabels(one));
  const expectedOf = (one: FileCase) => {
    const wanted = upToError(location(one), one.expected);
    const isOneColumn = one.flags['label-column'] === '';
    return isOneColumn ? { ...wanted, found: wanted.found.map(([line, text]) => [line, text, text]) } : wanted;
  };
  test.each(labelled)('%s', async (_, one) => {
    expect(await readByTrain(one, [unpacked(one)])).toEqual(expectedOf(one));
  });

  test.each(labelled.filter(([, { content }]) => content.length < 1_000))('%s, cut at every byte', async (_, one) => {
    const content = unpacked(one);
    for (let at = 0; at <= content.length; at++) {
      expect(await readByTrain(one, [content.subarray(0, at), content.subarray(at)])).toEqual(expectedOf(one));
    }
    const bytewise = Array.from(content, (byte) => Uint8Array.of(byte));
    expect(await readByTrain(one, bytewise)).toEqual(expectedOf(one));
  });
});

test.each(CASES)('diff reads %s', async (_, one) => {
  const file = path.join(await temporaryFolder(), location(one));
  await writeFile(file, one.content);
  const { 'label-column': _label, ...flags } = one.flags;
  const { found, refusal } = await reading(readTexts(file, flags, Readable.from([])));
  const expected = upToError(file, one.expected);
  expect({ found, refusal }).toEqual({ ...expected, found: expected.found.map(([, text]) => text) });
});

async function refusalOf(content: string, flags: FileCase['flags'] = {}): Promise<string | undefined> {
  const file = path.join(await temporaryFolder(), 'mine.csv');
  await writeFile(file, content);
  const { refusal } = await reading(readTexts(file, flags, Readable.from([])), (why) => why);
  return refusal?.slice(file.length);
}

test.each([
  ['5\tGood', {}, '; name it with --text-column, or add --no-header if this row is a record'],
  ['text^stars', {}, '; name it with --text-column, or add --delimiter if it has more columns'],
  ['5;Good', { 'no-header': true, 'text-column': '2' }, ', or add --delimiter if it has more columns'],
  ['text\tstars\nA 5" disk\t5', {}, ', or add --no-quotes if quotes are characters as any other'],
] as const)('%j is refused with the flag that may help', async (content, flags, advice) => {
  expect((await refusalOf(content, flags))?.slice(-advice.length)).toBe(advice);
});

test.each(['{"label":0}', '{"text":null,"label":0}'])(
  'diff reads %s, once a record has a text, as an empty text',
  async (omitted) => {
    const file = path.join(await temporaryFolder(), 'mine.jsonl');
    await writeFile(file, `{"text":"Good","label":1}\n${omitted}\n`);
    const { found, refusal } = await reading(readTexts(file, {}, Readable.from([])));
    expect({ found, refusal }).toEqual({ found: ['Good', ''], refusal: undefined });
  },
);

/** As the coordinator and the consumer do it, in slices of so many bytes. */
function readByJob({ content, extension, flags }: FileCase, sliceBytes: number) {
  const format = (extension === 'ndjson' ? 'jsonl' : extension) as Format;
  const { delimiter, 'text-column': textColumn } = flags as Record<string, string | undefined>;
  const records = [];
  let [cursor, isLast] = [START_OF_FILE, false];
  let layout: Layout = { delimiter: delimiter && delimiterNamed(delimiter), textColumn };
  while (!isLast) {
    const slice = content.subarray(cursor.offset, cursor.offset + sliceBytes);
    const found = splitNext(
      slice,
      { cursor, layout, format, bytes: content.length },
      { ...JOB_LIMITS, chunkBytes: 16 },
    );
    if (typeof found === 'string') return found;
    ({ cursor, layout, isLast } = found);
    for (const { start, end, line } of found.chunks) {
      records.push(...recordsIn(content.subarray(start, end), { start, line }, layout));
    }
  }
  return records;
}

describe('a job reads', () => {
  const asSentence = (clause: string) => `${clause.charAt(0).toUpperCase()}${clause.slice(1)}.`;
  const answerTo = ([line, second]: Expected) => {
    if (typeof second !== 'string') return { line, error: asSentence(second.error) };
    return second.trim() === '' ? { line, error: '/text is empty.' } : { line, text: second };
  };
  const expectedOf = ({ expected }: FileCase) =>
    typeof expected === 'string' ? `Line ${expected}.` : expected.map(answerTo);
  const plain = (result: ReturnType<typeof readByJob>) =>
    typeof result === 'string'
      ? withoutAdvice(result).replace(/\.?$/, '.')
      : result.map((record) =>
          'error' in record ? { ...record, error: withoutAdvice(record.error).replace(/\.?$/, '.') } : record,
        );
  const forJobs = (one: FileCase) =>
    !one.extension.endsWith('.gz') && !['no-header', 'no-quotes', 'encoding'].some((flag) => flag in one.flags);

  test.each(CASES.filter(([, one]) => forJobs(one)))('%s', (_, one) => {
    expect(plain(readByJob(one, JOB_LIMITS.sliceBytes))).toEqual(expectedOf(one));
  });

  test.each(small.filter(([, one]) => forJobs(one)))('%s, in slices of any size', (_, one) => {
    for (let size = 160; size <= one.content.length; size++)
      expect(plain(readByJob(one, size))).toEqual(expectedOf(one));
  });
});
