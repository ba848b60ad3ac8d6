/**
 * What a server is told by the variables of its environment, on platforms that have any: Node, Bun and Deno.
 *
 *     HOST    the address to listen on (127.0.0.1)
 *     PORT    the port, 0 for any that is free (8787)
 *     MODEL   the folder of the bundle to serve (model/ of this project)
 *
 * and API_KEYS and ALLOWED_ORIGINS, of which `settings.ts` says more.
 */
import { env } from 'node:process';
import { pathToFileURL } from 'node:url';
import { readSettings } from './settings.ts';

/** @throws when PORT is no port. */
export function address(): { hostname: string; port: number } {
  const port = env['PORT'] || '8787';
  if (!/^\d{1,5}$/.test(port) || Number(port) > 65_535) throw new Error(`PORT must be from 0 to 65535, not "${port}"`);
  return { hostname: env['HOST'] || '127.0.0.1', port: Number(port) };
}

/** With a slash at the end. */
export function modelFolder(): URL {
  const folder = env['MODEL'];
  return folder ? pathToFileURL(`${folder}/`) : new URL('../model/', import.meta.url);
}

/** @throws when a setting cannot be meant. */
export function settings(): ReturnType<typeof readSettings> {
  return readSettings({ API_KEYS: env['API_KEYS'], ALLOWED_ORIGINS: env['ALLOWED_ORIGINS'] });
}
