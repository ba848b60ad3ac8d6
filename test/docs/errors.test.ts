/** docs/errors.md lists every problem of the API, as the code has it. */
import { readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { PROBLEMS } from '../../edge/http/errors.ts';

const page = await readFile('docs/errors.md', 'utf8');
const rows = page
  .split('\n')
  .filter((line) => line.startsWith('| `'))
  .map((line) =>
    line
      .slice(1, -1)
      .split('|')
      .map((cell) => cell.trim()),
  );

it('has every code of the API and no other, each once, with its status and title', () => {
  const listed = rows.map(([code, status, title]) => [code?.slice(1, -1), Number(status), title]);
  const known = Object.entries(PROBLEMS).map(([code, { status, title }]) => [code, status, title]);
  const byCode = (a: unknown[], b: unknown[]) => `${a[0]}`.localeCompare(`${b[0]}`);
  expect(listed.toSorted(byCode)).toEqual(known.toSorted(byCode));
});

it('has a cause and a remedy for each, in sentences', () => {
  for (const [code, , , cause, remedy] of rows) {
    expect(cause, code).toMatch(/^[A-Z`].+\.$/);
    expect(remedy, code).toMatch(/^[A-Z`[].+\.$/);
  }
});
