import { parse } from 'csv-parse/sync';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { columnIn, namesOf, noColumn, parseJson, parseRow, RecordError } from '../../../shared/files/fields.ts';
import { MAX_RECORD_BYTES, RecordReader } from '../../../shared/files/records.ts';

const COMMAS = { delimiter: ',' };
const SAVE = 'save the file as UTF-8 (in Excel: "CSV UTF-8")';
const encoder = new TextEncoder();
const record = (content: string | Uint8Array | undefined) => ({
  line: 1,
  bytes: typeof content === 'string' ? encoder.encode(content) : content,
});

const assumptionOf = (why: string) => {
  if (why.includes('UTF-8') && why.endsWith(SAVE) && !why.includes('NUL')) return 'encoding';
  return /quote (is|inside)|quoted text ends/.test(why) ? 'quotes' : undefined;
};

describe('a row', () => {
  test.each([
    ['a,b', ['a', 'b']],
    ['a', ['a']],
    [',', ['', '']],
    [' a , b ', [' a ', ' b ']],
    ['"a,b","c ""d"" e"', ['a,b', 'c "d" e']],
    ['"",""""', ['', '"']],
    ['"a\r\nb",c\r', ['a\r\nb', 'c']],
    ['a,"b"\r', ['a', 'b']],
    ['a\rb,c', ['a\rb', 'c']],
    ['naïve 🎬,\uFEFF', ['naïve 🎬', '\uFEFF']],
  ])('%j has fields', (row, fields) => {
    expect(parseRow(record(row), COMMAS, fields.length)).toEqual(fields);
    expect(parseRow(record(row.replaceAll(',', '\t')), { delimiter: '\t' })).toEqual(
      fields.map((field) => field.replaceAll(',', '\t')),
    );
  });

  test.each([
    ['"a', 'a quote is opened and never closed'],
    ['"a" b,c', 'there is a quote inside a quoted text; double it'],
    [
      '"a,b\n"c",d',
      'a quoted text ends in the wrong place, and the line after it went into its text; look for a quote that is not closed, or not doubled',
    ],
    [
      '"a \\"b\\"",c',
      'there is a quote inside a quoted text; double it instead of a backslash before it (R: qmethod = "double")',
    ],
    [
      '"1","a",b',
      'the row has 3 columns instead of 2; the header needs a name for the row names too (R: col.names = NA)',
    ],
    ['a,"b"\r ', 'there is a quote inside a quoted text; double it'],
    ['a "b",c', 'there is a quote inside a text without quotes around it; quote the text, and double the quote'],
    ['a', 'the row has 1 column instead of 2; a text with a separator or a line break in it needs quotes around it'],
    [
      'a,b,c',
      'the row has 3 columns instead of 2; a text with a separator or a line break in it needs quotes around it',
    ],
    [Uint8Array.of(0x61, 0xff), `the row is not UTF-8 text; ${SAVE}`],
    ['a,\0', `the row has a NUL character: the file is damaged, or UTF-16 without a byte order mark; ${SAVE}`],
    [undefined, `the record has more than ${MAX_RECORD_BYTES} bytes; look for a quote that is never closed`],
  ])('%j is refused', (row, why) => {
    expect(() => parseRow(record(row), COMMAS, 2)).toThrow(new RecordError(why, { assumption: assumptionOf(why) }));
  });
});

test('a table is read as csv-parse reads it', () => {
  const field = fc.oneof(
    fc.string({ unit: fc.constantFrom('a', 'b', ' ', ',', '"', '\t', '\r', '\n', ';', 'é', '😀') }),
    fc.string({ unit: 'binary' }).filter((text) => text.isWellFormed() && !text.includes('\0')),
  );
  const table = fc.array(fc.tuple(field, field), { minLength: 1 });
  fc.assert(
    fc.property(table, fc.constantFrom('\n', '\r\n'), fc.boolean(), fc.boolean(), (rows, lineBreak, ended, always) => {
      const quoted = (text: string) => (always || /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
      const content = rows.map((row) => row.map(quoted).join(',')).join(lineBreak) + (ended ? lineBreak : '');
      const reader = new RecordReader(COMMAS);
      const records = [...reader.read(encoder.encode(content)), ...reader.end()];
      expect(records.map((one) => parseRow(one, COMMAS))).toEqual(
        parse(content, { record_delimiter: ['\r\n', '\n'], bom: true }),
      );
    }),
    { numRuns: 500, seed: 1 },
  );
});

describe('a line of JSON', () => {
  test('is a text or an object', () => {
    expect(parseJson(record('"Good"\r'))).toBe('Good');
    expect(parseJson(record(' {"text": "Good", "stars": [5]}'))).toEqual({ text: 'Good', stars: [5] });
  });

  test.each([
    ['[]', 'the line must be a JSON string or object'],
    ['["a", 1]', 'the line must be a JSON string or object; save an object for each row (pandas: orient="records")'],
    ['null', 'the line must be a JSON string or object'],
    ['5', 'the line must be a JSON string or object'],
    ['{"text": "a"', 'the line is not JSON in UTF-8'],
    ['\uFEFF"a"', 'the line is not JSON in UTF-8'],
    [Uint8Array.of(0x22, 0xff, 0x22), `the line is not JSON in UTF-8; ${SAVE}`],
    [undefined, `the record has more than ${MAX_RECORD_BYTES} bytes`],
  ])('%j is refused', (line, why) => {
    expect(() => parseJson(record(line))).toThrow(new RecordError(why, { assumption: assumptionOf(why) }));
  });
});

describe('a column', () => {
  test.each([
    [['id', 'text'], undefined, 1],
    [['review', 'label'], undefined, 0],
    [['review', 'text'], undefined, 1],
    [['id', ' TEXT '], undefined, 1],
    [['text', 'The Body'], 'the body ', 1],
    [['text'], 'body', undefined],
    [[], undefined, undefined],
  ])('among %j, asked for as %j, is at %j', (columns, given, place) => {
    expect(columnIn(columns, namesOf('text', given), 'header')).toBe(place);
  });

  test('is missing if no column has the name', () => {
    expect(noColumn(['a', 'b'], namesOf('label', undefined), 'header')).toBe(
      'the header has no column "label" or "sentiment", but "a", "b"',
    );
    expect(noColumn([...'abcdefghi'], ['id'], 'object')).toBe(
      'the object has no field "id", but "a", "b", "c", "d", "e", "f", "g", "h", …',
    );
    expect(noColumn([], namesOf('id', 'key'), 'object')).toBe('the object has no field "key"');
  });

  test('is ambiguous if two have the name', () => {
    expect(() => columnIn(['text', 'Text'], namesOf('text', undefined), 'header')).toThrow(
      new RecordError('the header has two columns "text"'),
    );
  });
});
