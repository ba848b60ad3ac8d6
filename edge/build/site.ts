/**
 * The page (`edge/page/`) as the folder of static files that is served: bundled, with the weights and the vocabulary that
 * its second view computes with, the model's card, the notices of what is deployed, and the headers for Workers. A function
 * of the sources and the bundle.
 *
 * Not here: writing files (`cli.ts`), and serving them where Cloudflare does not (`edge/site.ts`).
 */
import { readFile } from 'node:fs/promises';
import { build } from 'esbuild';
import { BUNDLE_FILES, type Bundle } from '../../shared/bundle.ts';
import { encodeWeights } from '../page/weights.ts';
import { SITE_HEADERS } from '../site.ts';
import { weightsOf } from './weights.ts';

const SOURCES = 'edge/page';
const PAGES = ['index.html', 'docs.html'];

export interface SiteOptions {
  readonly bundle: Bundle;
  /** The bundle's README.md. */
  readonly card: Uint8Array;
  /** Whether it is the shipped bundle, which the page's examples are of. */
  readonly shipped: boolean;
}

/** By name. */
export async function buildSite({ bundle, card, shipped }: SiteOptions): Promise<Record<string, Uint8Array>> {
  const { model, vocabulary, manifest } = bundle;
  const { outputFiles } = await build({
    entryPoints: ['page.ts', 'docs.ts', 'style.css'].map((name) => `${SOURCES}/${name}`),
    outdir: 'site', // nothing is written
    write: false,
    bundle: true,
    define: { EXAMPLES_FIT: String(shipped) },
    minify: true,
    format: 'esm',
    target: 'es2022',
  });
  const files: Record<string, Uint8Array> = {};
  for (const { path, contents } of outputFiles) files[path.replace(/^.*[\\/]/, '')] = contents;
  const head = (await readFile(`${SOURCES}/head.html`, 'utf8')).trimEnd();
  for (const name of PAGES) {
    const page = await readFile(`${SOURCES}/${name}`, 'utf8');
    files[name] = new TextEncoder().encode(page.replace('<!-- head.html -->', () => head));
  }
  files['model-card.txt'] = card;
  files['third-party-notices.txt'] = await readFile('THIRD_PARTY_NOTICES.md');
  files[BUNDLE_FILES.vocabulary] = new TextEncoder().encode(vocabulary.toString());
  const weights = weightsOf(model, manifest);
  if (weights !== undefined) files['weights.bin'] = encodeWeights(weights);
  files['_headers'] = new TextEncoder().encode(headersFile());
  return files;
}

/** https://developers.cloudflare.com/workers/static-assets/headers/ */
function headersFile(): string {
  const lines = Object.entries(SITE_HEADERS).map(([name, value]) => `  ${name}: ${value}\n`);
  return `/*\n${lines.join('')}`;
}
