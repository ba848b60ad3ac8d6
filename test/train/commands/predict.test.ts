/** `npm run predict -- <file> --out <file>`: the records of a file with their answers. */
import { copyFile, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { parse } from 'csv-parse/sync';
import { describe, expect, it, test } from 'vitest';
import { askedBy, formatOf } from '../../../cli/input.ts';
import { folderUrl } from '../../../edge/runtime/files.ts';
import type { Format } from '../../../shared/files/beginning.ts';
import { main } from '../../../train/cli.ts';
import { openClassifier } from '../../../train/export/bundle.ts';
import { type LabelTask, labelFile } from '../../../train/prediction/file.ts';
import { type ClassifierPool, createPool } from '../../../train/prediction/pool.ts';
import { type Options, run, start } from '../../fixtures/command.ts';
import { FILES, type FileCase } from '../../fixtures/files.ts';
import { collectGarbage } from '../../fixtures/garbage.ts';
import { refusal } from '../../fixtures/refusal.ts';
import { temporaryFolder } from '../../fixtures/temporary.ts';

const { classifier, manifest } = await openClassifier('model');
const LABELS = manifest.labels;
const predict = (args: readonly string[], options?: Options) => run(main, ['predict', ...args], options);
const label = async (text: string) => (await classifier.classify([{ text }]))[0]?.label;

async function labelled(name: string, content: string | Uint8Array, args: readonly string[] = [], outName = 'out.csv') {
  const folder = await temporaryFolder();
  const [file, out] = [path.join(folder, name), path.join(folder, outName)];
  await writeFile(file, content);
  const outcome = await predict([file, '--out', out, ...args]);
  return {
    ...outcome,
    file,
    out,
    written: await readFile(out, 'utf8').catch(() => undefined),
    left: await readdir(folder),
  };
}

describe('a table', () => {
  it('keeps its columns, and gets an answer or a reason in each row', async () => {
    const rows = ['7,"A lovely, lovely film",=1+1', '8,"Dull and ""awful""",-3', '9,, ', '10,one, two,three'];
    const { code, stdout, written, left, out } = await labelled('mine.csv', `id,text,note\r\n${rows.join('\r\n')}\r\n`);
    expect([code, stdout]).toEqual([
      0,
      expect.stringMatching(/^4 records, of which 2 have no answer \(predicted_error says why\), in \d+ s: .*\n$/),
    ]);
    const scores = LABELS.map((name) => `score_${name}`);
    const [header, first, second, empty, bad] = parse(written as string);
    expect(header).toEqual(['id', 'text', 'note', 'predicted_label', 'predicted_score', ...scores, 'predicted_error']);
    expect(first?.slice(0, 4)).toEqual(['7', 'A lovely, lovely film', "'=1+1", await label('A lovely, lovely film')]);
    expect(second?.slice(0, 4)).toEqual(['8', 'Dull and "awful"', '-3', await label('Dull and "awful"')]);
    expect(
      first
        ?.slice(5, -1)
        .map(Number)
        .reduce((sum, score) => sum + score, 0),
    ).toBeCloseTo(1, 5);
    const none = ['', '', ...scores.map(() => '')];
    expect(empty).toEqual(['9', '', ' ', ...none, 'line 4: the text is empty']);
    expect(bad).toEqual(['', '', '', ...none, expect.stringMatching(/^line 5: the row has 4 columns instead of 3; /)]);
    expect(left.sort()).toEqual(['mine.csv', path.basename(out)]);
  });

  it('is read in another dialect by the flags of training', async () => {
    const content = Buffer.from('x;caf\xe9 was lovely\n', 'latin1');
    const flags = ['--no-header', '--text-column', '2', '--delimiter', 'semicolon', '--encoding', 'latin1'];
    const { written } = await labelled('mine.csv', content, flags, 'out.tsv');
    expect(written?.split('\n')[0]).toMatch(/^1\t2\tpredicted_label\t/);
    expect(written?.split('\n')[1]).toMatch(/^x\tcafé was lovely\t/);
  });
});

it('objects keep their fields', async () => {
  const content = '{"review":{"body":"Lovely."},"stars":5}\n{"stars":1}\nnone\n{"review":{"body":7}}\n';
  const { written } = await labelled('mine.jsonl', content, ['--text-column', 'review.body'], 'out.jsonl');
  const lines =
    written
      ?.trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line)) ?? [];
  expect(lines).toMatchObject([
    {
      review: { body: 'Lovely.' },
      stars: 5,
      predicted_label: await label('Lovely.'),
      predicted_scores: LABELS.map(() => ({})),
    },
    { stars: 1, predicted_error: 'line 2: there is no text' },
    { predicted_error: 'line 3: the line is not JSON in UTF-8' },
    { review: { body: 7 }, predicted_error: 'line 4: the text is not a string; --text-column names another field' },
  ]);
});

it('objects get the answers to their sentences with --sentences', async () => {
  const text = 'The room was lovely. The food was awful.';
  const { written } = await labelled('mine.csv', `text\n${text}\n`, ['--sentences'], 'out.jsonl');
  const [alone] = await classifier.classify([{ text, sentences: true }]);
  expect(JSON.parse(written as string)).toMatchObject({ predicted_mixed: true, predicted_sentences: alone?.sentences });
});

it('threads keep none of their answers, and give those of many texts in their order', async () => {
  await using pool = createPool({ folder: folderUrl('model').href, labels: LABELS }, 1);
  const first = new WeakRef((await pool.classify(['Lovely.']))[0] as object);
  await pool.classify(['Awful.']);
  await new Promise((resolve) => setImmediate(resolve)); // a WeakRef keeps what it has in the turn that made it
  collectGarbage();
  expect(first.deref()).toBeUndefined();
  const texts = Array.from({ length: 300 }, (_, place) => (place < 290 ? 'Lovely.' : 'Awful.')); // more than a batch
  const labels = (await pool.classify(texts)).map(({ label }) => label);
  expect(labels).toEqual(texts.map((text) => (text === 'Lovely.' ? 'positive' : 'negative')));
});

/** Answers at once, and the same to all. */
const quick = (): ClassifierPool => ({
  threads: 1,
  classify: async (texts) => texts.map(() => ({ label: 'fine', score: 1, scores: [0, 1] })),
  [Symbol.asyncDispose]: async () => {},
});
const taskOf = (file: string, out: string, flags: FileCase['flags'] = {}): LabelTask => ({
  ...{ file, out, outType: formatOf(out) as LabelTask['outType'], pool: quick() },
  asked: { ...askedBy(flags), format: formatOf(file) as Format },
  text: { name: flags['text-column'] as string | undefined, needed: true, option: '--text-column' },
  model: {
    folder: new URL('../../../model/', import.meta.url).href,
    version: manifest.version,
    labels: ['bad', 'fine'],
  },
});

describe('an awkward file gives its records', () => {
  test.each(FILES.map((one) => [`.${one.extension}: ${one.name}`, one] as const))('%s', async (_, one) => {
    const folder = await temporaryFolder();
    const isJson = /^(jsonl|ndjson|json)/.test(one.extension);
    const [file, out] = [
      path.join(folder, `mine.${one.extension}`),
      path.join(folder, `out.${isJson ? 'jsonl' : 'csv'}`),
    ];
    await writeFile(file, one.content);
    const { 'label-column': _label, ...flags } = one.flags;
    const attempt = labelFile(taskOf(file, out, flags));
    if (typeof one.expected === 'string') {
      expect((await refusal(attempt)).startsWith(`${file}:${one.expected}`)).toBe(true);
      return;
    }
    // A file in another encoding, or whose first record lacks the text, is not labelled.
    const fatal = one.expected.find(
      ([, second], place) =>
        typeof second !== 'string' &&
        (/ UTF-\d+( text)?; save/.test(second.error) ||
          (place === 0 && /no field|the text is an object/.test(second.error))),
    );
    if (fatal !== undefined) {
      expect((await refusal(attempt)).startsWith(`${file}:${fatal[0]}: ${(fatal[1] as { error: string }).error}`)).toBe(
        true,
      );
      return;
    }
    await attempt;
    const written = await readFile(out, 'utf8');
    const errors: (string | undefined)[] = isJson
      ? written
          .split('\n')
          .filter(Boolean)
          .map((line) => JSON.parse(line).predicted_error)
      : parse(written)
          .slice(1)
          .map((row: string[]) => row.at(-1) || undefined);
    const reasons = one.expected.map(([line, second]) =>
      typeof second === 'string' ? undefined : `line ${line}: ${second.error}`,
    );
    expect(errors).toEqual(reasons);
  });
});

describe('a run', () => {
  const rows = Array.from(
    { length: 20_000 },
    (_, number) => `${number},Film ${number} was ${number % 2 ? 'lovely' : 'dull'}.`,
  );
  const content = `id,text\n${rows.join('\n')}\n`;

  /** A file, and its table from a run that nothing stopped. */
  async function labelledWhole() {
    const folder = await temporaryFolder();
    const inFolder = (name: string) => path.join(folder, name);
    const [file, whole] = [inFolder('mine.csv'), inFolder('whole.csv')];
    await writeFile(file, content);
    await labelFile(taskOf(file, whole));
    return { folder, file, whole, out: inFolder('out.csv') };
  }

  /** Labels a file, and stops at the first progress. */
  async function stoppedIn(folder: string) {
    const [file, out] = [path.join(folder, 'mine.csv'), path.join(folder, 'out.csv')];
    await writeFile(file, content);
    const stopping = new AbortController();
    await labelFile({ ...taskOf(file, out), signal: stopping.signal, onProgress: () => stopping.abort() });
    return { file, out };
  }

  it('that was stopped continues to the same table', async () => {
    const { folder, file, whole, out } = await labelledWhole();
    const stopping = new AbortController();
    const task = taskOf(file, out);
    const seen: number[] = [];
    const stopped = await labelFile({
      ...task,
      signal: stopping.signal,
      onProgress: (_, { records }) => {
        seen.push(records);
        stopping.abort();
      },
    });
    expect(stopped).toBeUndefined();
    expect((await readdir(folder)).sort()).toEqual(['mine.csv', 'out.csv.part', 'out.csv.part.json', 'whole.csv']);
    const after: number[] = [];
    const tally = await labelFile({ ...task, onProgress: (_, { records }) => after.push(records) });
    expect(tally).toEqual({ records: 20_000, failed: 0 });
    expect(after[0]).toBeGreaterThan(seen.at(-1) as number);
    expect(await readFile(out, 'utf8')).toBe(await readFile(whole, 'utf8'));
    expect(
      parse(await readFile(out, 'utf8'))
        .slice(1)
        .map(([id]: string[]) => Number(id)),
    ).toEqual([...rows.keys()]);
    expect((await readdir(folder)).sort()).toEqual(['mine.csv', 'out.csv', 'whole.csv']);
  });

  it('leaves a table that another command continues meanwhile to that one', async () => {
    const { folder, whole } = await labelledWhole();
    const { file, out } = await stoppedIn(folder);
    let done: Promise<unknown> | undefined;
    const classify: ClassifierPool['classify'] = async (texts) => {
      done ??= labelFile(taskOf(file, out));
      await done;
      return quick().classify(texts);
    };
    const why = await refusal(labelFile({ ...taskOf(file, out), pool: { ...quick(), classify } }));
    expect(why).toContain('out.csv.part: another command began to write it');
    expect(await readFile(out, 'utf8')).toBe(await readFile(whole, 'utf8'));
    expect((await readdir(folder)).sort()).toEqual(['mine.csv', 'out.csv', 'whole.csv']);
  });

  it('with other flags keeps what a stopped one has done, unless it is forced to begin anew', async () => {
    const { file, out } = await stoppedIn(await temporaryFolder());
    const before = await readFile(`${out}.part`, 'utf8');
    const other = taskOf(file, out);
    const task = { ...other, model: { ...other.model, labels: ['fine', 'bad'] } };
    expect(await refusal(labelFile(task))).toContain('out.csv.part was begun with another choice of labels; run that');
    expect(await readFile(`${out}.part`, 'utf8')).toBe(before);
    expect(await labelFile({ ...task, force: true })).toEqual({ records: 20_000, failed: 0 });
  });

  it('begins anew if its unfinished table is gone', async () => {
    const { file, out } = await stoppedIn(await temporaryFolder());
    await rm(`${out}.part`);
    expect(await labelFile(taskOf(file, out))).toEqual({ records: 20_000, failed: 0 });
  });

  it('does not take the table of another run with the same --out for its own', async () => {
    const folder = await temporaryFolder();
    const [file, out] = [path.join(folder, 'mine.csv'), path.join(folder, 'out.csv')];
    await writeFile(file, 'text\nA film.\n');
    const other = { ...taskOf(file, out), model: { ...taskOf(file, out).model, version: 'other' } };
    const task = taskOf(file, out);
    let done: Promise<unknown> | undefined;
    const classify: ClassifierPool['classify'] = async (texts) => {
      done ??= labelFile(other);
      await done;
      return quick().classify(texts);
    };
    const why = await refusal(labelFile({ ...task, pool: { ...quick(), classify } }));
    expect(why).toContain('out.csv.part: another command began to write it');
    expect(await readFile(out, 'utf8')).toContain('A film.');
  });

  it('leaves no folder for a file that is not there', async () => {
    const folder = await temporaryFolder();
    const { code } = await predict([path.join(folder, 'missing.csv'), '--out', path.join(folder, 'new', 'out.csv')]);
    expect([code, await readdir(folder)]).toEqual([1, []]);
  });

  it('stops at Ctrl-C, and says how to continue', async () => {
    const folder = await temporaryFolder();
    const [file, out] = [path.join(folder, 'mine.csv'), path.join(folder, 'out.csv')];
    const long = Array.from({ length: 600 }, (_, number) => `${number},${'The film was lovely. '.repeat(50)}`);
    await writeFile(file, `id,text\n${long.join('\n')}\n`); // of many pieces, so that there is something left
    const command = start(main, ['predict', file, '--out', out]);
    await new Promise((resolve) => setTimeout(resolve, 50));
    for (;;) {
      try {
        command.interrupt();
        break;
      } catch {
        await new Promise((resolve) => setTimeout(resolve, 20)); // it does not listen yet
      }
    }
    expect(await command.ended).toMatchObject({
      code: 130,
      stdout: '',
      stderr: expect.stringContaining('the same command goes on'),
    });
    expect(await predict([file, '--out', out])).toMatchObject({ code: 0 });
    expect(parse(await readFile(out, 'utf8'))).toHaveLength(601);
  });
});

it('texts of standard input in another encoding are refused, not scored', async () => {
  const { code, stdout, stderr } = await predict([], { input: Buffer.from('good\ncaf\xe9\n', 'latin1') });
  expect([code, stdout.split('\n').length, stderr]).toEqual([
    1,
    2,
    expect.stringMatching(
      /^error: standard input:2: the line is not UTF-8 text; save the file as UTF-8 .*--encoding windows-1252/,
    ),
  ]);
});

test('objects keep their numbers as written, and lose the answers of an earlier run', async () => {
  const lines =
    '{"id": 1765432109876543210, "stars": [5.0], "text": "Good", "predicted_error": "old"}\n{"predicted_label": "old"}\n';
  const { written = '' } = await labelled('mine.jsonl', Buffer.from(lines), [], 'out.jsonl');
  const [first = '', second = ''] = written.split('\n');
  expect(first).toMatch(/^\{"id":1765432109876543210,"stars":\[5\.0\],"text":"Good","predicted_label":/);
  expect(first).not.toContain('old');
  expect(JSON.parse(second)).toEqual({ predicted_error: expect.stringContaining('line 2: ') });
});

describe('is refused in one line', () => {
  it.each<[string, string, readonly string[], string, number, string]>([
    [
      'a table without the column',
      'a,b\n1,2\n',
      [],
      'out.csv',
      1,
      '1: the header has no column "text" or "review", but "a", "b"; name it with --text-column',
    ],
    ['another encoding', 'text\nG\xff\n', [], 'out.csv', 1, '2: the row is not UTF-8 text'],
    [
      'a table that was labelled',
      'text,predicted_label\nA,b\n',
      [],
      'out.csv',
      1,
      'it has the column "predicted_label" already',
    ],
    ['two columns of a name as objects', 'a,a,text\n1,2,A\n', [], 'out.jsonl', 1, 'the header has two columns "a"'],
    ['an --out of another kind', 'text\nGood\n', [], 'out.xlsx', 2, '--out must end in .csv, .tsv or .jsonl'],
    ['sentences in a table', 'text\nGood\n', ['--sentences'], 'out.csv', 2, '--out must end in .jsonl'],
  ])('%s', async (_, content, args, outName, code, why) => {
    const result = await labelled('mine.csv', Buffer.from(content, 'latin1'), args, outName);
    expect([result.code, result.written, result.left]).toEqual([code, undefined, ['mine.csv']]);
    expect(result.stderr).toMatch(/^error: .*\n$/m);
    expect(result.stderr).toContain(why);
  });

  it('an existing file, a file as a text, and objects as a table', async () => {
    const folder = await temporaryFolder();
    const [file, out] = [path.join(folder, 'mine.csv'), path.join(folder, 'there', 'out.csv')];
    await mkdir(path.dirname(out));
    await writeFile(file, 'text\nGood\n');
    await copyFile(file, out);
    expect((await predict([file, '--out', out])).stderr).toContain('is there already; --force replaces it');
    expect((await predict([file, '--out', file])).stderr).toContain('--out is the input file');
    expect((await predict([file])).stderr).toContain('is a file; --out says where');
    expect((await predict(['missing.csv'])).stderr).toBe('error: missing.csv: no such file\n');
    expect((await predict(['Good', '--force'])).stderr).toContain('--force is for a file; give it with --out');
    expect((await predict(['mine.jsonl', '--out', out])).stderr).toContain('--out must end in .jsonl');
    expect(await predict([file, '--out', out, '--force'])).toMatchObject({ code: 0 });
  });
});
