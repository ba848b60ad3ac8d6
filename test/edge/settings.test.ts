import { describe, expect, it } from 'vitest';
import { readSettings } from '../../edge/settings.ts';

const KEY = '0123456789abcdef';

describe('settings', () => {
  it('are none by default', () => {
    const none = {
      ...{ apiKeys: [], allowedOrigins: [], jobsAllowed: false, labels: undefined, maxTokens: undefined },
      ...{ formats: true, formatLabels: {} },
    };
    expect(readSettings({})).toEqual(none);
    expect(readSettings({ API_KEYS: '', ALLOWED_ORIGINS: undefined, LABELS: '' })).toEqual(none);
  });

  it('separate keys and origins by commas or spaces', () => {
    expect(
      readSettings({ API_KEYS: ` ${KEY},\n${KEY}2 `, ALLOWED_ORIGINS: 'https://a.example,http://localhost:5173' }),
    ).toMatchObject({ apiKeys: [KEY, `${KEY}2`], allowedOrigins: ['https://a.example', 'http://localhost:5173'] });
    expect(readSettings({ ALLOWED_ORIGINS: '*' }).allowedOrigins).toEqual(['*']);
  });

  it.each([
    [{}, false],
    [{ API_KEYS: KEY }, true],
    [{ OPEN_JOBS: 'true' }, true],
    [{ API_KEYS: KEY, OPEN_JOBS: 'false' }, true],
    [{ OPEN_JOBS: 'false' }, false],
  ])('allow jobs with a key, or for everybody with OPEN_JOBS: %j', (environment, allowed) => {
    expect(readSettings(environment).jobsAllowed).toBe(allowed);
  });

  it('refuse an OPEN_JOBS other than true or false', () => {
    expect(() => readSettings({ OPEN_JOBS: 'yes' })).toThrow('OPEN_JOBS must be true or false, not "yes"');
  });

  it('separate labels by commas, and keep spaces within them', () => {
    expect(readSettings({ LABELS: ' very bad,ok , good' }).labels).toEqual(['very bad', 'ok', 'good']);
  });

  it.each(['negative', 'a,a', 'a,,b', ' , ', ','])('require two or more different labels: not %j', (value) => {
    expect(() => readSettings({ LABELS: value })).toThrow(
      `LABELS must be two labels or more, each once, like negative,positive, not "${value}"`,
    );
  });

  it('set the number of tokens to read', () => {
    expect(readSettings({ MAX_TOKENS: '1600' }).maxTokens).toBe(1600);
  });

  it.each(['0', '-1', '1.5', '4097', 'many', '1e3'])('require a number of tokens from 1 to 4096: not %j', (value) => {
    expect(() => readSettings({ MAX_TOKENS: value })).toThrow(`MAX_TOKENS must be from 1 to 4096, not "${value}"`);
  });

  it('turn other formats off, and rename their labels', () => {
    expect(readSettings({ FORMATS: 'false' }).formats).toBe(false);
    expect(() => readSettings({ FORMATS: 'tei' })).toThrow('FORMATS must be true or false, not "tei"');
    const two = new Map([
      ['negative', 'NEGATIVE'],
      ['positive', 'very good'],
    ]);
    const { formatLabels } = readSettings({ FORMAT_LABELS: ' NEGATIVE = negative, very good=positive' });
    expect(formatLabels).toEqual({ huggingface: two, tei: two, vllm: two, 'workers-ai': two });
    const { formatLabels: one } = readSettings({ FORMAT_LABELS: 'vllm: LABEL_0=a, LABEL_1=b; tei: x=b,y=a' });
    expect(Object.keys(one)).toEqual(['vllm', 'tei']);
    expect([...(one.tei ?? [])]).toEqual([
      ['b', 'x'],
      ['a', 'y'],
    ]);
  });

  it.each([
    'a',
    'a=b',
    'a=b,a=c',
    'a=c,b=c',
    'a=b,=c',
    'a=b,c=',
    'a=b=c,d=e',
    'other: a=b,c=d',
    'tei:',
    ' ',
    'a=b,a=c,d=e',
    'tei: a=b,c=d; a=b,c=d',
  ])('require two or more different name=label for a format: not %j', (value) => {
    expect(() => readSettings({ FORMAT_LABELS: value })).toThrow(/^FORMAT_LABELS must be like /);
  });

  it.each([' ', ',', ' , '])('refuse an empty value: %j', (value) => {
    expect(() => readSettings({ API_KEYS: value })).toThrow('API_KEYS is set but empty');
  });

  it('refuse a short key without quoting it', () => {
    expect(() => readSettings({ API_KEYS: `${KEY},short` })).toThrow(
      /^API_KEYS has a key of fewer than 16 characters$/,
    );
  });

  it.each(['https://a.example/', 'a.example', 'https://*.example', 'null', 'https://a.example/path'])(
    'require origins without a path: not %s',
    (origin) => {
      const message = `ALLOWED_ORIGINS must be origins like https://example.com, not "${origin}"`;
      expect(() => readSettings({ ALLOWED_ORIGINS: origin })).toThrow(message);
    },
  );
});
