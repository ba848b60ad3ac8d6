/** Checks an endpoint's URL and key, for every command that sends texts to one. */
import { UsageError } from './errors.ts';

export interface EndpointAddress {
  /** Without a slash at the end. */
  readonly url: string;
  readonly apiKey: string | undefined;
}

/** Messages name the flag of the URL and the environment variable of the key. */
export interface AddressNames {
  readonly flag: string;
  readonly variable: string;
}

/**
 * @throws UsageError if the URL or the key is invalid, or others could read the key on its way.
 */
export function endpointAddress(
  given: string,
  key: string | undefined,
  { flag = '--url', variable = 'API_KEY' }: Partial<AddressNames> = {},
): EndpointAddress {
  const url = URL.parse(given);
  if (url === null || !/^https?:$/.test(url.protocol)) {
    throw new UsageError(`${flag} must begin with https:// or http://`);
  }
  if (url.username || url.password || url.search || url.hash) {
    throw new UsageError(`${flag} must have no user name, query or fragment`);
  }
  const apiKey = key?.trim() || undefined;
  if (apiKey !== undefined && !/^[\x21-\x7e]+$/.test(apiKey)) {
    throw new UsageError(`${variable} has characters that no key has; only printable ASCII without blanks is allowed`);
  }
  if (apiKey !== undefined && url.protocol === 'http:' && !isLoopback(url.hostname)) {
    throw new UsageError(
      `the key in ${variable} would be readable on its way; give an https:// URL, or unset ${variable}`,
    );
  }
  return { url: `${url.origin}${url.pathname}`.replace(/(?<!\/)\/+$/, ''), apiKey };
}

function isLoopback(hostname: string): boolean {
  return /^(127\.\d+\.\d+\.\d+|\[::1\]|([^.]+\.)*localhost)$/.test(hostname);
}
