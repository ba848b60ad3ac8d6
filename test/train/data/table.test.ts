import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { UsageError } from '../../../cli/errors.ts';
import { type Dataset, type DatasetOptions, type Review, readDataset } from '../../../train/data/dataset.ts';
import { duplicateKey } from '../../../train/data/duplicates.ts';
import { refusal } from '../../fixtures/refusal.ts';
import { temporaryFolder } from '../../fixtures/temporary.ts';

/** Enough reviews, `text 0` to `text 99` with labels in turn, for either label to be in either split. */
const ROWS: readonly (readonly [text: string, label: string])[] = Array.from({ length: 100 }, (_, index) => [
  `text ${index}`,
  index % 2 === 0 ? 'negative' : 'positive',
]);
const linesOf = (rows: Iterable<readonly string[]>) => Array.from(rows, (row) => `${row.join(',')}\n`).join('');
const BODY = linesOf(ROWS);
const CSV = `text,label\n${BODY}`;

type Content = string | Uint8Array;

async function write(name: string, content: Content): Promise<string> {
  const file = path.join(await temporaryFolder(), name);
  await writeFile(file, content);
  return file;
}

async function readWithWarnings(
  content: Content,
  { name = 'mine.csv', ...options }: DatasetOptions & { name?: string } = {},
): Promise<{ dataset: Dataset; warnings: string[] }> {
  const warnings: string[] = [];
  const onWarning = (warning: string) => {
    expect(warning).toMatch(/^\P{Cc}+$/u);
    warnings.push(warning);
  };
  return { dataset: await readDataset(await write(name, content), { ...options, onWarning }), warnings };
}

const read = async (...args: Parameters<typeof readWithWarnings>) => (await readWithWarnings(...args)).dataset;

/** The warnings, without the one that each of these datasets is small. */
async function warningsOf(...args: Parameters<typeof readWithWarnings>): Promise<string[]> {
  const { dataset, warnings } = await readWithWarnings(...args);
  expect(warnings.at(-1)).toBe(
    `only ${dataset.train.length + dataset.test.length} reviews: the accuracy measured on so few is rough`,
  );
  return warnings.slice(0, -1);
}

/** Why the file is refused, without its folder: `mine.csv:17: …`. */
async function refusalOf(
  content: Content,
  { name = 'mine.csv', ...options }: DatasetOptions & { name?: string } = {},
): Promise<string> {
  const file = await write(name, content);
  const message = await refusal(readDataset(file, options));
  expect(message.startsWith(file)).toBe(true);
  return message.slice(path.dirname(file).length + 1);
}

const allOf = ({ train, test }: Dataset): readonly Review[] => [...train, ...test];
const labelsByText = (dataset: Dataset) => new Map(allOf(dataset).map(({ text, label }) => [text, label]));
const textsOf = (reviews: readonly Review[]) => reviews.map(({ text }) => text);
const EXPECTED = new Map(ROWS.map(([text, label]) => [text, label === 'positive' ? 1 : 0]));
const sorted = (map: ReadonlyMap<string, number>) => [...map].sort(([a], [b]) => (a < b ? -1 : 1));

describe('a file of reviews', () => {
  const objects = (text: string, label: string) =>
    ROWS.map((row) => `${JSON.stringify({ [text]: row[0], [label]: row[1] })}\n`).join('');
  it.each([
    ['mine.csv', CSV],
    ['MINE.CSV', CSV],
    ['mine.csv', `review,sentiment\n${BODY}`], // Kaggle's
    ['mine.csv', ` Text ,LABEL\n${BODY}`],
    ['mine.csv', `\uFEFF${CSV}`],
    ['mine.csv', CSV.replaceAll('\n', '\r\n')],
    ['mine.csv', CSV.replace('\n', '\r\n')], // one line only
    ['mine.csv', CSV.trimEnd()],
    ['mine.csv', `\n${CSV.replaceAll('\n', '\n\n')}`],
    ['mine.csv', ` \t\n${CSV.replaceAll('\n', '\r\n \t \r\n')}`],
    ['mine.csv', `label,id,text\n${linesOf(ROWS.map(([text, label]) => [label, '7', text]))}`],
    ['mine.tsv', CSV.replaceAll(',', '\t')],
    ['mine.jsonl', objects('text', 'label')],
    ['mine.ndjson', objects('review', 'sentiment')],
    ['mine.jsonl', `\uFEFF${objects('text', 'label').replaceAll('\n', '\r\n\r\n')}`],
  ])('is read whatever its kind: %s %#', async (name, content) => {
    const dataset = await read(content, { name });
    expect(sorted(labelsByText(dataset))).toEqual(sorted(EXPECTED as Map<string, number>));
    expect(dataset).toMatchObject({ official: false, labels: ['negative', 'positive'], unlabelled: [] });
  });

  it('keeps a text unchanged', async () => {
    const texts = ['one, two', 'a "quote"', 'two\nlines', 'two\r\nlines', ' blank ends ', 'naïve 🎬 \uFEFF'];
    const rows = texts.map((text) => [`"${text.replaceAll('"', '""')}"`, 'negative']);
    const objects = [...ROWS, ...texts.map((text) => [text, 'negative'])].map(([text, label]) => ({ text, label }));
    for (const dataset of [
      await read(`${CSV}${linesOf(rows)}`),
      await read(objects.map((object) => JSON.stringify(object)).join('\n'), { name: 'mine.jsonl' }),
    ]) {
      expect(textsOf(allOf(dataset))).toEqual(expect.arrayContaining(texts.slice(0, 3)));
      expect(textsOf(allOf(dataset))).toEqual(expect.arrayContaining(texts.slice(4)));
      // "two\nlines" and "two\r\nlines" are copies; the smaller one is kept.
      expect(allOf(dataset)).toHaveLength(ROWS.length + texts.length - 1);
    }
  });

  it('uses the columns that the flags name', async () => {
    const content = `text,stars,body\n${linesOf(ROWS.map(([text, label]) => ['x', label, text]))}`;
    const named = { textColumn: 'Body', labelColumn: 'stars' };
    expect(sorted(labelsByText(await read(content, named)))).toEqual(sorted(EXPECTED as Map<string, number>));
    expect(await refusalOf(content, { textColumn: 'nody' })).toBe(
      'mine.csv:1: the header has no column "nody", but "text", "stars", "body"; name it with --text-column, or add --no-header if this row is a record',
    );
    expect(await refusalOf(content)).toContain('no column "label" or "sentiment", but "text", "stars", "body"');
  });

  it('names each review by its line', async () => {
    const rows = ['"two\r\nlines, ""quoted""",positive', '', 'next,positive', 'wörld,negative'].join('\r\n');
    const { train, test } = await read(`\uFEFF${CSV.replaceAll('\n', '\r\n')}${rows}`);
    const idOf = (start: string) => [...train, ...test].find(({ text }) => text.startsWith(start))?.id;
    expect(['text 0', 'two', 'next', 'wörld'].map(idOf)).toEqual([
      'mine.csv:2',
      'mine.csv:102',
      'mine.csv:105',
      'mine.csv:106',
    ]);
  });

  it('may have records of up to 1 MiB', async () => {
    const row = (bytes: number) => `${'a'.repeat(bytes - ',positive'.length)},positive`;
    const most = await read(`${CSV}${row(2 ** 20)}\n`);
    expect(Math.max(...textsOf(allOf(most)).map(({ length }) => length))).toBe(2 ** 20 - ',positive'.length);
    expect(await refusalOf(`${CSV}${row(2 ** 20 + 1)}\n`)).toBe(
      'mine.csv:102: the record has more than 1048576 bytes; look for a quote that is never closed',
    );
    const object = JSON.stringify({ text: 'é'.repeat(2 ** 19), label: 'x' });
    expect(await refusalOf(`${object}\n`, { name: 'mine.jsonl' })).toBe(
      'mine.jsonl:1: the record has more than 1048576 bytes',
    );
  });
});

describe('the labels', () => {
  /** The rows, labelled in turn. */
  const labelled = (...labels: string[]) =>
    `text,label\n${linesOf(ROWS.map(([text], index) => [text, labels[index % labels.length] as string]))}`;

  it.each([
    ['neg', 'pos'],
    ['0', '1'],
    ['-1', '1'],
    ['0', '4'],
    ['1', '2'],
    ['1', '5'],
    ['LABEL_0', 'LABEL_1'],
    ['1 star', '5 stars'],
    ['FALSE', 'TRUE'],
    ['No', 'Yes'],
    ['bad', 'good'],
  ])('are ordered from bad to good by their names: %s, %s', async (negative, positive) => {
    const { dataset, warnings } = await readWithWarnings(labelled(negative, positive));
    expect(dataset.labels).toEqual([negative, positive]);
    expect(sorted(labelsByText(dataset))).toEqual(sorted(EXPECTED as Map<string, number>));
    expect(warnings).toHaveLength(1); // that it is small
    expect((await read(labelled(positive, negative))).labels).toEqual([negative, positive]);
  });

  it.each([
    ['ham', 'spam'], // by the alphabet
    ['so-so', 'Good'], // one of them is well known
    ['negative', 'fine'],
  ])('are ordered with a warning if their names do not tell: %s, %s', async (first, second) => {
    const { dataset, warnings } = await readWithWarnings(labelled(first, second));
    expect(dataset.labels).toEqual([first, second]);
    expect(sorted(labelsByText(dataset))).toEqual(sorted(EXPECTED as Map<string, number>));
    expect(warnings[0]).toBe(`the labels are taken to be in this order: "${first}", "${second}"; --labels changes it`);
  });

  it.each([[['spam', 'ham']], [['positive', 'negative']], [['3', '1', '2']]])(
    'are ordered by --labels: %j',
    async (labels) => {
      const { dataset, warnings } = await readWithWarnings(labelled(...labels), { labels });
      expect(dataset.labels).toEqual(labels);
      expect(labelsByText(dataset).get('text 1')).toBe(1);
      expect(warnings).toHaveLength(1);
    },
  );

  it.each([[['ham', 'eggs']], [['ham']], [['ham', 'spam', 'ham']], [['ham', 'spam', 'eggs']], [['Ham', 'spam']]])(
    'in --labels must be those of the file: %j',
    async (labels) => {
      const attempt = readDataset(await write('mine.csv', labelled('ham', 'spam')), { labels });
      await expect(attempt).rejects.toThrow(UsageError);
      await expect(attempt).rejects.toThrow('--labels must name each label once; the labels are "ham", "spam"');
    },
  );

  it('may be a number or a truth value in JSON', async () => {
    for (const [negative, positive] of [
      [0, 1],
      [false, true],
    ]) {
      const objects = ROWS.map(([text, label]) => ({ text, label: label === 'positive' ? positive : negative }));
      const content = objects.map((object) => JSON.stringify(object)).join('\n');
      expect((await read(content, { name: 'a.jsonl' })).labels).toEqual([String(negative), String(positive)]);
    }
  });

  it.each<[string, string[]]>([
    ['three, bad to good', ['negative', 'neutral', 'positive']],
    ['stars', ['1', '2', '3', '4', '5']],
    ['numbers by their size', ['-1', '0', '2', '10']],
  ])('may be more than two: %s', async (_, labels) => {
    const { dataset, warnings } = await readWithWarnings(labelled(...labels.toReversed()));
    expect(dataset.labels).toEqual(labels);
    expect(labelsByText(dataset).get('text 0')).toBe(labels.length - 1);
    expect(warnings).toHaveLength(1);
  });

  it('may have any names, up to a hundred', async () => {
    const rows = (count: number) =>
      Array.from({ length: 40 * count }, (_, index) => [`text ${index}`, `topic ${index % count}`]);
    const { dataset, warnings } = await readWithWarnings(`text,label\n${linesOf(rows(100))}`);
    expect(dataset.labels).toHaveLength(100);
    expect(dataset.labels).toEqual(dataset.labels.toSorted());
    expect(warnings[0]).toBe(
      'the labels are taken to be in this order: "topic 0", "topic 1", "topic 10", "topic 11", "topic 12", "topic 13", ' +
        '"topic 14", "topic 15", "topic 16", "topic 17", "topic 18", "topic 19" and 88 more; --labels changes it',
    );
    expect(await refusalOf(`text,label\n${linesOf(rows(101))}`)).toBe(
      'mine.csv:102: there are more than 100 labels; name the column of the labels with --label-column, or put them into groups with --group',
    );
    const groups = new Map(Array.from({ length: 150 }, (_, place) => [`topic ${place}`, place < 75 ? 'low' : 'high']));
    expect((await read(`text,label\n${linesOf(rows(150))}`, { groups })).labels).toEqual(['high', 'low']);
  });

  it('spelled in two ways are one, and reported', async () => {
    const spelled = ['Good', 'bad', 'good', 'bad', 'good', ' bad', 'GOOD', 'bad', 'good', 'bad'];
    const { dataset, warnings } = await readWithWarnings(labelled(...spelled));
    expect(dataset.labels).toEqual(['bad', 'good']);
    expect(labelsByText(dataset).get('text 0')).toBe(1);
    expect(warnings[0]).toBe(
      '"GOOD", "Good", "good" are read as one label, "good"; --group gives one of them another name',
    );
    const numbers = await readWithWarnings(labelled('1', '2.0', '1.0', '2', '1', '2'));
    expect(numbers.dataset.labels).toEqual(['1', '2']);
    const dropped = await readWithWarnings(labelled('Good', 'good', 'bad', 'fair'), { drop: new Set(['good']) });
    expect(dropped.dataset.labels).toEqual(['bad', 'fair']);
    const groups = new Map([['Good', 'capital']]);
    expect((await read(labelled('Good', 'good', 'bad'), { groups })).labels).toEqual(['bad', 'capital', 'good']);
  });

  it('that differ for one text leave it out, unless only the spelling differs', async () => {
    const more = linesOf([
      ['same', 'Negative'],
      ['same', 'negative'],
      ['three', 'negative'],
      ['three', 'neutral'],
      ['three', 'positive'],
    ]);
    const { dataset, warnings } = await readWithWarnings(labelled('negative', 'neutral', 'positive') + more);
    expect(warnings.slice(1, 3)).toEqual([
      '1 review repeats another one and was left out',
      '3 reviews occur with more than one label and were left out',
    ]);
    expect(labelsByText(dataset).get('same')).toBe(0);
    expect(labelsByText(dataset).has('three')).toBe(false);
  });

  it('are grouped by --group and dropped by --drop', async () => {
    const stars = labelled('1', '2', '3', '4', '5');
    const groups = new Map([
      ['1', 'negative'],
      ['2', 'negative'],
      ['4', 'positive'],
      ['5', 'positive'],
    ]);
    const { dataset, warnings } = await readWithWarnings(stars, { groups, drop: new Set(['3']) });
    expect(dataset.labels).toEqual(['negative', 'positive']);
    const byText = labelsByText(dataset);
    expect(['text 0', 'text 1', 'text 2', 'text 3', 'text 4'].map((text) => byText.get(text))).toEqual([
      0,
      0,
      undefined,
      1,
      1,
    ]);
    expect(allOf(dataset)).toHaveLength(80);
    expect(warnings).toHaveLength(1);
    const three = await read(stars, { groups: new Map([...groups, ['3', 'neutral']]) });
    expect(three.labels).toEqual(['negative', 'neutral', 'positive']);
  });

  it.each([
    ['--group', { groups: new Map([['6', 'high']]) }],
    ['--drop', { drop: new Set(['6']) }],
  ])('cannot be changed by %s if they do not occur', async (flag, options) => {
    const attempt = readDataset(await write('mine.csv', labelled('1', '2', '3')), options);
    await expect(attempt).rejects.toThrow(UsageError);
    await expect(attempt).rejects.toThrow(`${flag}: no review has the label "6"; the labels are "1", "2", "3"`);
  });
});

describe('the texts left out', () => {
  it('are copies, ignoring case and white space', async () => {
    const dataset = `${CSV}TEXT 3,positive\n"  text\n\t3 ",positive\ntext 8,negative\n`;
    expect(await warningsOf(dataset)).toEqual(['3 reviews repeat another one and were left out']);
    expect(allOf(await read(dataset))).toHaveLength(100);
    expect(await warningsOf(`${CSV}text 1,positive`)).toEqual(['1 review repeats another one and was left out']);
  });

  it('are empty texts', async () => {
    const content = `${CSV},positive\n" \n",\n"",neutral\n`;
    expect(await warningsOf(content)).toEqual(['3 reviews are empty and were left out']);
    expect(await warningsOf(`${CSV},positive`)).toEqual(['1 review is empty and was left out']);
  });

  it('are texts with two labels, and their copies', async () => {
    const content = `${CSV}Text 3,negative\ntext 3,positive\nboth,positive\nboth,negative\n`;
    expect(await warningsOf(content)).toEqual(['5 reviews occur with more than one label and were left out']);
    const texts = textsOf(allOf(await read(content)));
    expect(texts).toHaveLength(99);
    expect(texts).not.toContain('text 3');
  });

  it('are not texts without a label, unless they are copies', async () => {
    const content = `${CSV}who knows,\nnobody,  \nNobody,\ntext 7,\n`;
    expect(await warningsOf(content)).toEqual([
      '2 reviews repeat another one and were left out',
      '2 reviews have no label; only --preset best learns from such',
    ]);
    const dataset = await read(content);
    expect([...dataset.unlabelled].sort()).toEqual(['Nobody', 'who knows']);
    expect(allOf(dataset)).toHaveLength(100);
    const objects = ROWS.map(([text, label]) => ({ text, label: text === 'text 1' ? null : label }));
    const json = await readWithWarnings(objects.map((object) => JSON.stringify(object)).join('\n'), {
      name: 'a.jsonl',
    });
    expect(json.dataset.unlabelled).toEqual(['text 1']);
    expect(json.warnings[0]).toBe('1 review has no label; only --preset best learns from such');
    const withBareText = [...objects.slice(2), 'a text without an object'].map((value) => JSON.stringify(value));
    expect((await read(withBareText.join('\n'), { name: 'a.jsonl' })).unlabelled).toEqual(['a text without an object']);
  });
});

describe('the warning', () => {
  const numbered = (count: number, positives: number) =>
    `text,label\n${linesOf(Array.from({ length: count }, (_, n) => [`n ${n}`, n < positives ? 'pos' : 'neg']))}`;

  it('names a label that few reviews have', async () => {
    expect((await readWithWarnings(numbered(1_000, 930))).warnings).toEqual([
      'the labels are unbalanced: 93 % pos; accuracy alone will flatter the model',
    ]);
    expect((await readWithWarnings(numbered(1_000, 250))).warnings).toEqual([
      'the labels are unbalanced: 75 % neg; accuracy alone will flatter the model',
    ]);
    expect((await readWithWarnings(numbered(1_000, 260))).warnings).toEqual([]);
    expect((await readWithWarnings(numbered(5_000, 4_980))).warnings[0]).toContain('99 % pos');
  });

  it('names the rare labels among many', async () => {
    const shared = (counts: Readonly<Record<string, number>>) =>
      `text,label\n${linesOf(Object.entries(counts).flatMap(([label, n]) => Array.from({ length: n }, (_, at) => [`${label} ${at}`, label])))}`;
    const rare = { negative: 1_240, neutral: 160, positive: 600 };
    expect((await readWithWarnings(shared(rare))).warnings).toEqual([
      'the labels are unbalanced: 62 % negative, but 8 % neutral; accuracy alone will flatter the model',
    ]);
    expect((await readWithWarnings(shared({ ...rare, neutral: 400 }))).warnings).toEqual([]);
    const topics = Object.fromEntries(
      Array.from({ length: 8 }, (_, place) => [`${place}`, place < 6 ? 100 - 15 * place : 2_000]),
    );
    expect((await readWithWarnings(shared(topics))).warnings[0]).toBe(
      'the labels are unbalanced: 46 % 6, but 2 % 0, 2 % 1, 2 % 2, 1 % 3, under 1 % 4 …; accuracy alone will flatter the model',
    );
  });

  it('names a label that the test split lacks', async () => {
    const warnings = await warningsOf(`${CSV}a rare one,strange\n`);
    expect(warnings.at(-2)).toBe('no review with the label "strange" is in the test split');
  });

  it('says that a dataset is small', async () => {
    expect((await readWithWarnings(numbered(999, 500))).warnings).toEqual([
      'only 999 reviews: the accuracy measured on so few is rough',
    ]);
    expect((await readWithWarnings(numbered(1_000, 500))).warnings).toEqual([]);
  });
});

describe('a file is refused', () => {
  it.each([
    [
      'a missing column',
      'text,mood\na,b\n',
      '1: the header has no column "label" or "sentiment", but "text", "mood"; name it with --label',
    ],
    [
      'no header',
      BODY,
      '1: the header has no column "text" or "review", but "text 0", "negative"; name it with --text-column',
    ],
    ['a column twice', 'text,label,Text\na,b,c\n', '1: the header has two columns "text"'],
    ['a label that is none', `${CSV}x,${'long '.repeat(30)}\n`, `102: the label "${'long '.repeat(8)}`],
    [
      'a label in two lines',
      `${CSV}x,"one\ntwo"\n`,
      '102: the label "one\uFFFDtwo" has characters that do not print; name the column of the labels with --label-column',
    ],
    ['a row with too few columns', `${CSV}alone\n`, '102: the row has 1 column instead of 2; '],
    ['a row with too many', `${CSV}one, two,positive\n`, '102: the row has 3 columns instead of 2; '],
    ['a quote that is never closed', `${CSV}"open,positive\nx,negative\n`, '102: a quote is opened and never closed'],
    [
      'a quote inside quotes',
      `${CSV}"a "quote" in it",positive\n`,
      '102: there is a quote inside a quoted text; double it',
    ],
    [
      'a quote inside no quotes',
      `${CSV}a "quote" in it,positive\n`,
      '102: there is a quote inside a text without quotes around',
    ],
    [
      'a row without an end',
      `${CSV}"${`${'a'.repeat(1_023)}\n`.repeat(2 ** 13 + 1)}`,
      '102: the record has more than 1048576 bytes; ',
    ],
    ['a line without an end', `${CSV}${'a'.repeat(2 ** 23 + 1)}`, '102: the record has more than 1048576 bytes; '],
    ['another encoding', Buffer.from(`${CSV}café,positive\n`, 'latin1'), '102: the row is not UTF-8 text; '],
    ['half a character at its end', Buffer.from(`${CSV}caf\u00e9`).subarray(0, -1), '102: the row is not UTF-8 text; '],
    ['UTF-16 without a mark', Buffer.from(CSV, 'utf16le'), '1: the row has a NUL character: '],
    ['a NUL', `${CSV}a\0,positive\n`, '102: the row has a NUL character: '],
    [
      'a header with control characters',
      'a\x1b[2J\u0085,b\n',
      '1: the header has no column "text" or "review", but "a\uFFFD[2J\uFFFD", "b"',
    ],
  ])('for %s', async (_, content, why) => {
    expect((await refusalOf(content)).startsWith(`mine.csv:${why}`)).toBe(true);
  });

  it.each([
    ['what is not JSON', '{"text": "a", "label": 1}\n\n{"text": "b"', '3: the line is not JSON in UTF-8'],
    ['an array', '[{"text": "a", "label": 1}]', '1: the line must be a JSON string or object'],
    ['null', 'null', '1: the line must be a JSON string or object'],
    ['a missing text', '{"label": 1}', '1: the object has no field "text" or "review", but "label"; '],
    [
      'a missing label',
      '{"text": "a", "label": 1}\n{"text": "b"}',
      '2: the object has no field "label" or "sentiment", but "text"; ',
    ],
    ['an empty object', '{}', '1: the object has no field "text" or "review"; '],
    ['a text that is a number', '{"text": 1, "label": 1}', '1: the text is not a string'],
    [
      'columns instead of rows, as pandas writes them by default',
      '{"text": {"0": "a", "1": "b"}, "label": {"0": "x", "1": "y"}}',
      '1: the text is a column of texts; save an object for each row (pandas: orient="records")',
    ],
    [
      'a text inside an object',
      '{"text": {"body": "a"}, "label": 1}',
      '1: the text is an object with "body"; name its field with --text-column, as in review.body',
    ],
    ['a label that is a list', '{"text": "a", "label": [1]}', '1: the label is neither a string nor a number'],
    ['another encoding', Buffer.from('{"text": "café"}', 'latin1'), '1: the line is not JSON in UTF-8'],
  ])('as JSON lines for %s', async (_, content, why) => {
    expect((await refusalOf(content, { name: 'mine.jsonl' })).startsWith(`mine.jsonl:${why}`)).toBe(true);
  });

  it.each([
    ['', 'mine.csv: no labelled reviews in it'],
    ['text,label\n', 'mine.csv: no labelled reviews in it'],
    ['text,label\na,\n', 'mine.csv: no labelled reviews in it'],
    ['text,label\na,x\nb,x\n', 'mine.csv: every review has the label "x"; reviews of two labels or more are needed'],
    [
      'text,label\na,x\nb,y\nb,x\n',
      'mine.csv: every review has the label "x"; reviews of two labels or more are needed',
    ],
  ])('without reviews, or with one label only: %j', async (content, why) => {
    expect(await refusalOf(content)).toBe(why);
  });

  it('when a split lacks a label', async () => {
    const { test } = await read(CSV);
    const tested = new Set(textsOf(test));
    const without = (dropped: (text: string, label: string) => boolean) =>
      `text,label\n${linesOf(ROWS.filter(([text, label]) => !dropped(text, label)))}`;
    expect(await refusalOf(without((text, label) => tested.has(text) && label === 'negative'))).toBe(
      'mine.csv: no review with the label "negative" is in the test split; the test split is a tenth, so more reviews are needed',
    );
    expect(await refusalOf(without((text, label) => !tested.has(text) && label === 'positive'))).toContain(
      'no review with the label "positive" is in the train split; more are needed, or --drop leaves the label out',
    );
  });
});

it('may have any labels in any split, in any order, for evaluate', async () => {
  const rows = ['one,ham', 'two,spam', 'three,eggs'].join('\n');
  const { dataset, warnings } = await readWithWarnings(`text,label\n${rows}\n`, { labels: 'any' });
  expect(allOf(dataset)).toHaveLength(3);
  expect(dataset.labels).toEqual(['eggs', 'ham', 'spam'].sort());
  expect(warnings).toEqual(['only 3 reviews: the accuracy measured on so few is rough']);
});

describe('the test split', () => {
  const content = (count: number) =>
    `text,label\n${linesOf(Array.from({ length: count }, (_, n) => [`n ${n}`, n % 2 ? 'pos' : 'neg']))}`;

  it('is about a tenth', async () => {
    const { train, test } = await read(content(10_000));
    expect(train.length + test.length).toBe(10_000);
    expect(test.length).toBeGreaterThan(900);
    expect(test.length).toBeLessThan(1_100);
  });

  it('keeps its reviews when others are added', async () => {
    const few = await read(content(500));
    const more = await read(content(2_000));
    expect(textsOf(more.test)).toEqual(expect.arrayContaining(textsOf(few.test)));
    expect(textsOf(more.train)).toEqual(expect.arrayContaining(textsOf(few.train)));
  });

  it('shares no text with training, and does not depend on the order of the file', async () => {
    const word = fc.constantFrom('good', 'Good', 'bad', 'BAD', 'film', ' ', '  ', '\n', 'é', 'e\u0301');
    const rows = fc.array(fc.tuple(fc.array(word, { maxLength: 4 }), fc.constantFrom('negative', 'positive', '')), {
      maxLength: 40,
    });
    const shuffledRows = rows.chain((some) =>
      fc.tuple(fc.constant(some), fc.shuffledSubarray(some, { minLength: some.length })),
    );
    const tableOf = (some: readonly (readonly [string[], string])[]) =>
      `${CSV}${linesOf(some.map(([words, label]) => [`"${words.join('')}"`, label]))}`;
    await fc.assert(
      fc.asyncProperty(shuffledRows, async ([some, others]) => {
        const dataset = await read(tableOf(some));
        const texts = [...textsOf(dataset.train), ...textsOf(dataset.test), ...dataset.unlabelled];
        expect(new Set(texts.map(duplicateKey)).size).toBe(texts.length);
        const withoutIds = ({ train, test, unlabelled }: Dataset) =>
          [train, test]
            .map((reviews) => reviews.map(({ text, label }) => ({ text, label })))
            .concat([unlabelled as any]);
        expect(withoutIds(await read(tableOf(others)))).toEqual(withoutIds(dataset));
      }),
      { numRuns: 60 },
    );
  });
});
