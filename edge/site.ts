/**
 * Serves the page's files on Node, Deno and Bun, from the folder that `npm run prepare-page` writes. On Workers, Cloudflare itself
 * serves that folder with the same headers (`[assets]` in wrangler.toml).
 */
import { readdir, readFile } from 'node:fs/promises';
import { Hono } from 'hono'; // that of ./http/hono.ts does not tell a path from the same with a slash
import { etag, RETAINED_304_HEADERS } from 'hono/etag';
import { sha256 } from '../shared/bundle.ts';
import { SITE_FOLDER } from './runtime/shipped.ts';

/** Forbids other origins, inline scripts and styles, and frames. */
export const SITE_HEADERS: Readonly<Record<string, string>> = {
  'Content-Security-Policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'no-referrer',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
};

const TYPES: Readonly<Record<string, string>> = {
  html: 'text/html; charset=utf-8',
  css: 'text/css; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  txt: 'text/plain; charset=utf-8',
  bin: 'application/octet-stream',
};

/** The part of a Hono app that a server calls. */
export interface App {
  fetch(request: Request, env?: object): Response | Promise<Response>;
}

/**
 * Puts the site before the app. The files are read once, when the server starts.
 * @param folder with a slash at the end. If it is missing or cannot be read, the app is returned unchanged.
 */
export async function withSite(app: App, folder = SITE_FOLDER): Promise<App> {
  const names = await readdir(folder).catch((error: { code?: string; name?: string }) => {
    if (error.code === 'ENOENT' || error.name === 'NotCapable') return []; // the second is Deno's
    throw error;
  });
  const site = new Hono<{ Bindings: object }>();
  const tagged = etag({ retainedHeaders: [...RETAINED_304_HEADERS, ...Object.keys(SITE_HEADERS)] });
  for (const name of names) {
    const type = TYPES[name.split('.').at(-1) ?? ''];
    if (type === undefined) continue; // `_headers`
    const content = new Uint8Array(await readFile(new URL(name, folder)));
    const headers = {
      ...SITE_HEADERS,
      'Cache-Control': 'public, max-age=0, must-revalidate',
      'Content-Type': type,
      ETag: `"${(await sha256(content)).slice(0, 32)}"`,
    };
    const path = pathOf(name);
    site.get(path, tagged, () => new Response(content, { headers }));
    if (type.startsWith('text/html') && path !== '/') site.get(`${path}/`, (context) => context.redirect(path, 307));
  }
  if (site.routes.length === 0) return app;
  return site.all('*', ({ req, env }) => app.fetch(req.raw, env));
}

/** Maps files to addresses as Workers does: pages lose their extension, `index.html` is the root. */
function pathOf(name: string): string {
  return `/${name.replace(/^index\.html$/, '').replace(/\.html$/, '')}`;
}
