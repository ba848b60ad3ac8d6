/**
 * Labels a file of texts: reads its records, classifies them on all cores and writes them in their order, a few pieces of the file at
 * a time, so that memory does not grow with it. `<out>.part` has the finished part and `<out>.part.json` its state, so that the next
 * run continues one that was stopped or killed.
 */
import { copyFile, type FileHandle, open, readFile as readWhole, rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { UserError, withFile } from '../../cli/errors.ts';
import { makeFolder, temporaryName, writeFiles } from '../../cli/files.ts';
import { atLine, readAt, readPieces, refuseLine } from '../../cli/input.ts';
import { type Asked, type Beginning, FileReader } from '../../shared/files/beginning.ts';
import {
  fieldOf,
  isRow,
  noText,
  parseRecord,
  type RecordContent,
  RecordError,
  type Reviver,
  type WantedField,
} from '../../shared/files/fields.ts';
import type { Cursor, FileRecord } from '../../shared/files/records.ts';
import { tableRow } from '../../shared/files/table-row.ts';
import { type ClassifierPool, createPool } from './pool.ts';
import type { Answer, WorkerData } from './worker.ts';

export interface LabelTask {
  readonly file: string;
  readonly asked: Asked;
  readonly text: WantedField;
  readonly out: string;
  readonly outType: 'csv' | 'tsv' | 'jsonl';
  readonly model: WorkerData & { readonly version: string };
  /** Begins anew where a run with other flags was stopped. Default: refuses to. */
  readonly force?: boolean | undefined;
  /** Stops the run; the next one continues it. */
  readonly signal?: AbortSignal;
  /** Called at the start and as work is done. @param share of the file */
  readonly onProgress?: (share: number, tally: Tally) => void;
  /** Disposed of at the end. Default: a thread for each core. */
  readonly pool?: ClassifierPool;
}

export interface Tally {
  records: number;
  /** Records whose answer is an error. */
  failed: number;
}

/** The state of a run, from which the next run of the same task continues. */
interface State {
  readonly task: Identity;
  readonly beginning: Beginning;
  readonly cursor: Cursor;
  /** The length of the part that is written. */
  readonly bytes: number;
  readonly hasText: boolean;
  readonly tally: Tally;
}

/** A record: its kept fields, and its text or error. */
interface Row {
  readonly line: number;
  readonly content: RecordContent | undefined;
  readonly text: string | undefined;
  readonly error: string | undefined;
}

/** The records that end in one piece of the file, while they are classified. */
interface Batch {
  readonly rows: readonly Row[];
  readonly answers: Promise<readonly Answer[]>;
  /** Where the next batch begins. */
  readonly cursor: Cursor | undefined;
  readonly hasText: boolean;
  readonly share: number;
}

/** Batches under way for each thread, so that none waits for the writer. */
const BATCHES_A_THREAD = 2;
/** The time between two writes of the state. */
const NOTE_MS = 1_000;

const DELIMITERS = { csv: ',', tsv: '\t' } as const;

/** The fields that are added to an object. */
const PREDICTIONS = new Set(
  ['label', 'score', 'scores', 'mixed', 'sentences', 'error'].map((name) => `predicted_${name}`),
);

/**
 * @returns undefined if the signal stopped it.
 * @throws UserError if the file cannot be read; the finished part is kept.
 */
export async function labelFile(task: LabelTask): Promise<Tally | undefined> {
  const { out, signal, onProgress } = task;
  const [part, note] = [`${out}.part`, `${out}.part.json`];
  const identity = await identityOf(task);
  await makeFolder(path.dirname(out));
  const state = await readState(note);
  const written = await stat(part).catch(() => undefined);
  const left = state?.bytes !== undefined && written !== undefined && written.size >= state.bytes ? state : undefined;
  const changed = left === undefined ? [] : changesOf(left.task, identity);
  if (changed.length > 0 && !task.force) {
    throw new UserError(
      `${part} was begun with another ${changed.join(' and ')}; run that command again to finish it, or begin anew with --force`,
    );
  }
  const known = changed.length === 0 ? left : undefined;
  const file = await openPart(part, known?.bytes);
  const writer = new Writer(task, file, part, known);
  await using pool = task.pool ?? createPool(task.model);
  const under: Batch[] = [];
  let noted = performance.now();
  const finishOne = async () => {
    const { rows, answers, cursor, hasText, share } = under.shift() as Batch;
    await writer.write(rows, await answers);
    onProgress?.(share, writer.tally);
    if (cursor === undefined || performance.now() - noted < NOTE_MS) return;
    await keep({ cursor, hasText });
    noted = performance.now();
  };
  const keep = async ({ cursor, hasText }: Pick<State, 'cursor' | 'hasText'>) => {
    await file.sync();
    await refuseOther(file, part);
    const state = {
      task: identity,
      beginning: writer.beginning,
      cursor,
      hasText,
      bytes: writer.bytes,
      tally: writer.tally,
    };
    await writeFiles(path.dirname(note), { [path.basename(note)]: JSON.stringify(state) });
  };
  let isEnded = false;
  try {
    let last: Batch | undefined;
    let isStopped = false;
    for await (const { beginning, ...read } of batches(task, known)) {
      isStopped = signal?.aborted ?? false;
      if (isStopped) break;
      writer.beginning = beginning;
      last = { ...read, answers: pool.classify(read.rows.flatMap(({ text }) => text ?? [])) };
      last.answers.catch(() => {}); // it is awaited in its turn
      under.push(last);
      if (under.length >= BATCHES_A_THREAD * pool.threads) await finishOne();
    }
    while (under.length > 0) await finishOne();
    if (isStopped) {
      if (last?.cursor !== undefined) await keep({ cursor: last.cursor, hasText: last.hasText });
      return undefined;
    }
    await file.sync();
    await refuseOther(file, part);
    isEnded = true;
  } finally {
    const isOurs = await isSame(file, part);
    await file.close();
    if (!isEnded && writer.bytes === 0 && isOurs) await rm(part, { force: true });
  }
  await rename(part, out);
  await rm(note, { force: true });
  return writer.tally;
}

/**
 * Opens a new file of that name for writing, with the first `bytes` of the one that is there. It is a new one because another command
 * may still write into that, or somebody may have put a link there.
 */
async function openPart(part: string, bytes: number | undefined): Promise<FileHandle> {
  const fresh = temporaryName(part);
  let file: FileHandle | undefined;
  try {
    if (bytes !== undefined) await copyFile(part, fresh);
    file = await open(fresh, bytes === undefined ? 'wx' : 'r+');
    await file.truncate(bytes ?? 0);
    await rename(fresh, part);
    return file;
  } catch (error) {
    await file?.close();
    await rm(fresh, { force: true });
    throw withFile(error, part);
  }
}

/** @throws UserError when another command has put its file in the place of ours. */
async function refuseOther(file: FileHandle, part: string): Promise<void> {
  if (await isSame(file, part)) return;
  throw new UserError(`${part}: another command began to write it; run this one again with another --out`);
}

/** True while the open file has that name; another command may have put a new file in its place. */
async function isSame(file: FileHandle, name: string): Promise<boolean> {
  const [own, there] = await Promise.all([file.stat(), stat(name).catch(() => undefined)]);
  return own.ino === there?.ino;
}

/** The facts that must be the same for a run to be continued. */
async function identityOf({ file, asked, text, outType, model }: LabelTask): Promise<Identity> {
  const { size, mtimeMs } = await stat(file);
  const { version, labels, sentences } = model;
  const answers = { version, labels, sentences };
  return JSON.parse(JSON.stringify({ file: path.resolve(file), size, mtimeMs, asked, text, outType, ...answers }));
}

type Identity = Readonly<Record<string, unknown>>;

/** The names of facts in messages; all others are flags. */
const FACTS: Readonly<Record<string, string>> = {
  file: 'file',
  size: 'content of the file',
  mtimeMs: 'content of the file',
  version: 'model',
  labels: 'choice of labels',
};

/** The facts in which two tasks differ, as messages name them. */
function changesOf(before: Identity, now: Identity): string[] {
  const names = [...new Set([...Object.keys(before), ...Object.keys(now)])];
  const changed = names.filter((name) => !isDeepStrictEqual(before[name], now[name]));
  return [...new Set(changed.map((name) => FACTS[name] ?? 'set of flags'))];
}

/** @returns undefined if there is no state, or none that can be read. */
async function readState(note: string): Promise<State | undefined> {
  try {
    return JSON.parse(await readWhole(note, 'utf8')) as State;
  } catch {
    return undefined;
  }
}

type ReadBatch = Omit<Batch, 'answers'> & { readonly beginning: Beginning | undefined };

/** The records in batches, one a piece. @param known where to continue. */
async function* batches({ file, asked, text }: LabelTask, known: State | undefined): AsyncGenerator<ReadBatch, void> {
  const { size } = await stat(file);
  const reader = new FileReader(asked, { text });
  if (known !== undefined) reader.resume(known.beginning, known.cursor);
  let hasText = known?.hasText ?? false;
  let read = 0;
  const rowsOf = (records: Generator<FileRecord, void>): Row[] =>
    Array.from(readAt(file, records), (record) => {
      const row = rowOf(record, reader.beginning as Beginning, { file, text, hasText });
      hasText ||= row.text !== undefined;
      return row;
    });
  const batchOf = (rows: readonly Row[], cursor: Cursor | undefined, share: number) => ({
    ...{ rows, cursor, hasText, share },
    beginning: reader.beginning,
  });
  const pieces = readPieces(file, known?.cursor.offset, (bytes) => {
    read = bytes;
  });
  for await (const piece of pieces) {
    const rows = rowsOf(reader.read(piece));
    if (rows.length > 0) yield batchOf(rows, reader.cursor, read / size);
  }
  yield batchOf(rowsOf(reader.end()), undefined, 1);
}

/** @throws UserError if the bytes are in another encoding, or no record so far has a text. */
function rowOf(
  record: FileRecord,
  { layout }: Beginning,
  { file, text, hasText }: { file: string; text: WantedField; hasText: boolean },
): Row {
  const { line } = record;
  const failed = (error: string, content?: RecordContent): Row => ({ line, content, text: undefined, error });
  let content: RecordContent;
  try {
    content = parseRecord(record, layout, withDigits);
  } catch (error) {
    const isOfRecord = error instanceof RecordError && error.assumption !== 'encoding';
    return isOfRecord ? failed(error.message) : atLine(file, line, () => rethrow(error));
  }
  const value = hasText
    ? fieldOf(content, 'text', { ...text, needed: false }, layout.columns)
    : atLine(file, line, () => fieldOf(content, 'text', text, layout.columns));
  if (value === undefined || value === null) return failed('there is no text', content);
  if (typeof value !== 'string') {
    if (hasText) return failed(noText(value, text), content);
    refuseLine(file, line, noText(value, text));
  }
  return value.trim() === '' ? failed('the text is empty', content) : { line, content, text: value, error: undefined };
}

/** `JSON.rawJSON`, which Node has from 22 on: a number that is written as it was. */
const { rawJSON } = JSON as { readonly rawJSON?: (source: string) => object };

/** Keeps numbers as they are written: 1765432109876543210 would become 1765432109876543200. */
const withDigits: Reviver = (_, value, context) => {
  if (typeof value !== 'number' || String(value) === context?.source) return value;
  if (rawJSON !== undefined && context?.source !== undefined) return rawJSON(context.source);
  if (!Number.isInteger(value) || Number.isSafeInteger(value)) return value;
  throw new RecordError(
    'a number has more digits than this version of Node keeps; write it as a string, or use Node 22',
  );
};

function rethrow(error: unknown): never {
  throw error;
}

/** Writes rows in their order, the header first. */
class Writer {
  readonly tally: Tally;
  /** The beginning of the input file; set before the first row. */
  beginning: Beginning | undefined;
  bytes: number;
  readonly #task: LabelTask;
  readonly #file: FileHandle;
  readonly #name: string;

  constructor(task: LabelTask, file: FileHandle, name: string, known: State | undefined) {
    this.#task = task;
    this.#file = file;
    this.#name = name;
    this.tally = known === undefined ? { records: 0, failed: 0 } : { ...known.tally };
    this.beginning = known?.beginning;
    this.bytes = known?.bytes ?? 0;
  }

  async write(rows: readonly Row[], answers: readonly Answer[]): Promise<void> {
    const { outType, model } = this.#task;
    let next = 0;
    let text = '';
    const columns = this.#columns();
    if (this.bytes === 0) this.#refuse(columns);
    if (this.bytes === 0 && outType !== 'jsonl') {
      const scores = model.labels.map((label) => `score_${label}`);
      text = tableRow(
        [...columns, 'predicted_label', 'predicted_score', ...scores, 'predicted_error'],
        DELIMITERS[outType],
      );
    }
    for (const row of rows) {
      const answer = row.text === undefined ? undefined : answers[next++];
      this.tally.records++;
      if (answer === undefined) this.tally.failed++;
      text +=
        outType === 'jsonl' ? this.#object(row, answer, columns) : this.#row(row, answer, columns, DELIMITERS[outType]);
    }
    const bytes = Buffer.from(text);
    for (let at = 0; at < bytes.length; ) {
      const { bytesWritten } = await this.#file
        .write(bytes, at, bytes.length - at, this.bytes)
        .catch((error: unknown) => {
          throw withFile(error, this.#name);
        });
      at += bytesWritten;
      this.bytes += bytesWritten;
    }
  }

  /** @throws UserError when an object, or the table, cannot have all of these columns. */
  #refuse(columns: readonly string[]): void {
    const { file, outType } = this.#task;
    const twice = columns.find((name, place) => columns.indexOf(name) < place);
    if (outType === 'jsonl' && twice !== undefined) {
      throw new UserError(
        `${file}: the header has two columns "${twice}", and an object can have one; choose an --out that ends in .csv, or rename one`,
      );
    }
    if (outType !== 'jsonl' && columns.includes('predicted_label')) {
      throw new UserError(
        `${file}: it has the column "predicted_label" already; label the file that it was made of, or rename the column`,
      );
    }
  }

  /** The names of the file's columns. */
  #columns(): readonly string[] {
    const { layout, header } = this.beginning ?? {};
    if (header !== undefined) return header;
    const count = layout?.columns?.count;
    return count === undefined ? ['text'] : Array.from({ length: count }, (_, place) => `${place + 1}`);
  }

  #row(
    { line, content, error }: Row,
    answer: Answer | undefined,
    columns: readonly string[],
    delimiter: string,
  ): string {
    const own = content === undefined ? columns.map(() => '') : isRow(content) ? content : [content];
    const scores = this.#task.model.labels.map((_, place) => answer?.scores[place]);
    const why = error === undefined ? '' : `line ${line}: ${error}`;
    return tableRow([...own, answer?.label, answer?.score, ...scores, why], delimiter);
  }

  #object({ line, content, error }: Row, answer: Answer | undefined, columns: readonly string[]): string {
    const fields = content === undefined ? [] : entriesOf(content, columns);
    const own = Object.fromEntries(fields.filter(([name]) => !PREDICTIONS.has(name))); // an earlier run's would contradict the new ones
    const { labels } = this.#task.model;
    const predicted = answer && {
      predicted_label: answer.label,
      predicted_score: answer.score,
      predicted_scores: labels.map((label, place) => ({ label, score: answer.scores[place] })),
      predicted_mixed: answer.mixed,
      predicted_sentences: answer.sentences,
    };
    return `${JSON.stringify({ ...own, ...predicted, ...(error !== undefined && { predicted_error: `line ${line}: ${error}` }) })}\n`;
  }
}

/** The fields of a record as those of an object. @param columns the names of a row's fields. */
function entriesOf(content: RecordContent, columns: readonly string[]): [name: string, value: unknown][] {
  if (typeof content === 'string') return [['text', content]];
  return isRow(content) ? content.map((field, place) => [columns[place] as string, field]) : Object.entries(content);
}
