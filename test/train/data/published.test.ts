/** The commands of docs/files.md for public datasets, on rows of our own as those datasets write them. */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { Readable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { parseFlags } from '../../../cli/flags.ts';
import { withLines } from '../../../cli/run.ts';
import { DATA_FLAGS, loadData } from '../../../train/commands/data.ts';
import { temporaryFolder } from '../../fixtures/temporary.ts';

const commands = [...(await readFile('docs/files.md', 'utf8')).matchAll(/^npm run train -- (.+)$/gm)].map(
  ([, flags = '']) => Array.from(flags.matchAll(/"([^"]*)"|(\S+)/g), ([, quoted, word]) => quoted ?? (word as string)),
);

const PER_LABEL = 40;
/** Texts that need their quotes, and characters beyond ASCII that Windows-1252 has. */
const textOf = (label: string, number: number) => `Row ${number} of ${label}, "quoted" — café`;
const csv = (value: unknown) => {
  const text = String(value);
  return /[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
};
const quoted = (value: unknown) => `"${String(value).replaceAll('"', '""')}"`;
const row = (values: readonly unknown[], write = csv) => `${values.map(write).join(',')}\n`;

interface Published {
  readonly header?: string;
  readonly labels: readonly string[];
  readonly write: (label: string, text: string, number: number) => string;
  readonly encode?: (content: string) => Uint8Array;
  readonly expected: readonly string[];
}

const STARS = ['1', '2', '3', '4', '5'];
const THREE = ['negative', 'neutral', 'positive'];
const TWO = ['negative', 'positive'];
const windows1252 = (content: string) => Buffer.from(content.replaceAll('—', '\x97'), 'latin1');

const PUBLISHED: Readonly<Record<string, Published>> = {
  'All_Beauty_5.json.gz': {
    labels: STARS,
    write: (label, text, number) =>
      `{"overall": ${label}.0, "verified": true, "reviewTime": "09 1, 2016", "reviewerID": "A${number}", "asin": "B0", "style": {"Size:": " 1 oz"}, "reviewerName": "Us", ${number === 3 ? '' : `"reviewText": ${JSON.stringify(text)}, `}"summary": "Ours", "unixReviewTime": 1472688000}\n`,
    encode: gzipSync,
    expected: THREE,
  },
  'All_Beauty.jsonl.gz': {
    labels: STARS,
    write: (label, text, number) =>
      `{"rating": ${label}.0, "title": "Ours", "text": ${JSON.stringify(text)}, "images": [], "asin": "B0", "parent_asin": "B0", "user_id": "A${number}", "timestamp": 1588687728923, "helpful_vote": 0, "verified_purchase": true}\n`,
    encode: gzipSync,
    expected: THREE,
  },
  'Reviews.csv': {
    header: 'Id,ProductId,UserId,ProfileName,HelpfulnessNumerator,HelpfulnessDenominator,Score,Time,Summary,Text\n',
    labels: STARS,
    write: (label, text, number) =>
      row([number, 'B0', `A${number}`, 'Us, "we"', 1, 1, label, 1303862400, 'Ours', text]),
    expected: THREE,
  },
  'amazon_review_polarity_csv/train.csv': {
    labels: ['1', '2'],
    write: (label, text) => row([label, 'Ours', text], quoted),
    expected: TWO,
  },
  'yelp_academic_dataset_review.json': {
    labels: STARS,
    write: (label, text, number) =>
      `{"review_id":"r${number}","user_id":"u","business_id":"b","stars":${label}.0,"useful":0,"funny":0,"cool":0,"text":${JSON.stringify(`${text}\nand more`)},"date":"2018-07-07 22:09:11"}\n`,
    expected: THREE,
  },
  'yelp_review_polarity_csv/train.csv': {
    labels: ['1', '2'],
    write: (label, text) => row([label, `${text}\\nand more`], quoted),
    expected: TWO,
  },
  'Tweets.csv': {
    header:
      'tweet_id,airline_sentiment,airline_sentiment_confidence,negativereason,negativereason_confidence,airline,airline_sentiment_gold,name,negativereason_gold,retweet_count,text,tweet_coord,tweet_created,tweet_location,user_timezone\n',
    labels: THREE,
    write: (label, text, number) =>
      row([
        570306133677760513n + BigInt(number),
        label,
        '1.0',
        '',
        '',
        'Ours',
        '',
        'us',
        '',
        0,
        `@airline ${text}\nhttp`,
        '[40.74804263, -73.99295302]',
        '2015-02-24 11:35:52 -0800',
        'Here, there',
        'Eastern Time (US & Canada)',
      ]),
    expected: THREE,
  },
  'IMDB Dataset.csv': {
    header: 'review,sentiment\n',
    labels: TWO,
    write: (label, text) => row([`${text}<br /><br />And more`, label]),
    expected: TWO,
  },
  'all-data.csv': {
    labels: THREE,
    write: (label, text) => `${label},${quoted(text)}\n`,
    encode: windows1252,
    expected: THREE,
  },
  'training.1600000.processed.noemoticon.csv': {
    labels: ['0', '4'],
    write: (label, text, number) =>
      row(
        [label, 1467810369 + number, 'Mon Apr 06 22:19:45 PDT 2009', 'NO_QUERY', 'us', text.replaceAll('"', '&quot;')],
        quoted,
      ),
    encode: windows1252,
    expected: TWO,
  },
  'Womens Clothing E-Commerce Reviews.csv': {
    header:
      ',Clothing ID,Age,Title,Review Text,Rating,Recommended IND,Positive Feedback Count,Division Name,Department Name,Class Name\n',
    labels: STARS,
    write: (label, text, number) =>
      row([number, 767, 33, '', number === 3 ? '' : text, label, 1, 0, 'General', 'Dresses', 'Dresses']),
    expected: THREE,
  },
  'SST-2/train.tsv': {
    header: 'sentence\tlabel\n',
    labels: ['0', '1'],
    write: (label, text) => `\`\`${text} '' " \t${label}\n`,
    expected: TWO,
  },
};

test('each dataset has its command', () => {
  expect(commands.map((args) => args[args.indexOf('--data') + 1])).toEqual(Object.keys(PUBLISHED));
});

test.each(commands.map((args) => [args[args.indexOf('--data') + 1] as string, args] as const))(
  '%s',
  async (name, args) => {
    const { header = '', labels, write, encode = Buffer.from, expected } = PUBLISHED[name] as Published;
    const rows = labels.flatMap((label) =>
      Array.from({ length: PER_LABEL }, (_, number) => write(label, textOf(label, number), number)),
    );
    const file = path.join(await temporaryFolder(), name);
    await mkdir(path.dirname(file), { recursive: true });
    await writeFile(file, encode(header + rows.join('')));
    const { values } = parseFlags(args, DATA_FLAGS);
    const none = { write: () => {} };
    const io = withLines({ stdin: Readable.from([]), stdout: none, stderr: none, env: {}, onInterrupt: () => {} });
    const { dataset } = await loadData({ ...values, data: file }, io, undefined);
    expect(dataset.labels).toEqual(expected);
    const reviews = [...dataset.train, ...dataset.test];
    const isEmpty = ({ text }: { text: string }) => text.trim() === '';
    expect(reviews.some(isEmpty)).toBe(false);
    const omitted = /All_Beauty_5|Womens/.test(name) ? labels.length : 0; // the texts that nobody wrote
    expect(reviews.length).toBe(PER_LABEL * labels.length - omitted);
    expect(reviews.every(({ text }) => /Row \d+ of \S+, ("|&quot;)quoted\1 — café/.test(text))).toBe(true);
  },
);
