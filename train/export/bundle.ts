/** A bundle's folder: read, opened, and described anew. */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { isSystemError, UserError } from '../../cli/errors.ts';
import { writeFiles } from '../../cli/files.ts';
import { type Opened, openClassifier as openIn, readBundle as readIn } from '../../edge/runtime/files.ts';
import { BUNDLE_FILES, type BundleFiles, type Manifest } from '../../shared/bundle.ts';
import { CARD_MARK, modelCard } from './model-card.ts';

const CARD_FILE = 'README.md';

/** Replaces what the bundle in `folder` says of itself: `model.json` and the model card. */
export async function rewriteManifest(folder: string, manifest: Manifest): Promise<void> {
  await writeFiles(folder, describing(manifest));
}

/** @throws UserError when the folder has a README.md that is no model card: writing a bundle there would replace it. */
export async function refuseForeignCard(folder: string): Promise<void> {
  const file = path.join(folder, CARD_FILE);
  const card = await readFile(file, 'utf8').catch((error: unknown) => {
    if (isSystemError(error) && error.code === 'ENOENT') return CARD_MARK;
    throw error;
  });
  if (!card.includes(CARD_MARK))
    throw new UserError(`${file} is not a model card and would be lost; choose another --out`);
}

/** The files that describe a model: `model.json` and its model card. */
export function describing(manifest: Manifest): Record<string, string> {
  return { [CARD_FILE]: modelCard(manifest), [BUNDLE_FILES.manifest]: `${jsonOf(manifest)}\n` };
}

/** Indented, but a row of numbers stays in one line. */
function jsonOf(manifest: Manifest): string {
  return JSON.stringify(manifest, null, 2).replace(/\[\n[\d\s,]+\]/g, (row) => `[${JSON.parse(row).join(', ')}]`);
}

/** A bundle that was opened once, for all that asks its classifier or rewrites its files. */
export interface OpenBundle extends Opened {
  readonly folder: string;
}

/**
 * The classifier of the bundle in `folder`, loaded: the very one that the edge runs.
 * @throws BundleError when the folder or one of the three files is not there, or they are no bundle.
 */
export async function openClassifier(folder: string): Promise<OpenBundle> {
  return { folder, ...(await openIn(urlOf(folder))) };
}

/** The bytes of the three files. @throws BundleError when the folder or one of them is not there. */
export function readBundle(folder: string): Promise<BundleFiles> {
  return readIn(urlOf(folder));
}

const urlOf = (folder: string): URL => pathToFileURL(`${folder}/`);
