import { describe, expect, test } from 'vitest';
import { beginningOf, type Layout, problemOf, recordsIn } from '../../../edge/jobs/format.ts';
import type { Format } from '../../../shared/files/beginning.ts';
import { MAX_RECORD_BYTES } from '../../../shared/files/records.ts';

const encoder = new TextEncoder();
const START = { start: 0, line: 1 };
const ONE_COLUMN: Layout = { delimiter: ',', columns: { count: 1, text: 0 } };
const ID_AND_TEXT: Layout = { delimiter: ',', columns: { count: 2, text: 1, id: 0 } };

function read(content: string | Uint8Array, layout: Layout) {
  return recordsIn(typeof content === 'string' ? encoder.encode(content) : content, START, layout);
}

describe('rows', () => {
  test('a row is a text and its id, with the line that it begins in', () => {
    expect(read('1,Good\n2,"Bad, and\nlong"\n\n3,"So ""so"""', ID_AND_TEXT)).toEqual([
      { line: 1, id: '1', text: 'Good' },
      { line: 2, id: '2', text: 'Bad, and\nlong' },
      { line: 5, id: '3', text: 'So "so"' },
    ]);
  });

  test.each([
    ['CRLF', '1,Good\r\n2,"Bad\r\nfilm"\r\n', ['Good', 'Bad\r\nfilm']],
    ['no last line break', '1,Good\r\n2,Bad', ['Good', 'Bad']],
    ['a quoted field at the end of the file', '1,Good\n2,"Bad"', ['Good', 'Bad']],
    ['blank lines', '\n \t\r\n1,Good\n\n\n', ['Good']],
  ])('%s', (_, content, texts) => {
    expect(read(content, ID_AND_TEXT).map((record) => 'text' in record && record.text)).toEqual(texts);
  });

  test.each([
    ['1', 'The row has 1 column instead of 2; a text with a separator or a line break in it needs quotes around it.'],
    [
      '1,Good, or not',
      'The row has 3 columns instead of 2; a text with a separator or a line break in it needs quotes around it.',
    ],
    ['1,', '/text is empty.'],
    ['1,"Good" film', 'There is a quote inside a quoted text; double it.'],
    ['1,A 5" disk', 'There is a quote inside a text without quotes around it; quote the text, and double the quote.'],
    ['1,"Good', 'A quote is opened and never closed.'],
    [new Uint8Array([0x31, 0x2c, 0xff]), 'The row is not UTF-8 text; save the file as UTF-8 (in Excel: "CSV UTF-8").'],
  ])('%j is answered by its error', (content, error) => {
    const [record] = read(content, ID_AND_TEXT);
    expect(record).toMatchObject({ line: 1, error });
  });

  test('an id stays with a bad text', () => {
    expect(read('7, ', ID_AND_TEXT)).toEqual([{ line: 1, id: '7', error: '/text is empty.' }]);
  });

  test('a record that is too long gets an error, and the next one is read', () => {
    expect(read(`"${'x'.repeat(MAX_RECORD_BYTES)}\nGood\n`, ONE_COLUMN)).toEqual([
      { line: 1, error: `The record has more than ${MAX_RECORD_BYTES} bytes; look for a quote that is never closed.` },
      { line: 2, text: 'Good' },
    ]);
    expect(read(`${'x'.repeat(MAX_RECORD_BYTES)}\nGood\n`, ONE_COLUMN)).toEqual([
      { line: 1, text: 'x'.repeat(MAX_RECORD_BYTES) },
      { line: 2, text: 'Good' },
    ]);
  });
});

describe('lines of JSON', () => {
  test.each([
    ['"Good"', { text: 'Good' }],
    ['{"text": "Good", "id": 7, "stars": 5}', { text: 'Good', id: 7 }],
    ['{"text": "Good", "labels": ["no", "such"], "evidence": 1}', { text: 'Good' }], // a file may have any other fields
    ['["Good"]', { error: 'The line must be a JSON string or object.' }],
    ['{"review": "Good"}', { text: 'Good' }],
    ['{"Review": "Good", " ID ": 7}', { text: 'Good', id: 7 }],
    [
      '{"id": "a"}',
      { id: 'a', error: 'The object has no field "text" or "review", but "id"; name it with textColumn.' },
    ],
    ['{}', { error: 'The object has no field "text" or "review"; name it with textColumn.' }],
    ['{"id": "a", "text": null}', { id: 'a', error: '/text must be a string.' }],
    ['{"text": " ", "id": "a"}', { id: 'a', error: '/text is empty.' }],
    ['{"text": "Good", "id": 9007199254740991}', { text: 'Good', id: 9007199254740991 }],
    [
      '{"text": "Good", "id": 9007199254740993}',
      { error: '/id has too many digits to be read exactly; put quotes around it.' },
    ],
    [
      '{"undefined": "Good"}',
      { error: 'The object has no field "text" or "review", but "undefined"; name it with textColumn.' },
    ],
    ['{"text": "Good", "Text": "Bad"}', { error: 'The object has two fields "text".' }],
    ['\uFEFF"Good"', { error: 'The line is not JSON in UTF-8.' }],
    ['{"text": "Good", "id": {}}', { error: '/id must be a string of at most 256 characters or a number.' }],
    ['["Good"]', { error: 'The line must be a JSON string or object.' }],
    ['Good', { error: 'The line is not JSON in UTF-8.' }],
  ])('%s', (line, record) => {
    expect(read(`\n${line}\r\n`, {})).toEqual([{ line: 2, ...record }]);
  });

  test('the fields may have other names', () => {
    expect(read('{"body": "Good", "key": 1, "id": 2}', { textColumn: 'body', idColumn: 'key' })).toEqual([
      { line: 1, text: 'Good', id: 1 },
    ]);
  });

  test('a quote does not extend a line', () => {
    expect(read('"Good\n"Bad"', {}).map(({ line }) => line)).toEqual([1, 2]);
  });
});

describe('a header', () => {
  const header = (row: string, layout: Layout = {}) => {
    const found = beginningOf(encoder.encode(`${row}\n`), true, 'csv', layout);
    return typeof found === 'object' ? found.layout : found;
  };

  test.each([
    ['review,sentiment', {}, { count: 2, text: 0 }],
    [' ID ,Text', {}, { count: 2, text: 1, id: 0 }],
    ['text,review', {}, { count: 2, text: 0 }],
    ['key,"the text"\r', { textColumn: 'The Text', idColumn: 'key' }, { count: 2, text: 1, id: 0 }],
  ])('%s', (row, names, columns) => {
    expect(header(row, names)).toMatchObject({ columns });
  });

  test.each([
    ['a,b', {}, 'Line 1: the header has no column "text" or "review", but "a", "b"; name it with textColumn.'],
    ['text', { idColumn: 'key' }, 'Line 1: the header has no column "key", but "text"; name it with idColumn.'],
    ['text,text', {}, 'Line 1: the header has two columns "text".'],
    ['ID,text,id', {}, 'Line 1: the header has two columns "ID".'],
    ['"text', {}, 'Line 1: a quote is opened and never closed.'],
  ])('%s is refused', (row, names, error) => {
    expect(header(row, names)).toBe(error);
  });
});

describe('the first part of a file', () => {
  const problem = (content: string | Uint8Array, format: Format, isWhole = true) =>
    problemOf(typeof content === 'string' ? encoder.encode(content) : content, isWhole, { format, layout: {} });

  test.each<[string, Format]>([
    ['text\nGood\n', 'csv'],
    ['text,id\nGood, really,1\nBad,2\n', 'csv'],
    ['{"id": 1}\n{"text": "Good"}\n', 'jsonl'],
    ['{"text": ""}\n', 'jsonl'],
    ['', 'csv'],
    ['text\n', 'csv'],
  ])('%j is worth a job', (content, format) => {
    expect(problem(content, format)).toBeUndefined();
  });

  test.each<[string | Uint8Array, Format, string]>([
    [
      'body\nGood\n',
      'csv',
      'Line 1: the header has no column "text" or "review", but "body"; name it with textColumn.',
    ],
    [
      '\n{"reviewText": "Good"}\n{"reviewText": "Bad"}\n',
      'jsonl',
      'Line 2: the object has no field "text" or "review", but "reviewText"; name it with textColumn.',
    ],
    [
      '{"review": {"body": "Good"}}\n',
      'jsonl',
      'Line 1: the text is an object with "body"; name its field with textColumn, as in review.body.',
    ],
    ['{"text": 5}\n', 'jsonl', 'Line 1: the text is not a string; textColumn names another field.'],
    [
      Buffer.from('text\nGood\n\n"Bad\nfilm"\ncaf\xe9\n', 'latin1'),
      'csv',
      'Line 6: the row is not UTF-8 text; save the file as UTF-8 (in Excel: "CSV UTF-8").',
    ],
    [
      'PK\x03\x04',
      'csv',
      'Line 1: the file is a .zip or a spreadsheet (.xlsx, .ods); unzip it, or save it as "CSV UTF-8".',
    ],
  ])('%j is not', (content, format, why) => {
    expect(problem(content, format)).toBe(why);
  });

  test('may end in the middle of a character', () => {
    expect(problem(encoder.encode('text\nGood\nCaf\xe9').subarray(0, -1), 'csv', false)).toBeUndefined();
  });
});
