/** API keys, as bearer tokens. */
import type { MiddlewareHandler } from 'hono';
import type { AppEnv } from './context.ts';
import { ProblemError } from './errors.ts';

/**
 * Requires one of the keys as "Authorization: Bearer …". Compares digests, all of them and to the end, so that the time reveals
 * nothing about a key.
 */
export function requireKey(keys: readonly string[]): MiddlewareHandler<AppEnv> {
  const digests = Promise.all(keys.map(digestOf));
  return async function requireKey(context, next) {
    const [, key] = /^Bearer +(\S+) *$/i.exec(context.req.header('authorization') ?? '') ?? [];
    const digest = await digestOf(key ?? '');
    const matches = (await digests).map((other) => isSame(digest, other));
    if (key === undefined || !matches.includes(true)) {
      throw new ProblemError({ kind: 'unauthorized', presented: key !== undefined });
    }
    context.set('client', `key ${digest.slice(0, 8).join('.')}`);
    await next();
  };
}

async function digestOf(key: string): Promise<Uint8Array> {
  return new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(key)));
}

function isSame(a: Uint8Array, b: Uint8Array): boolean {
  let difference = 0;
  for (const [index, byte] of a.entries()) difference |= byte ^ (b[index] as number);
  return difference === 0;
}
