/**
 * What whoever runs the endpoint can say of it, as strings: variables and secrets of a worker, or of a server's environment.
 *
 *     API_KEYS          bearer keys, any of which is taken; without one, no key is needed
 *     ALLOWED_ORIGINS   origins whose pages may call the API, or *; without one, only its own
 *     OPEN_JOBS         "true" lets whoever may ask have bulk jobs done, which cost more than an answer; without it, only who has a key
 *     LABELS            the labels of requests that name none, two or more of the model's; without it, all
 *     MAX_TOKENS        how many tokens of a text are read, from its end; without it, as many as in training
 *     FORMATS           "false" answers in no other service's format (docs/formats.md)
 *     FORMAT_LABELS     the labels that other formats answer with, like NEGATIVE=negative,POSITIVE=positive (`adapters/labels.ts`)
 *
 * Keys and origins are separated by commas or spaces, labels by commas. What cannot be meant is refused: a key that is set
 * and not read would leave the door open. Whether the model has the labels is known when it is loaded.
 */
import { labelsIn } from '../shared/labels.ts';
import { FORMATS, type FormatLabels, readFormatLabels } from './adapters/labels.ts';
import { MAX_TOKENS_READ, MIN_KEY_CHARACTERS } from './http/limits.ts';

export interface Settings {
  readonly apiKeys: readonly string[];
  readonly allowedOrigins: readonly string[];
  /** Whether a job may be made by whoever may ask, which without a key is nobody unless it is said. */
  readonly jobsAllowed: boolean;
  /** Undefined is all of the model's. */
  readonly labels: readonly string[] | undefined;
  /** Undefined is as many as in training. */
  readonly maxTokens: number | undefined;
  /** Whether other services' formats are spoken. */
  readonly formats: boolean;
  readonly formatLabels: FormatLabels;
}

/** A setting that cannot be meant. The message names it, and never quotes a key. */
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
  if (value !== '' && items.length === 0) throw new SettingsError(`${name} is set, and has nothing in it`);
  return items;
}

function isOrigin(value: string): boolean {
  return URL.canParse(value) && new URL(value).origin === value && !value.includes('*');
}
