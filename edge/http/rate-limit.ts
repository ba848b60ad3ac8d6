/** Limits a client's requests by the platform's counter. */
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
 * @param onFailure is called when the limiter fails. The request then passes.
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

/** An IPv4 address, or the first 64 bits of an IPv6 address, because a client has as many of the rest as it likes. */
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

/** Rejects if the limiter fails or does not answer in time. */
async function isAllowed(limiter: RateLimiter, key: string): Promise<boolean> {
  const answer = await within(
    limiter.limit({ key }).then((answer) => ({ answer })),
    RATE_LIMITER_TIMEOUT_MS,
  );
  if (answer === undefined) throw new Error(`the rate limiter has not answered in ${RATE_LIMITER_TIMEOUT_MS} ms`);
  const { success } = answer.answer;
  if (typeof success !== 'boolean') throw new TypeError('the rate limiter gave an invalid answer');
  return success;
}
