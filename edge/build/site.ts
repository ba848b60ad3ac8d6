/**
 * Builds the page (`edge/page/`) as static files: scripts and styles, the weights and vocabulary that the gates are computed
 * with, the model card, the third-party notices, and the headers for Workers. `cli.ts` writes them; `edge/site.ts` serves them
 * where Cloudflare does not.
 */
import { readFile } from 'node:fs/promises';
import { build } from 'esbuild';
import { weightsOf } from '../../onnx/weights.ts';
import { BUNDLE_FILES, type Bundle } from '../../shared/bundle.ts';
import { encodeWeights } from '../page/weights.ts';
import { SITE_HEADERS } from '../site.ts';

const SOURCES = 'edge/page';
const PAGES = ['index.html', 'docs.html'];

export interface SiteOptions {
  readonly bundle: Bundle;
  /** The bundle's README.md. */
  readonly card: Uint8Array;
  /** Whether it is the shipped bundle: only that has examples on the page. */
  readonly shipped: boolean;
}

/** The files by name. */
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
