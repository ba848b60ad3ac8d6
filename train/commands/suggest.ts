/** `npm run suggest`: prints the texts of a file that are most worth labelling next, as a table to label. */
import { stat } from 'node:fs/promises';
import { EXIT, UsageError, UserError } from '../../cli/errors.ts';
import { COMMON_FLAGS, type Flags, type FlagValues } from '../../cli/flags.ts';
import { askedBy, FORMAT_FLAGS, readPieces, TEXT_COLUMN_FLAG } from '../../cli/input.ts';
import { progressLine } from '../../cli/progress.ts';
import type { Io } from '../../cli/run.ts';
import { folderUrl } from '../../edge/runtime/files.ts';
import { openBundle } from '../../shared/bundle.ts';
import { count, counted } from '../../shared/counted.ts';
import { tableRow } from '../../shared/files/table-row.ts';
import { readRecords, type TableRecord } from '../data/records.ts';
import { readBundle } from '../export/bundle.ts';
import { type ClassifierPool, createPool } from '../prediction/pool.ts';
import { Shortlist } from '../prediction/shortlist.ts';
import { command } from './command.ts';
import { LABEL_COLUMN_FLAG } from './data.ts';

const FLAGS = {
  model: { kind: 'text', value: '<folder>', help: 'the bundle that was trained on the texts labelled so far' },
  count: { kind: 'number', value: '<n>', help: 'how many texts (default: 50)' },
  ...TEXT_COLUMN_FLAG,
  ...LABEL_COLUMN_FLAG,
  ...FORMAT_FLAGS,
  ...COMMON_FLAGS,
} as const satisfies Flags;

const COUNT = 50;
/** The shortlist is ten times as long, and each text on it is compared with all others. */
const MOST = 500;
const BATCH_SIZE = 64;

export const suggestCommand = command({
  usage: 'npm run --silent suggest -- <file> --model <folder> [flags]',
  summary: `Prints the texts of a file that are most worth labelling next, as a .csv with an empty column for the label: texts that the
model is unsure of, that say much, and that differ from each other. Texts that have a label already are passed over.`,
  flags: FLAGS,
  run,
});

async function run(flags: FlagValues<typeof FLAGS>, [file, ...more]: readonly string[], io: Io): Promise<number> {
  const { model, count: wanted = COUNT } = flags;
  if (file === undefined || more.length > 0) throw new UsageError('suggest takes one file of texts');
  if (model === undefined) throw new UsageError('suggest needs --model <the bundle trained on the labels so far>');
  if (!Number.isInteger(wanted) || wanted < 1 || wanted > MOST) {
    throw new UsageError(`--count takes a whole number from 1 to ${MOST}`);
  }
  const { manifest } = await openBundle(await readBundle(model));
  const { size } = await stat(file);
  const line = progressLine('reading', io.stderr);
  const [textColumn, labelColumn] = [flags['text-column'], flags['label-column']];
  const records = readRecords(
    file,
    { ...askedBy(flags), textColumn, labelColumn, needsLabel: false },
    readPieces(file, 0, (bytes) => line.update(bytes / size, '')),
  );
  await using pool = createPool({ folder: folderUrl(model).href, labels: manifest.labels });
  const shortlist = new Shortlist(wanted);
  const { labelled, unlabelled } = await addAll(records, shortlist, pool).finally(line.done);
  if (unlabelled === 0) throw new UserError(`${file}: there is no text without a label`);
  const texts = shortlist.choose(wanted);
  const others = labelled > 0 ? `; ${counted(labelled, 'text')} with a label passed over` : '';
  io.say(`${count(texts.length)} of ${counted(unlabelled, 'text')} without a label${others}`);
  if (flags.json) io.print(JSON.stringify({ model: manifest.id, version: manifest.version, texts }));
  else
    for (const row of [['text', 'label'], ...texts.map((text) => [text, ''])]) io.print(tableRow(row, ',').trimEnd());
  return EXIT.done;
}

/** Adds the texts without a label to the list, in their order, so that the same file gives the same list. */
async function addAll(
  records: AsyncIterable<TableRecord>,
  shortlist: Shortlist,
  pool: ClassifierPool,
): Promise<{ labelled: number; unlabelled: number }> {
  const tally = { labelled: 0, unlabelled: 0 };
  const pending: { readonly texts: readonly string[]; readonly answers: ReturnType<ClassifierPool['classify']> }[] = [];
  const ask = (texts: readonly string[]) => {
    const answers = pool.classify(texts);
    answers.catch(() => {}); // it is awaited in its turn
    pending.push({ texts, answers });
  };
  const addFirst = async () => {
    const { texts, answers } = pending.shift() as (typeof pending)[number];
    for (const [place, { scores }] of (await answers).entries()) shortlist.add(texts[place] as string, scores);
  };
  let batch: string[] = [];
  for await (const { text, label } of records) {
    if (text.trim() === '') continue;
    if (label !== '') {
      tally.labelled++;
      continue;
    }
    tally.unlabelled++;
    if (batch.push(text) < BATCH_SIZE) continue;
    ask(batch);
    batch = [];
    if (pending.length > 2 * pool.threads) await addFirst();
  }
  if (batch.length > 0) ask(batch);
  while (pending.length > 0) await addFirst();
  return tally;
}
