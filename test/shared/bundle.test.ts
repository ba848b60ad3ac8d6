import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  BundleError,
  type BundleFiles,
  contentVersion,
  type Manifest,
  openBundle,
  openPrepared,
  parseManifest,
  type RecordedMetrics,
  sha256,
} from '../../shared/bundle.ts';
import { indexLines } from '../../shared/line-index.ts';
import { Vocabulary } from '../../shared/vocabulary.ts';
import { manifestOf, TINY_WORDS, tinyBundleFiles, toBytes } from '../fixtures/bundle.ts';

const TINY = await tinyBundleFiles();
const MANIFEST = manifestOf(TINY);

const METRICS: RecordedMetrics = {
  dataset: 'mine',
  reviews: 100,
  accuracy: 0.87,
  macroRecall: 0.87,
  macroF1: 0.87,
  rocAuc: 0.94,
  logLoss: 1.3,
  brier: 0.1,
  expectedCalibrationError: 0.02,
  classwiseCalibrationError: 0.03,
  labels: [
    { label: 'negative', texts: 50, precision: 0.88, recall: 0.86, f1: 0.87, rocAuc: 0.94 },
    { label: 'positive', texts: 50, precision: 0.86, recall: 0.88, f1: 0.87, rocAuc: 0.94 },
  ],
  confusion: [
    [43, 7],
    [6, 44],
  ],
};

/** The message of the BundleError that `act` throws; any other outcome fails the test. */
async function refusal(act: () => unknown): Promise<string> {
  try {
    await act();
  } catch (error) {
    expect(error).toBeInstanceOf(BundleError);
    return (error as BundleError).message;
  }
  throw new Error('nothing was refused');
}

const openingRefused = (files: Partial<BundleFiles>) => refusal(() => openBundle({ ...TINY, ...files }));
const manifestRefused = (value: unknown) => refusal(() => parseManifest(JSON.stringify(value)));

/** A copy of `object` in which the field at `path` is `value`, or is missing when that is undefined. */
function withField(object: object, path: readonly string[], value: unknown): object {
  const copy = structuredClone(object) as Record<string, unknown>;
  let parent = copy;
  for (const key of path.slice(0, -1)) parent = parent[key] as Record<string, unknown>;
  parent[path.at(-1) as string] = value;
  return copy;
}

function withFlippedBit(bytes: Uint8Array, at: number, bit: number): Uint8Array {
  return bytes.map((byte, index) => (index === at ? byte ^ (1 << bit) : byte));
}

describe('openBundle', () => {
  it('returns the contents of the files', async () => {
    const { manifest, vocabulary, model } = await openBundle(TINY);
    expect(manifest).toEqual(MANIFEST);
    expect(vocabulary.size).toBe(TINY_WORDS.length + 3);
    expect(TINY_WORDS.map((word) => vocabulary.idOf(word))).toEqual(TINY_WORDS.map((_, index) => index + 3));
    expect(model).toEqual(TINY.model);
  });

  it('opens with metrics recorded after the export', async () => {
    const recorded = { ...MANIFEST, metrics: { train: METRICS, validation: METRICS, test: METRICS } };
    const { manifest } = await openBundle({ ...TINY, manifest: toBytes(recorded) });
    expect(manifest).toEqual(recorded);
  });

  it.each([3, 7, 100])('opens with %i labels', async (count) => {
    const labels = Array.from({ length: count }, (_, place) => `label ${place}`);
    const { manifest } = await openBundle(await tinyBundleFiles({ manifest: { labels } }));
    expect(manifest.labels).toEqual(labels);
  });

  it('opens with labels and a vocabulary of any language', async () => {
    const files = await tinyBundleFiles({
      vocabulary: Vocabulary.of(['好', '😀']).toString(),
      manifest: { labels: ['négatif', '긍정'] },
    });
    const { manifest, vocabulary } = await openBundle(files);
    expect(manifest.labels).toEqual(['négatif', '긍정']);
    expect(vocabulary.idOf('😀')).toBe(4);
  });

  it('refuses a manifest that is not UTF-8', async () => {
    expect(await openingRefused({ manifest: Uint8Array.of(0x7b, 0xff, 0x7d) })).toBe('model.json is not UTF-8 text');
  });

  it('refuses a manifest that is not JSON', async () => {
    expect(await openingRefused({ manifest: TINY.manifest.subarray(0, -1) })).toBe('model.json is not JSON');
  });

  it('refuses a manifest with a wrong field', async () => {
    const manifest = toBytes({ ...MANIFEST, maxTokens: '8' });
    expect(await openingRefused({ manifest })).toMatch(/^model\.json: maxTokens: /);
  });

  it.each([
    ['model', 'model.onnx'],
    ['vocabulary', 'vocabulary.txt'],
  ] as const)('refuses any flipped bit of the %s', async (file, fileName) => {
    const bytes = TINY[file];
    const anywhere = fc.record({ at: fc.nat(bytes.length - 1), bit: fc.nat(7) });
    await fc.assert(
      fc.asyncProperty(anywhere, async ({ at, bit }) => {
        const message = await openingRefused({ [file]: withFlippedBit(bytes, at, bit) });
        expect(message).toBe(`${fileName} is damaged: its SHA-256 is not the one in model.json`);
      }),
    );
  });

  it('refuses a file of another size, with its name and bytes', async () => {
    expect(await openingRefused({ model: TINY.model.subarray(1) })).toBe('model.onnx has 4 bytes, model.json says 5');
    expect(await openingRefused({ model: new Uint8Array() })).toBe('model.onnx has 0 bytes, model.json says 5');
    const size = TINY.vocabulary.length;
    const vocabulary = Uint8Array.of(...TINY.vocabulary, 10);
    expect(await openingRefused({ vocabulary })).toBe(`vocabulary.txt has ${size + 1} bytes, model.json says ${size}`);
  });

  it('refuses files that were swapped', async () => {
    const { model, vocabulary } = TINY;
    expect(await openingRefused({ model: vocabulary, vocabulary: model })).toMatch(/^model\.onnx has /);
  });

  it.each<[string, Partial<Manifest>]>([
    ['the version', { version: '0123456789ab' }],
    ['the labels', { labels: ['positive', 'negative'] }],
    ['the id', { id: 'other' }],
    ['maxTokens', { maxTokens: 9 }],
  ])('refuses a manifest in which %s alone was changed', async (_name, change) => {
    expect(await openingRefused({ manifest: toBytes({ ...MANIFEST, ...change }) })).toBe(
      'model.json: version does not match the contents; export the bundle again',
    );
  });

  it('refuses a vocabulary of another size than the network was built for', async () => {
    const architecture = { ...MANIFEST.architecture, vocabularySize: 10 };
    const files = await tinyBundleFiles({ manifest: { architecture } });
    expect(await openingRefused(files)).toBe('vocabulary.txt has 9 tokens, the network 10');
  });

  it('refuses a vocabulary that is not UTF-8', async () => {
    const vocabulary = Uint8Array.of(...toBytes('<pad>\n<start>\n<unk>\ncaf'), 0xe9, 10);
    expect(await openingRefused(await tinyBundleFiles({ vocabulary }))).toContain('vocabulary.txt is not UTF-8 text');
  });

  it('refuses a vocabulary that does not parse, with the reason', async () => {
    const files = await tinyBundleFiles({ vocabulary: '<pad>\n<start>\n<unk>\nthe\n\nfilm\n' });
    expect(await openingRefused(files)).toBe('vocabulary.txt: line 5 of the vocabulary is empty');
  });
});

describe('openPrepared', () => {
  const { manifest, vocabulary } = TINY;
  const lines = indexLines(vocabulary);
  const open = async (lines: Uint32Array, of = manifest) =>
    openPrepared({ manifest, vocabulary, index: { lines, manifest: await sha256(of) } });

  it('uses the given index of the vocabulary', async () => {
    const opened = await open(lines);
    expect(opened.manifest).toEqual(MANIFEST);
    expect(opened.vocabulary.index).toBe(lines);
    expect(TINY_WORDS.map((word) => opened.vocabulary.idOf(word))).toEqual(TINY_WORDS.map((_, index) => index + 3));
  });

  it('refuses the index of another bundle, one that is damaged, and one of another size', async () => {
    expect(await refusal(() => open(lines, TINY.model))).toBe(
      'model.json is not the one that the worker was built with: build the worker again',
    );
    for (const damaged of [new Uint32Array(), lines.slice(0, 1), lines.slice(0, -1), lines.with(0, 2 ** 32 - 1)]) {
      expect(await refusal(() => open(damaged))).toBe('the index of vocabulary.txt is damaged');
    }
    expect(await refusal(() => open(lines.with(0, 8)))).toBe('vocabulary.txt has 8 tokens, the network 9');
  });
});

describe('parseManifest', () => {
  it('reports an error in one line of bounded length', async () => {
    const message = await manifestRefused({ ...MANIFEST, id: 'a\nb\u0000\u009b'.repeat(1_000) });
    expect(message).toMatch(/^model\.json: id: \P{Cc}{1,250}$/u);
  });

  it('returns the fields unchanged', () => {
    expect(parseManifest(JSON.stringify(MANIFEST))).toEqual(MANIFEST);
  });

  it('names the remedy for a bundle of version 0.2', async () => {
    const old = { ...MANIFEST, schemaVersion: 1, threshold: 0.5 };
    expect(await manifestRefused(old)).toBe(
      'model.json: schemaVersion: is not 2; train or export the model again with this version',
    );
  });

  it('uses the last state if a manifest has no pooling', () => {
    const { pooling, ngramBuckets, weights, ...architecture } = MANIFEST.architecture;
    expect(parseManifest(JSON.stringify({ ...MANIFEST, architecture }))).toEqual(MANIFEST);
    expect([pooling, ngramBuckets, weights]).toEqual(['last', 0, 'float32']);
  });

  it.each(Object.keys(MANIFEST))('refuses a manifest without %s, and names it', async (field) => {
    expect(await manifestRefused(withField(MANIFEST, [field], undefined))).toMatch(
      new RegExp(`^model\\.json: ${field}: .*"${field}"`),
    );
  });

  it.each<[path: string[], value: unknown]>([
    [['schemaVersion'], 1],
    [['schemaVersion'], 3],
    [['schemaVersion'], '2'],
    [['id'], ''],
    [['id'], 'a/b'],
    [['id'], '.hidden'],
    [['id'], 'a b'],
    [['id'], 'a'.repeat(97)],
    [['version'], '0123456789AB'],
    [['version'], '0123456789a'],
    [['architecture', 'cell'], 'transformer'],
    [['architecture', 'units'], 0],
    [['architecture', 'vocabularySize'], 9.5],
    [['architecture', 'pooling'], 'max'],
    [['architecture', 'ngramBuckets'], -1],
    [['architecture', 'weights'], 'int4'],
    [['tokenizer', 'name'], 'words-v0'],
    [['tokenizer', 'name'], undefined],
    [['maxTokens'], 0],
    [['maxTokens'], -1],
    [['maxTokens'], 1.5],
    [['maxTokens'], null],
    [['labels', '1'], ''],
    [['labels', '1'], 1],
    [['labels', '1'], ' \t'],
    [['labels', '1'], 'two\nlines'],
    [['labels', '1'], '\u2028'],
    [['labels', '1'], '\ud800'],
    [['labels', '1'], 'a'.repeat(101)],
    [['labels'], ['negative']],
    [['labels'], Array.from({ length: 101 }, (_, place) => `label ${place}`)],
    [['labels'], ['negative', 'positive', 'positive']],
    [['inputs', 'ids'], ''],
    [['inputs', 'lengths'], undefined],
    [['output'], ''],
    [['opset'], 0],
    [['files', 'model.onnx'], undefined],
    [['files', 'model.onnx', 'sha256'], 'A'.repeat(64)],
    [['files', 'vocabulary.txt', 'sha256'], 'a'.repeat(63)],
    [['files', 'vocabulary.txt', 'bytes'], 0],
    [['training', 'epochs', '0', 'loss'], null],
    [['training', 'validationReviews'], -1],
    [['parity', 'maxDifference'], 'none'],
    [['metrics', 'test'], {}],
  ])('refuses %j = %j, and names the field', async (path, value) => {
    expect(await manifestRefused(withField(MANIFEST, path, value))).toContain(`model.json: ${path.join('.')}`);
  });

  it('refuses impossible metrics', async () => {
    const refused = (path: string[], value: unknown) =>
      manifestRefused({ ...MANIFEST, metrics: { test: withField(METRICS, path, value) } });
    expect(await refused(['accuracy'], 87)).toMatch(/^model\.json: metrics\.test\.accuracy: /);
    expect(await refused(['logLoss'], -1)).toMatch(/^model\.json: metrics\.test\.logLoss: /);
    expect(await refused(['labels', '0', 'recall'], 2)).toMatch(/^model\.json: metrics\.test\.labels\.0\.recall: /);
    const square = /^model\.json: metrics\.test\.confusion: has not a row and a column for each label$/;
    expect(await refused(['confusion', '1'], [1])).toMatch(square);
    expect(await refused(['confusion', '2'], [1, 2])).toMatch(square);
    expect(await refused(['labels', '2'], METRICS.labels[0])).toMatch(square);
  });

  it.each(['null', '[]', '1', '"text"', 'true'])('refuses JSON that is not an object: %s', async (json) => {
    expect(await refusal(() => parseManifest(json))).toMatch(/^model\.json: /);
  });

  it.each(['', '{', 'undefined', '{"a":1,}', 'NaN'])('refuses invalid JSON: %j', async (json) => {
    expect(await refusal(() => parseManifest(json))).toBe('model.json is not JSON');
  });

  it('throws only a BundleError that names the file, for any input', () => {
    const damaged = fc
      .tuple(fc.constantFrom(...Object.keys(MANIFEST)), fc.jsonValue())
      .map(([field, value]) => JSON.stringify({ ...MANIFEST, [field]: value }));
    const anything = fc.oneof(fc.string({ unit: 'binary' }), fc.json(), damaged);
    fc.assert(
      fc.property(anything, (json) => {
        try {
          expect(parseManifest(json)).toMatchObject({ schemaVersion: 2 });
        } catch (error) {
          expect(error).toBeInstanceOf(BundleError);
          expect((error as BundleError).message).toMatch(/^model\.json/);
        }
      }),
      { numRuns: 500 },
    );
  });
});

describe('contentVersion', () => {
  it('is twelve hexadecimal digits, the same for the same manifest', async () => {
    expect(await contentVersion(MANIFEST)).toMatch(/^[0-9a-f]{12}$/);
    expect(await contentVersion(MANIFEST)).toBe(await contentVersion(structuredClone(MANIFEST)));
  });

  it.each<[string, Partial<Manifest>]>([
    ['training', { training: { ...MANIFEST.training, preset: 'other', seed: 2, epochs: [] } }],
    ['metrics', { metrics: { test: METRICS } }],
    ['parity', { parity: { inputs: 9, maxDifference: 0.5 } }],
    ['the version itself', { version: '0123456789ab' }],
  ])('does not depend on %s', async (_name, change) => {
    expect(await contentVersion({ ...MANIFEST, ...change })).toBe(await contentVersion(MANIFEST));
  });

  const { files } = MANIFEST;
  const otherFile = { sha256: 'a'.repeat(64), bytes: 5 };
  it.each<[string, Partial<Manifest>]>([
    ['id', { id: 'other' }],
    ['maxTokens', { maxTokens: 9 }],
    ['the order of the labels', { labels: ['positive', 'negative'] }],
    ['a label', { labels: ['negative', 'good'] }],
    ['one more label', { labels: ['negative', 'positive', 'neutral'] }],
    ['the name of the ids', { inputs: { ...MANIFEST.inputs, ids: 'other' } }],
    ['the name of the lengths', { inputs: { ...MANIFEST.inputs, lengths: 'other' } }],
    ['the name of the output', { output: 'other' }],
    ['the model', { files: { ...files, 'model.onnx': otherFile } }],
    ['the vocabulary', { files: { ...files, 'vocabulary.txt': otherFile } }],
    [
      'which file is which',
      { files: { 'model.onnx': files['vocabulary.txt'], 'vocabulary.txt': files['model.onnx'] } },
    ],
    // Another name is no Manifest to this tokenizer, but it was one to the next.
    ['the tokenizer', { tokenizer: { name: 'words-v0' as 'words-v3' } }],
  ])('changes with %s', async (_name, change) => {
    expect(await contentVersion({ ...MANIFEST, ...change })).not.toBe(await contentVersion(MANIFEST));
  });
});

describe('sha256', () => {
  it('is the one of FIPS 180-4, in lower-case hexadecimal', async () => {
    expect(await sha256(new Uint8Array())).toBe('e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855');
    expect(await sha256(toBytes('abc'))).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
  });

  it('reads the part of a buffer it was given, not the whole', async () => {
    expect(await sha256(toBytes('xabcx').subarray(1, 4))).toBe(await sha256(toBytes('abc')));
  });
});
