/** The texts of a source's files: lines, tab-separated rows without quotes, and what is in an archive, all strict UTF-8. */
import { isUtf8 } from 'node:buffer';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { UserError } from '../../../cli/errors.ts';
import { refuseLine } from '../../../cli/input.ts';
import { quoted } from '../../../shared/quoted.ts';
import { bytesOf, type Entry, readTarGz, readZip } from '../archive.ts';

/** The largest of the archives unpacks to 7 MB. */
const MAX_UNPACKED_BYTES = 64 * 2 ** 20;

export interface TextFile {
  /** Its path; in an archive, the archive's path and its own. */
  readonly location: string;
  readonly content: string;
}

/** @throws UserError when it is not UTF-8. */
export async function readText(location: string): Promise<TextFile> {
  return decode(await readFile(location), location);
}

/**
 * The wanted files of an archive.
 * @param archive a .zip or a .tar.gz
 * @throws UserError when it is damaged, or has none.
 */
export async function textsIn(archive: string, wanted: (name: string) => boolean): Promise<TextFile[]> {
  const files: TextFile[] = [];
  const visit = async (entry: Entry) => {
    if (!wanted(entry.path.at(-1) as string)) return;
    files.push(decode(await bytesOf(entry), path.join(archive, ...entry.path)));
  };
  await (archive.endsWith('.zip') ? readZip : readTarGz)(archive, MAX_UNPACKED_BYTES, visit);
  if (files.length === 0) throw new UserError(`${archive}: none of the expected files is in it`);
  return files.sort((a, b) => (a.location < b.location ? -1 : 1));
}

function decode(bytes: Buffer, location: string): TextFile {
  if (!isUtf8(bytes)) throw new UserError(`${location}: not UTF-8 text`);
  return { location, content: bytes.toString('utf8').replace(/^\uFEFF/, '') };
}

/** A line that is not blank. */
interface TextLine {
  /** From 1. */
  readonly number: number;
  /** Without white space around it. */
  readonly text: string;
}

export function* linesOf({ content }: TextFile): Generator<TextLine> {
  for (const [index, line] of content.split('\n').entries()) {
    const text = line.trim();
    if (text !== '') yield { number: index + 1, text };
  }
}

/** Parses a label, in any case. @throws UserError that names the line if it is none. */
export function parseLabel<Label extends string>(
  name: string,
  labels: readonly Label[],
  { location, line }: { readonly location: string; readonly line: number },
): Label {
  return (
    labels.find((label) => label === name.toLowerCase()) ?? refuseLine(location, line, `${quoted(name)} is not a label`)
  );
}

/** A row that is not blank. */
interface TextRow {
  readonly number: number;
  readonly fields: readonly string[];
}

/** @throws UserError that names the line of a row with another number of columns. */
export function* rowsOf(file: TextFile, columns: number): Generator<TextRow> {
  for (const { number, text } of linesOf(file)) {
    const fields = text.split('\t');
    if (fields.length !== columns) refuseLine(file.location, number, `${fields.length} columns instead of ${columns}`);
    yield { number, fields };
  }
}
