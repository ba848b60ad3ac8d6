/** Reads and opens a bundle's folder, and rewrites the files that describe it. */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { isSystemError, UserError } from '../../cli/errors.ts';
import { writeFiles } from '../../cli/files.ts';
import { type Opened, openClassifier as openIn, readBundle as readIn } from '../../edge/runtime/files.ts';
import { BUNDLE_FILES, type BundleFiles, type Manifest } from '../../shared/bundle.ts';
import { CARD_MARK, modelCard } from './model-card.ts';

const CARD_FILE = 'README.md';

/** Replaces `model.json` and the model card in `folder`. */
export async function rewriteManifest(folder: string, manifest: Manifest): Promise<void> {
  await writeFiles(folder, describing(manifest));
}

/** @throws UserError when the folder has a README.md that is not a model card, which a card would replace. */
export async function refuseForeignCard(folder: string): Promise<void> {
  const file = path.join(folder, CARD_FILE);
  const card = await readFile(file, 'utf8').catch((error: unknown) => {
    if (isSystemError(error) && error.code === 'ENOENT') return CARD_MARK;
    throw error;
  });
  if (!card.includes(CARD_MARK))
    throw new UserError(`${file} is not a model card and would be lost; move it, or choose another folder`);
}

/** The files that describe a model: `model.json` and its model card. */
export function describing(manifest: Manifest): Record<string, string> {
  return { [CARD_FILE]: modelCard(manifest), [BUNDLE_FILES.manifest]: `${jsonOf(manifest)}\n` };
}

/** Indented JSON with each row of numbers on one line. */
function jsonOf(manifest: Manifest): string {
  return JSON.stringify(manifest, null, 2).replace(/\[\n[\d\s,]+\]/g, (row) => `[${JSON.parse(row).join(', ')}]`);
}

/** An opened bundle, with its folder for those that rewrite its files. */
export interface OpenBundle extends Opened {
  readonly folder: string;
}

/**
 * Loads the bundle in `folder` with the classifier that the edge runs.
 * @throws BundleError when the folder or one of the three files is missing, or they do not form a bundle.
 */
export async function openClassifier(folder: string): Promise<OpenBundle> {
  return { folder, ...(await openIn(urlOf(folder))) };
}

/** The bytes of the three files. @throws BundleError when the folder or one of them is missing. */
export function readBundle(folder: string): Promise<BundleFiles> {
  return readIn(urlOf(folder));
}

const urlOf = (folder: string): URL => pathToFileURL(`${folder}/`);
