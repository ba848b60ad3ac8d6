import { mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { type Dataset, readDataset } from '../../../train/data/dataset.ts';
import { MAX_ARCHIVE_BYTES, readImdbArchive } from '../../../train/data/imdb.ts';
import {
  type ArchiveEntry,
  CORPUS,
  CORPUS_REVIEWS,
  type CorpusFile,
  entriesOf,
  packCorpus,
  tarOf,
  writeCorpus,
} from '../../fixtures/corpus.ts';
import { refusal } from '../../fixtures/refusal.ts';
import { temporaryFolder } from '../../fixtures/temporary.ts';

/** One review of each kind, the least that is a dataset. */
const FEW: readonly CorpusFile[] = [
  { id: 'train/pos/0_9', text: 'good' },
  { id: 'train/neg/0_2', text: 'bad' },
  { id: 'test/pos/0_8', text: 'fine' },
  { id: 'test/neg/0_1', text: 'poor' },
];
const FEW_READ: Dataset = {
  official: false,
  labels: ['negative', 'positive'],
  train: [
    { id: 'train/neg/0_2', text: 'bad', label: 0 },
    { id: 'train/pos/0_9', text: 'good', label: 1 },
  ],
  test: [
    { id: 'test/neg/0_1', text: 'poor', label: 0 },
    { id: 'test/pos/0_8', text: 'fine', label: 1 },
  ],
  unlabelled: [],
};

const anySize = { anySize: true };

/** A path for an archive, in a folder of its own. */
async function archivePath(): Promise<string> {
  return path.join(await temporaryFolder(), 'reviews.tar.gz');
}

async function readPacked(entries: Iterable<ArchiveEntry>): Promise<Dataset> {
  const file = await archivePath();
  await packCorpus(file, entries);
  return readDataset(file, anySize);
}

async function readWritten(reviews: Iterable<CorpusFile>): Promise<Dataset> {
  const folder = await temporaryFolder();
  await writeCorpus(folder, reviews);
  return readDataset(folder, anySize);
}

/** Why the archive of `entries` is refused; the message is checked to begin with its path. */
async function refusalOfPacked(entries: Iterable<ArchiveEntry>): Promise<string> {
  const file = await archivePath();
  await packCorpus(file, entries);
  return refusalOf(file);
}

/** Why `location` is refused; the message is checked to begin with it. */
async function refusalOf(location: string): Promise<string> {
  const message = await refusal(readDataset(location, anySize));
  expect(message.startsWith(`${location}: `)).toBe(true);
  return message.slice(location.length + 2);
}

describe('the order of the reviews', () => {
  it('is by split, label and name, for any order of the entries', async () => {
    expect(await readPacked(entriesOf(CORPUS_REVIEWS))).toEqual(CORPUS);
    expect(await readPacked(entriesOf(CORPUS_REVIEWS).reverse())).toEqual(CORPUS);
    expect(await readPacked(entriesOf([...CORPUS.test, ...CORPUS.train]))).toEqual(CORPUS);
  });

  it('is the same for a folder', async () => {
    expect(await readWritten(CORPUS_REVIEWS)).toEqual(CORPUS);
    expect(await readWritten([...CORPUS_REVIEWS].reverse())).toEqual(CORPUS);
  });

  it('compares names by code unit, in an archive and in a folder', async () => {
    const names = ['10_9', '1_10', '1_9', 'B', 'a', 'é'];
    const reviews = [...FEW.slice(1), ...names.map((name) => ({ id: `train/pos/${name}`, text: name })).reverse()];
    for (const { train } of [await readPacked(entriesOf(reviews)), await readWritten(reviews)]) {
      expect(train.filter(({ label }) => label === 1).map(({ text }) => text)).toEqual(names);
    }
  });
});

describe('the layout of an archive', () => {
  it.each(['aclImdb/', '', './', './aclImdb/', 'my reviews/', 'a/b/'])('may put %j before every name', async (root) => {
    expect(await readPacked(entriesOf(FEW, root))).toEqual(FEW_READ);
  });

  it('may have entries for the folders', async () => {
    const folders = ['aclImdb/', 'aclImdb/train/', 'aclImdb/train/pos/'];
    const entries = folders.map((name) => ({ name, type: 'directory' }) as const);
    expect(await readPacked([...entries, ...entriesOf(FEW)])).toEqual(FEW_READ);
  });

  it('may have names longer than a plain tar header holds', async () => {
    const name = 'x'.repeat(150);
    const { train } = await readPacked(entriesOf([...FEW, { id: `train/pos/${name}`, text: 'long' }]));
    expect(train.at(-1)).toEqual({ id: `train/pos/${name}`, text: 'long', label: 1 });
  });
});

describe('the layout of a folder', () => {
  it('may be aclImdb itself or the folder it was unpacked in', async () => {
    const folder = await temporaryFolder();
    await writeCorpus(path.join(folder, 'aclImdb'), FEW);
    expect(await readDataset(folder, anySize)).toEqual(FEW_READ);
    expect(await readDataset(path.join(folder, 'aclImdb'), anySize)).toEqual(FEW_READ);
  });
});

describe('readDataset', () => {
  const others = [
    'README',
    'imdb.vocab',
    'train/urls_pos.txt',
    'train/labeledBow.feat',
    'train/pos/.DS_Store',
    'train/pos/._0_9.txt',
    'train/pos/notes.md',
    'train/other/0_9.txt',
    'other/pos/0_9.txt',
  ];

  it('skips the other files of an archive', async () => {
    const entries = others.map((name) => ({ name: `aclImdb/${name}`, content: 'not a review' }));
    expect(await readPacked([...entries, ...entriesOf(FEW)])).toEqual(FEW_READ);
  });

  it('skips the other files of a folder', async () => {
    const folder = await temporaryFolder();
    for (const name of others) {
      await mkdir(path.dirname(path.join(folder, name)), { recursive: true });
      await writeFile(path.join(folder, name), 'not a review');
    }
    await writeCorpus(folder, FEW);
    expect(await readDataset(folder, anySize)).toEqual(FEW_READ);
  });

  it('keeps every text unchanged', async () => {
    const text = '\uFEFF“Crème brûlée” 🎬<br /><br />\r\nline two\0 \t';
    const reviews = [...FEW.slice(1), { id: 'train/pos/0_9', text }, { id: 'train/pos/1_9', text: '' }];
    for (const { train } of [await readPacked(entriesOf(reviews)), await readWritten(reviews)]) {
      expect(train.slice(1).map((review) => review.text)).toEqual([text, '']);
    }
  });

  it('replaces bytes that are not UTF-8, and reads on', async () => {
    const text = Buffer.from([0x67, 0x6f, 0x6f, 0x64, 0xff, 0xe9, 0x21, 0xf0, 0x9f]);
    const reviews = [...FEW.slice(1), { id: 'train/pos/0_9', text }];
    for (const { train } of [await readPacked(entriesOf(reviews)), await readWritten(reviews)]) {
      expect(train[1]).toEqual({ id: 'train/pos/0_9', text: 'good\uFFFD\uFFFD!\uFFFD', label: 1 });
    }
  });

  it('keeps the texts without a label, ordered by name', async () => {
    const unlabelled = ['2_0', '10_0', '1_0'].map((name) => ({ id: `train/unsup/${name}`, text: `text ${name}` }));
    for (const dataset of [
      await readPacked(entriesOf([...unlabelled, ...FEW])),
      await readWritten([...FEW, ...unlabelled]),
    ]) {
      expect(dataset).toEqual({ ...FEW_READ, unlabelled: ['text 10_0', 'text 1_0', 'text 2_0'] });
    }
  });

  it('does not need test reviews with --any-size', async () => {
    expect(await readPacked(entriesOf(FEW.slice(0, 2)))).toEqual({ ...FEW_READ, test: [] });
  });

  it('accepts a review of exactly 1 MiB', async () => {
    const text = 'a'.repeat(2 ** 20);
    const { train } = await readPacked(entriesOf([...FEW.slice(1), { id: 'train/pos/0_9', text }]));
    expect(train[1]?.text === text).toBe(true);
  });
});

describe('the numbers of reviews', () => {
  it('must be the official ones, except with --any-size', async () => {
    const file = await archivePath();
    await packCorpus(file, entriesOf(CORPUS_REVIEWS));
    const message = await refusal(readDataset(file));
    expect(message.startsWith(`${file}: train/pos has 40 reviews instead of 12,500; `)).toBe(true);
    expect(message).toContain('--any-size');
  });

  it('must be the official ones in a folder too', async () => {
    const folder = await temporaryFolder();
    await writeCorpus(folder, CORPUS_REVIEWS);
    const message = await refusal(readDataset(folder, { anySize: false }));
    expect(message.startsWith(`${folder}: train/pos has 40 reviews instead of 12,500; `)).toBe(true);
    expect(message).toContain('--any-size');
  });

  const counts = { 'train/pos': 3, 'train/neg': 3, 'train/unsup': 5, 'test/pos': 3, 'test/neg': 3 };
  const official = Object.entries(counts).flatMap(([folder, count]) =>
    Array.from({ length: count }, (_, index) => ({ id: `${folder}/${index}_0`, text: `Review ${index}` })),
  );
  const readOfficial = async (reviews: Iterable<CorpusFile>) => {
    const file = await archivePath();
    await packCorpus(file, entriesOf(reviews));
    return readImdbArchive(file, false, { counts });
  };

  it('are accepted if official, with the unlabelled reviews', async () => {
    const { official: isOfficial, train, test, unlabelled } = await readOfficial(official);
    expect([isOfficial, train.length, test.length, unlabelled.length]).toEqual([true, 6, 6, 5]);
  });

  it('must be the official one of the unlabelled reviews too', async () => {
    const less = official.filter(({ id }) => id !== 'train/unsup/4_0');
    expect(await refusal(readOfficial(less))).toContain('train/unsup has 4 reviews instead of 5; ');
  });

  it('are refused while they are read, as soon as there are more than the official ones', async () => {
    const file = await archivePath();
    const tar = await tarOf([...entriesOf([...official, { id: 'test/neg/3_0', text: 'Review 3' }])]);
    await writeFile(file, gzipSync(Buffer.concat([tar.subarray(0, -1024), Buffer.alloc(512, 'x')]), { level: 1 })); // not read so far
    const message = await refusal(readImdbArchive(file, false, { counts }));
    expect(message).toContain(`${file}: test/neg has more than 3 reviews; get it again, or add --any-size`);
  });

  it('are refused as soon as they have more text than the official ones', async () => {
    const file = await archivePath();
    await packCorpus(file, entriesOf(CORPUS_REVIEWS));
    const limits = { maxText: 1_000 };
    const message = await refusal(readImdbArchive(file, false, limits));
    expect(message).toContain(`${file}: it has more text than the official reviews; get it again, or add --any-size`);
    expect(await readImdbArchive(file, true, limits)).toEqual(CORPUS);
  });

  it.each(['train/pos', 'train/neg'])('must not be 0 in %s', async (folder) => {
    const reviews = CORPUS_REVIEWS.filter(({ id }) => !id.startsWith(folder));
    expect(await refusalOfPacked(entriesOf(reviews))).toBe(`${folder} has no reviews`);
  });
});

describe('an archive is refused', () => {
  // Each entry comes after the reviews of FEW, and then before them.
  const bad: readonly (readonly [what: string, entry: ArchiveEntry, why: string])[] = [
    ['an absolute path', { name: '/train/pos/1_9.txt' }, '"/train/pos/1_9.txt" points outside the archive'],
    ['a path upwards', { name: '../train/pos/1_9.txt' }, '"../train/pos/1_9.txt" points outside the archive'],
    ['.. inside a path', { name: 'a/../train/pos/1.txt' }, '"a/../train/pos/1.txt" points outside the archive'],
    ['.. after ./', { name: './../train/pos/1.txt' }, '"./../train/pos/1.txt" points outside the archive'],
    ['.. at the end', { name: 'aclImdb/..', type: 'directory' }, '"aclImdb/.." points outside the archive'],
    ['a backslash', { name: 'train\\pos\\1_9.txt' }, '"train\\\\pos\\\\1_9.txt" points outside the archive'],
    [
      'a symbolic link',
      { name: 'aclImdb/train/pos/1_9.txt', type: 'symlink', linkname: '/etc/passwd' },
      '"aclImdb/train/pos/1_9.txt" is of type symlink',
    ],
    [
      'a hard link',
      { name: 'train/pos/1_9.txt', type: 'link', linkname: 'README' },
      '"train/pos/1_9.txt" is of type link',
    ],
    ['a link beside the reviews', { name: 'README', type: 'symlink', linkname: '/' }, '"README" is of type symlink'],
    [
      'a device',
      { name: 'train/pos/1.txt', type: 'character-device' },
      '"train/pos/1.txt" is of type character-device',
    ],
    ['a review twice', { name: 'aclImdb/train/pos/0_9.txt' }, '"train/pos/0_9.txt" is in it twice'],
    ['a review twice, by another root', { name: 'train/neg/0_2.txt' }, '"train/neg/0_2.txt" is in it twice'],
    ['a control character in a name', { name: 'train/pos/\x1b[2J\n..\\.txt' }, 'points outside the archive'],
  ];

  it.each(bad)('for %s', async (_, entry, why) => {
    expect(await refusalOfPacked([...entriesOf(FEW), entry])).toContain(why);
    expect(await refusalOfPacked([entry, ...entriesOf(FEW)])).toContain(why);
  });

  it('for a review of more than 1 MiB', async () => {
    const entry = { name: 'aclImdb/train/pos/1_9.txt', content: 'a'.repeat(2 ** 20 + 1) };
    const why = 'the entry "aclImdb/train/pos/1_9.txt" has 1048577 bytes, which is too much for a review';
    expect(await refusalOfPacked([...entriesOf(FEW), entry])).toContain(why);
    expect(await refusalOfPacked([entry, ...entriesOf(FEW)])).toContain(why);
  });

  it('in one line, whatever names it has', async () => {
    const name = 'train/pos/\x1b[2J\nfine.txt';
    expect(await refusalOfPacked([{ name, content: 'a'.repeat(2 ** 20 + 1) }])).toContain(
      'which is too much for a review',
    );
    expect(await refusalOfPacked([{ name }, { name }])).toContain('is in it twice');
    // JSON leaves these two as they are: DEL, and the one-byte form of ESC [.
    expect(await refusalOfPacked([{ name: '/\x7f\x9b2J' }])).toContain('"/\uFFFD\uFFFD2J" points outside');
  });

  it('when the compressed data is cut off anywhere', async () => {
    const file = await archivePath();
    const whole = gzipSync(await tarOf(entriesOf(CORPUS_REVIEWS)));
    for (const share of [0.1, 0.5, 0.9]) {
      await writeFile(file, whole.subarray(0, Math.floor(whole.length * share)));
      expect(await refusalOf(file)).toMatch(/^not a whole \.tar\.gz archive \(unexpected end of file\); get it again$/);
    }
    await writeFile(file, whole.subarray(0, -1)); // only the check at the end is damaged
    expect(await refusalOf(file)).toMatch(/^not a whole \.tar\.gz archive/);
  });

  it('when a byte of the compressed data is wrong', async () => {
    const file = await archivePath();
    const whole = gzipSync(await tarOf(entriesOf(CORPUS_REVIEWS)));
    whole.writeUInt8(whole.readUInt8(whole.length - 8) ^ 1, whole.length - 8); // the CRC of the contents
    await writeFile(file, whole);
    expect(await refusalOf(file)).toMatch(/^not a whole \.tar\.gz archive \(incorrect data check\)/);
  });

  it('when the tar inside is cut off, in a header or in a review', async () => {
    const tar = await tarOf([{ name: 'aclImdb/train/pos/0_9.txt', content: 'good '.repeat(300) }]); // 512 + 1500 bytes
    for (const bytes of [100, 512, 600, 512 + 1024]) {
      const file = await archivePath();
      await writeFile(file, gzipSync(tar.subarray(0, bytes)));
      expect(await refusalOf(file)).toMatch(/^not a whole \.tar\.gz archive \(Unexpected end of data\); get it again$/);
    }
  });

  const NAMES =
    'the name must end in .csv, .tsv, .jsonl, .ndjson, .json or .tar.gz, and say what is in the file; .gz may follow';
  it.each([
    ['reviews', NAMES],
    ['x.gz', NAMES],
    ['x.txt', 'a .txt has one text a line and no labels; for a table, add --delimiter tab'],
    ['x.zip', 'the file is a .zip or a spreadsheet (.xlsx, .ods); unzip it, or save it as "CSV UTF-8"'],
    [
      'x.parquet',
      `the file is Parquet; convert it: python3 -c "import pandas; pandas.read_parquet('<file>').to_csv('reviews.csv', index=False)"`,
    ],
    ['x.csv.gz', 'no labelled reviews in it'],
  ])('when it is called %s, with a remedy', async (name, why) => {
    const file = path.join(await temporaryFolder(), name);
    await writeFile(file, gzipSync('label,text\n'));
    expect(await refusalOf(file)).toBe(why);
  });

  it('when the compressed data is not a tar', async () => {
    const file = await archivePath();
    await writeFile(file, gzipSync('label,text\n'.repeat(1000)));
    expect(await refusalOf(file)).toMatch(/^not a whole \.tar\.gz archive \(Invalid tar header/);
  });

  it('when it is not compressed', async () => {
    const file = await archivePath();
    await writeFile(file, 'this is not an archive\n'.repeat(100));
    expect(await refusalOf(file)).toMatch(/^not a whole \.tar\.gz archive \(incorrect header check\); get it again$/);
    await writeFile(file, await tarOf(entriesOf(FEW)));
    expect(await refusalOf(file)).toMatch(/^not a whole \.tar\.gz archive \(incorrect header check\); get it again$/);
  });

  it('when it is empty', async () => {
    const file = await archivePath();
    await writeFile(file, '');
    expect(await refusalOf(file)).toMatch(/^not a whole \.tar\.gz archive \(unexpected end of file\); get it again$/);
  });

  it('when it unpacks to more than the limit', async () => {
    expect(MAX_ARCHIVE_BYTES).toBe(4 * 2 ** 30);
    const file = await archivePath();
    await packCorpus(file, [{ name: 'README', content: Buffer.alloc(2 ** 20) }, ...entriesOf(FEW)]);
    const whole = gunzipSync(await readFile(file)).length;
    expect(await readImdbArchive(file, true, { maxBytes: whole })).toEqual(FEW_READ);
    expect(await refusal(readImdbArchive(file, true, { maxBytes: whole - 1 }))).toContain(
      `it unpacks to more than ${whole - 1} bytes`,
    );
  });

  it('when there are no reviews in it', async () => {
    expect(await refusalOfPacked([{ name: 'README' }])).toMatch(/^no reviews in it; expected train\/pos, /);
  });

  it('and read again once it is repaired', async () => {
    const file = await archivePath();
    await packCorpus(file, [...entriesOf(CORPUS_REVIEWS), { name: '../x' }]);
    await refusalOf(file);
    await packCorpus(file, entriesOf(CORPUS_REVIEWS));
    expect(await readDataset(file, anySize)).toEqual(CORPUS);
  });
});

describe('an option of tables', () => {
  it.each(['textColumn', 'labelColumn', 'labels', 'groups', 'drop'])('is refused for a folder: %s', async (option) => {
    const folder = await temporaryFolder();
    await writeCorpus(folder, FEW);
    expect(await refusal(readDataset(folder, { ...anySize, [option]: 'x' }))).toContain('--drop are for a');
  });
});

describe('a folder is refused', () => {
  it('when it is not there', async () => {
    expect(await refusalOf(path.join(await temporaryFolder(), 'missing.tar.gz'))).toBe('no such file or folder');
  });

  it('when a file is larger than any review', async () => {
    const folder = await temporaryFolder();
    await writeCorpus(folder, [...FEW, { id: 'train/pos/1_9', text: 'a'.repeat(2 ** 20 + 1) }]);
    expect(await refusalOf(folder)).toBe('"train/pos/1_9.txt" has 1048577 bytes, which is too much for a review');
  });

  it('when there are no reviews in it', async () => {
    expect(await refusalOf(await temporaryFolder())).toMatch(/^no reviews in it; expected train\/pos, /);
  });

  it('when a review is a symbolic link, even to a plain file', async () => {
    const folder = await temporaryFolder();
    await writeCorpus(folder, FEW);
    await symlink(path.join(folder, 'train/pos/0_9.txt'), path.join(folder, 'train/neg/1_1.txt'));
    expect(await refusalOf(folder)).toBe('"train/neg/1_1.txt" is not a plain file');
  });

  it('when an unlabelled review is a symbolic link', async () => {
    const folder = await temporaryFolder();
    await writeCorpus(folder, [...FEW, { id: 'train/unsup/0_0', text: '' }]);
    await symlink('0_0.txt', path.join(folder, 'train/unsup/1_0.txt'));
    expect(await refusalOf(folder)).toBe('"train/unsup/1_0.txt" is not a plain file');
  });

  it('when a folder has the name of a review', async () => {
    const folder = await temporaryFolder();
    await writeCorpus(folder, FEW);
    await mkdir(path.join(folder, 'test/pos/1_9.txt'));
    expect(await refusalOf(folder)).toBe('"test/pos/1_9.txt" is not a plain file');
  });
});
