/** The shipped bundle, damaged: opened unchanged or refused with the reason, never half. */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import fc from 'fast-check';
import {
  BundleError,
  type BundleFiles,
  contentVersion,
  type Manifest,
  openBundle,
  openPrepared,
  sha256,
} from '../../shared/bundle.ts';
import { findLine, indexLines } from '../../shared/line-index.ts';
import { Vocabulary } from '../../shared/vocabulary.ts';
import { tinyBundleFiles } from '../fixtures/bundle.ts';
import { anyText, damages, nearly } from './arbitraries.ts';
import { target } from './target.ts';

const SHIPPED: BundleFiles = {
  model: new Uint8Array(await readFile('model/model.onnx')),
  vocabulary: new Uint8Array(await readFile('model/vocabulary.txt')),
  manifest: new Uint8Array(await readFile('model/model.json')),
};
const shipped = JSON.parse(new TextDecoder().decode(SHIPPED.manifest)) as Manifest;

/** The fields that an answer depends on (`contentVersion`). */
function behaviour({ id, tokenizer, maxTokens, labels, inputs, output, files }: Manifest): unknown {
  return { id, tokenizer, maxTokens, labels, inputs, output, files };
}

/** The bundle, or undefined when it was refused as it should be. */
async function opened<T>(opening: Promise<T>): Promise<T | undefined> {
  try {
    return await opening;
  } catch (error) {
    assert(error instanceof BundleError, `not a BundleError: ${(error as Error).stack}`);
    assert.match(error.message, /^(the index|(model|vocabulary)\.)/, 'it says which file');
    assert.match(error.message, /^[^\n]{1,300}$/, 'it is one line');
    return undefined;
  }
}

const manifests: fc.Arbitrary<Uint8Array> = fc.oneof(
  damages.map((damage) => damage(SHIPPED.manifest)),
  nearly(fc.constant(shipped)).map((json) => new TextEncoder().encode(json)),
);

export const bundle = target({
  name: 'bundle',
  // The model is large and has a single check, so it is rarely changed.
  inputs: fc.oneof(
    { weight: 20, arbitrary: fc.record({ manifest: manifests }) },
    { weight: 10, arbitrary: fc.record({ vocabulary: damages.map((damage) => damage(SHIPPED.vocabulary)) }) },
    { weight: 1, arbitrary: fc.record({ model: damages.map((damage) => damage(SHIPPED.model)) }) },
  ),
  holds: async (damaged: Partial<BundleFiles>) => {
    const files = { ...SHIPPED, ...damaged };
    const bundle = await opened(openBundle(files));
    if (bundle === undefined) return;
    assert.deepEqual(behaviour(bundle.manifest), behaviour(shipped), 'nothing that an answer depends on is another');
    assert.equal(await contentVersion(bundle.manifest), shipped.version);
    for (const name of ['model', 'vocabulary'] as const) {
      assert(Buffer.compare(files[name], SHIPPED[name]) === 0, `${name} is byte for byte the same`);
    }
  },
});

const TINY = await tinyBundleFiles();
const LINES = indexLines(TINY.vocabulary);

export const index = target({
  name: 'index',
  inputs: fc.record({
    numbers: fc.oneof(
      fc.uint32Array({ maxLength: 40 }),
      fc
        .tuple(fc.array(fc.tuple(fc.nat(LINES.length - 1), fc.oneof(fc.nat(20), fc.nat(0xffffffff)))), fc.nat(4))
        .map(([changes, less]) => {
          const numbers = LINES.slice(0, LINES.length - less);
          for (const [at, value] of changes) numbers[at] = value;
          return numbers;
        }),
    ),
    others: fc.array(anyText, { maxLength: 4 }),
  }),
  holds: async ({ numbers, others }) => {
    const index = { lines: numbers, manifest: await sha256(TINY.manifest) };
    const bundle = await opened(openPrepared({ ...TINY, index }));
    if (bundle === undefined) return;
    // Whatever stands in it, a look-up comes to an end; and what is found is the word.
    const text = bundle.vocabulary.toString();
    for (const word of [...bundle.vocabulary.words, ...others]) {
      const line = findLine(word, TINY.vocabulary, numbers);
      assert(line === -1 || text.includes(word));
    }
  },
});

const vocabularies = fc
  .tuple(fc.constantFrom('<pad>\n<start>\n<unk>\n', '<pad>\n<start>\n', ''), fc.array(anyText, { maxLength: 12 }))
  .map(([specials, lines]) => (specials + lines.join('\n')).toWellFormed()); // as a file in UTF-8 is

export const vocabulary = target({
  name: 'vocabulary',
  inputs: vocabularies,
  holds: (file) => {
    let vocabulary: Vocabulary;
    try {
      vocabulary = Vocabulary.parse(file);
    } catch (error) {
      assert.match((error as Error).message, /does not begin with <pad>|of the vocabulary is empty$|is repeated$/);
      return;
    }
    const lines = file.replace(/\n$/, '').split('\n');
    assert.equal(vocabulary.size, lines.length);
    assert.equal(vocabulary.toString(), `${lines.join('\n')}\n`);
    for (const [id, word] of lines.entries()) assert.equal(vocabulary.idOf(word), id, 'the number of a line is its id');
  },
});
