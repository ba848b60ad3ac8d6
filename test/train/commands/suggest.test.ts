import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, it } from 'vitest';
import { main } from '../../../train/cli.ts';
import { readRecords } from '../../../train/data/records.ts';
import { run } from '../../fixtures/command.ts';
import { temporaryFolder } from '../../fixtures/temporary.ts';

const suggest = (...args: string[]) => run(main, ['suggest', ...args]);

async function fileOf(content: string, name = 'mine.csv'): Promise<string> {
  const file = path.join(await temporaryFolder(), name);
  await writeFile(file, content);
  return file;
}

it('prints texts without a label as a table that is read as it is', async () => {
  const file = await fileOf(
    'id,text,label\n1,"Late, and ""open""",bad\n2,"It came, with ""a dent""",\n3,"A soup\nof soap", \n4,,\n',
  );
  const { code, stdout, stderr } = await suggest(file, '--model', 'model', '--count', '5');
  expect([code, stderr]).toEqual([0, expect.stringContaining('2 of 2 texts without a label; 1 text with a label ')]);
  const table = await fileOf(stdout, 'more.csv');
  const records: string[][] = [];
  for await (const { text, label } of readRecords(table, {})) records.push([text, label]);
  expect(records.sort()).toEqual([
    ['A soup\nof soap', ''],
    ['It came, with "a dent"', ''],
  ]);
});

it('reads a file without labels', async () => {
  const file = await fileOf('It came late.\nThe soup is cold.\n', 'mine.txt');
  const { stdout } = await suggest(file, '--model', 'model', '--count', '1', '--json');
  expect(JSON.parse(stdout)).toMatchObject({ version: expect.any(String), texts: [expect.any(String)] });
});

it('refuses what it cannot use in one line', async () => {
  const labelled = await fileOf('text,label\nLate.,bad\n');
  for (const [args, code, message] of [
    [[], 2, 'suggest takes one file of texts'],
    [[labelled], 2, 'suggest needs --model <the bundle trained on the labels so far>'],
    [[labelled, '--model', 'model', '--count', '0'], 2, '--count takes a whole number from 1 to 500'],
    [[labelled, '--model', 'model'], 1, `${labelled}: there is no text without a label`],
    [[labelled, '--model', 'model', '--label-column', 'mood'], 1, `${labelled}:1: the header has no column "mood"`],
  ] as const) {
    const outcome = await suggest(...args);
    expect([outcome.code, outcome.stdout], message).toEqual([code, '']);
    expect(outcome.stderr).toContain(`error: ${message}`);
  }
});
