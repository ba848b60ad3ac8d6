/**
 * The endpoint's settings, as strings: variables and secrets of a worker, or environment variables of a server.
 *
 *     API_KEYS          bearer keys. Default: no key is needed
 *     ALLOWED_ORIGINS   origins whose pages may call the API, or *. Default: only its own
 *     OPEN_JOBS         "true" lets clients without a key make bulk jobs. Default: only clients with a key
 *     LABELS            two or more of the model's labels, for requests that name none. Default: all
 *     MAX_TOKENS        the number of tokens of a text that are read, from its end. Default: as in training
 *     FORMATS           "false" turns other services' formats off (docs/formats.md)
 *     FORMAT_LABELS     the labels in other formats, like NEGATIVE=negative,POSITIVE=positive (`adapters/labels.ts`)
 *
 * Keys and origins are separated by commas or spaces, labels by commas. Invalid settings are refused: a key that is set but not read
 * would leave the endpoint open. LABELS are checked when the model is loaded.
 */
import { labelsIn } from '../shared/labels.ts';
import { FORMATS, type FormatLabels, readFormatLabels } from './adapters/labels.ts';
import { MAX_TOKENS_READ, MIN_KEY_CHARACTERS } from './http/limits.ts';

export interface Settings {
  readonly apiKeys: readonly string[];
  readonly allowedOrigins: readonly string[];
  /** Whether a client may make jobs: any client with OPEN_JOBS, else only one with a key. */
  readonly jobsAllowed: boolean;
  /** Default: all of the model's. */
  readonly labels: readonly string[] | undefined;
  /** Default: as many as in training. */
  readonly maxTokens: number | undefined;
  /** Whether other services' formats are served. */
  readonly formats: boolean;
  readonly formatLabels: FormatLabels;
}

/** An invalid setting. The message names it, and never quotes a key. */
export class SettingsError extends Error {
  override readonly name = 'SettingsError';
}

/** @throws SettingsError */
export function readSettings(environment: {
  readonly API_KEYS?: string | undefined;
  readonly ALLOWED_ORIGINS?: string | undefined;
  readonly OPEN_JOBS?: string | undefined;
  readonly LABELS?: string | undefined;
  readonly MAX_TOKENS?: string | undefined;
  readonly FORMATS?: string | undefined;
  readonly FORMAT_LABELS?: string | undefined;
}): Settings {
  const apiKeys = list('API_KEYS', environment.API_KEYS);
  if (apiKeys.some((key) => key.length < MIN_KEY_CHARACTERS)) {
    throw new SettingsError(`API_KEYS has a key of fewer than ${MIN_KEY_CHARACTERS} characters`);
  }
  if (apiKeys.some((key) => !/^[\x21-\x7e]+$/.test(key))) {
    // Clients encode others in different ways.
    throw new SettingsError(
      'API_KEYS has a key that is not ASCII; use letters, digits and signs of an English keyboard',
    );
  }
  const allowedOrigins = list('ALLOWED_ORIGINS', environment.ALLOWED_ORIGINS);
  for (const origin of allowedOrigins) {
    if (origin !== '*' && !isOrigin(origin)) {
      throw new SettingsError(`ALLOWED_ORIGINS must be origins like https://example.com, not "${origin}"`);
    }
  }
  const openJobs = isTrue('OPEN_JOBS', environment.OPEN_JOBS || 'false');
  const formats = isTrue('FORMATS', environment.FORMATS || 'true');
  const { MAX_TOKENS, FORMAT_LABELS } = environment;
  if (MAX_TOKENS && !(/^[1-9]\d{0,3}$/.test(MAX_TOKENS) && Number(MAX_TOKENS) <= MAX_TOKENS_READ)) {
    throw new SettingsError(`MAX_TOKENS must be from 1 to ${MAX_TOKENS_READ}, not "${MAX_TOKENS}"`);
  }
  const maxTokens = MAX_TOKENS ? Number(MAX_TOKENS) : undefined;
  const formatLabels = FORMAT_LABELS ? readFormatLabels(FORMAT_LABELS) : {};
  if (formatLabels === undefined) {
    throw new SettingsError(
      `FORMAT_LABELS must be like NEGATIVE=negative,POSITIVE=positive, or like tei: A=a,B=b; vllm: X=a,Y=b, for ${FORMATS.join(', ')}, not "${FORMAT_LABELS}"`,
    );
  }
  const labels = environment.LABELS ? labelsIn(environment.LABELS) : undefined;
  if (labels !== undefined && (labels.length < 2 || labels.includes('') || new Set(labels).size < labels.length)) {
    throw new SettingsError(
      `LABELS must be two labels or more, each once, like negative,positive, not "${environment.LABELS}"`,
    );
  }
  return {
    apiKeys,
    allowedOrigins,
    jobsAllowed: apiKeys.length > 0 || openJobs,
    labels,
    maxTokens,
    formats,
    formatLabels,
  };
}

function isTrue(name: string, value: string): boolean {
  if (value === 'true' || value === 'false') return value === 'true';
  throw new SettingsError(`${name} must be true or false, not "${value}"`);
}

function list(name: string, value = ''): string[] {
  const items = value.split(/[\s,]+/).filter((item) => item !== '');
  if (value !== '' && items.length === 0) throw new SettingsError(`${name} is set but empty`);
  return items;
}

function isOrigin(value: string): boolean {
  return URL.canParse(value) && new URL(value).origin === value && !value.includes('*');
}
