import { parse } from 'csv-parse/sync';
import { expect, test } from 'vitest';
import { tableRow } from '../../../shared/files/table-row.ts';

test('a cell is quoted if needed', () => {
  const cells = ['a', 'b, c', 'say "so"', 'two\nlines', 'two\r', '', undefined, 0, false, 0.5];
  expect(tableRow(cells, ',')).toBe('a,"b, c","say ""so""","two\nlines","two\r",,,0,false,0.5\n');
  expect(tableRow(['a\tb', 'c, d'], '\t')).toBe('"a\tb"\tc, d\n');
});

test.each([
  '=1+1',
  '+1+1',
  '-1+1',
  '@SUM(A1)',
  ' =1',
  '\t=1',
  '\r=1',
  '\n=1',
  '\uFEFF=1',
  '＝1',
  '-',
  '=HYPERLINK("x","y")',
  "=cmd|' /C calc'!A0",
  '\tx',
])('a spreadsheet reads %j as text, not as a formula', (cell) => {
  expect(parse(tableRow([cell], ','), { relax_column_count: true })).toEqual([[`'${cell}`]]);
});

test.each(['-1', '+1', '-0.5', '-1,5', '-1.000,5', '-.5', '+1e-7', '-12.5%', "it's", 'a=b', '1-1', "'=1"])(
  '%j stays',
  (cell) => {
    expect(parse(tableRow([cell], ','))).toEqual([[cell]]);
  },
);
