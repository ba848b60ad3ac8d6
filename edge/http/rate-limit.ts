/** How often one client may ask: the platform counts, this asks it. */
import type { Context, MiddlewareHandler } from 'hono';
import type { AppEnv } from './context.ts';
import { ProblemError } from './errors.ts';
import { RATE_LIMITER_TIMEOUT_MS } from './limits.ts';
import { within } from './wait.ts';

/** The part of Cloudflare's rate-limit binding that is used. */
export interface RateLimiter {
  limit(options: { key: string }): Promise<{ success: boolean }>;
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
    const key = context.get('client') ?? clientNetwork(context.req.header('cf-connecting-ip') ?? 'unknown');
    const allowed = await isAllowed(limiter, key).catch((error: unknown) => {
      onFailure(error, context);
      return true;
    });
    if (!allowed) throw new ProblemError({ kind: 'rate-limited' });
    await next();
  };
}

/** An address of IPv4 as it is, and of one of IPv6 the first 64 bits: a client has as many of those with them as it likes. */
export function clientNetwork(address: string): string {
  if (!address.includes(':') || address.includes('.')) return address;
  const [start = '', end] = address.toLowerCase().split('::');
  const first = start === '' ? [] : start.split(':');
  const last = end ? end.split(':') : [];
  const zeros = Math.max(0, 8 - first.length - last.length);
  const all = end === undefined ? first : [...first, ...Array<string>(zeros).fill('0'), ...last];
  return `${all
    .slice(0, 4)
    .map((part) => part.replace(/^0+(?=.)/, ''))
    .join(':')}::/64`;
}

/** Rejects when the limiter has no answer, whichever way. */
async function isAllowed(limiter: RateLimiter, key: string): Promise<boolean> {
  const answer = await within(
    limiter.limit({ key }).then((answer) => ({ answer })),
    RATE_LIMITER_TIMEOUT_MS,
  );
  if (answer === undefined) throw new Error(`the rate limiter has not answered in ${RATE_LIMITER_TIMEOUT_MS} ms`);
  const { success } = answer.answer;
  if (typeof success !== 'boolean') throw new TypeError('the rate limiter says neither yes nor no');
  return success;
}
