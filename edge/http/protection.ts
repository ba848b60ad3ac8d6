/**
 * Who may ask, and how often: middleware for bearer keys, for the platform's rate limit, and for the headers that keep an
 * answer from being framed, sniffed or run. Each is off, or at its strictest, until a setting says otherwise (`settings.ts`).
 */
import type { Context, MiddlewareHandler } from 'hono';
import { secureHeaders } from 'hono/secure-headers';
import { ProblemError } from './errors.ts';
import { RATE_LIMITER_TIMEOUT_MS } from './limits.ts';
import type { AppEnv } from './observe.ts';

/** The part of Cloudflare's rate-limit binding that is used. */
export interface RateLimiter {
  limit(options: { key: string }): Promise<{ success: boolean }>;
}

/**
 * Lets only requests pass that have one of the keys, as "Authorization: Bearer …". What is compared are digests, every
 * one of them and to the end, so that the time it takes says nothing of a key.
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

/**
 * Counts requests by key, or else by the address that Cloudflare saw.
 * @param onFailure told when the limiter fails, which lets the request pass: it is not what the client came for.
 */
export function limitRate(
  limiter: RateLimiter,
  onFailure: (error: unknown, context: Context<AppEnv>) => void,
): MiddlewareHandler<AppEnv> {
  return async function limitRate(context, next) {
    const key = context.get('client') ?? context.req.header('cf-connecting-ip') ?? 'unknown';
    const allowed = await isAllowed(limiter, key).catch((error: unknown) => {
      onFailure(error, context);
      return true;
    });
    if (!allowed) throw new ProblemError({ kind: 'rate-limited' });
    await next();
  };
}

/** Rejects when the limiter has no answer, whichever way. */
async function isAllowed(limiter: RateLimiter, key: string): Promise<boolean> {
  const late = Promise.withResolvers<never>();
  const message = `the rate limiter has not answered in ${RATE_LIMITER_TIMEOUT_MS} ms`;
  const timer = setTimeout(() => late.reject(new Error(message)), RATE_LIMITER_TIMEOUT_MS);
  try {
    const { success } = await Promise.race([limiter.limit({ key }), late.promise]);
    if (typeof success !== 'boolean') throw new TypeError('the rate limiter says neither yes nor no');
    return success;
  } finally {
    clearTimeout(timer);
  }
}

/** A page has its own policy, and it stays. */
export const strictHeaders = secureHeaders({
  contentSecurityPolicy: { defaultSrc: ["'none'"], frameAncestors: ["'none'"] },
  xFrameOptions: 'DENY',
  strictTransportSecurity: 'max-age=15552000', // not of subdomains: they may be somebody else's business
  overwrite: false,
});

async function digestOf(key: string): Promise<Uint8Array> {
  return new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(key)));
}

function isSame(a: Uint8Array, b: Uint8Array): boolean {
  let difference = 0;
  for (const [index, byte] of a.entries()) difference |= byte ^ (b[index] as number);
  return difference === 0;
}
