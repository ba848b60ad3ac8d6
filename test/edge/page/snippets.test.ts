/** The code that the page gives to copy, run. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { curl, sharedText, shareLink, typescript } from '../../../edge/page/snippets.ts';

const TEXTS = [
  'A fine film.',
  `It's "quoted", $HOME \`id\` $(id) \\n %s !! 'again'`,
  'two\nlines\tand a \u0000, an \ud83d unpaired surrogate, 😀 and \u2028',
  // biome-ignore lint/suspicious/noTemplateCurlyInString: it has to stay what it is
  '${process.exit(1)} </script>',
];
const origin = 'https://example.org';

describe.each(TEXTS)('for %j', (text) => {
  it('sends what the page sends, from a shell', async () => {
    const script = `curl() { for part in "$@"; do printf '%s\\0' "$part"; done; }\n${curl({ origin, text })}`;
    const { stdout } = await promisify(execFile)('sh', ['-c', script]);
    const [url, , header, , body = ''] = stdout.split('\0');
    expect([url, header]).toEqual([`${origin}/v1/sentiment`, 'content-type: application/json']);
    expect(JSON.parse(body)).toEqual({ text, evidence: true, sentences: true });
  });

  it('sends what the page sends, from TypeScript', async () => {
    const sent: unknown[] = [];
    const said: unknown[] = [];
    const fetch = async (...request: unknown[]) => {
      sent.push(...request);
      return { json: async () => ({ results: [{ label: 'positive', score: 0.75 }] }) };
    };
    const AsyncFunction = Object.getPrototypeOf(async () => {}).constructor;
    const log = (...values: unknown[]) => said.push(...values);
    await new AsyncFunction('fetch', 'console', typescript({ origin, text }))(fetch, { log });
    const [url, { method, headers, body }] = sent as [string, { method: string; headers: unknown; body: string }];
    expect([url, method, headers]).toEqual([`${origin}/v1/sentiment`, 'POST', { 'content-type': 'application/json' }]);
    expect(JSON.parse(body)).toEqual({ text, evidence: true, sentences: true });
    expect(said).toEqual(['positive', 0.75]);
  });

  it('makes a link from which the text can be read back', () => {
    const link = new URL(shareLink({ origin, text }));
    expect([link.origin, link.pathname, link.search]).toEqual([origin, '/', '']);
    expect(sharedText(link.hash)).toBe(text.toWellFormed()); // an address is UTF-8
  });
});

it('ignores other fragments', () => {
  expect(['', '#', '#top', '#%E0%A4%A', '#other=1'].map(sharedText)).toEqual(Array(5).fill(undefined));
});
