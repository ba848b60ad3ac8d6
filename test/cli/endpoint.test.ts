import { describe, expect, it } from 'vitest';
import { endpointAddress } from '../../cli/endpoint.ts';

const KEY = 'a-key-of-16-characters';

describe('an endpoint', () => {
  it.each([
    ['https://example.com', 'https://example.com'],
    ['https://example.com/', 'https://example.com'],
    ['http://example.com:8787/sentiment//', 'http://example.com:8787/sentiment'],
  ])('%s is asked at %s', (given, url) => {
    expect(endpointAddress(given, undefined)).toEqual({ url, apiKey: undefined });
  });

  it.each([
    ['example.com', 'must begin with https:// or http://'],
    ['ftp://example.com', 'must begin with https:// or http://'],
    ['https://me:secret@example.com', 'must have no user name, query or fragment'],
    ['https://example.com?key=secret', 'must have no user name, query or fragment'],
  ])('is not %s', (given, message) => {
    expect(() => endpointAddress(given, undefined, { flag: '--old' })).toThrow(`--old ${message}`);
  });
});

describe('a key', () => {
  it.each(['https://example.com', 'http://127.0.0.1:8787', 'http://[::1]', 'http://localhost', 'http://a.localhost'])(
    'is for %s',
    (url) => expect(endpointAddress(url, ` ${KEY}\n`)).toEqual({ url, apiKey: KEY }),
  );

  it.each(['http://example.com', 'http://127.0.0.1.example.com', 'http://localhost.example.com', 'http://10.0.0.1'])(
    'is not for %s, where others could read it',
    (url) => {
      expect(() => endpointAddress(url, KEY, { variable: 'OLD_API_KEY' })).toThrow(
        'the key in OLD_API_KEY would be readable on its way; give an https:// URL, or unset OLD_API_KEY',
      );
      expect(endpointAddress(url, '')).toEqual({ url, apiKey: undefined });
    },
  );

  it('with control characters is refused', () => {
    expect(() => endpointAddress('https://example.com', 'a\nb')).toThrow(
      'API_KEY has characters that no key has; only printable ASCII without blanks is allowed',
    );
  });
});
