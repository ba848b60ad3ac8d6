/**
 * What whoever runs the endpoint can say of it, as strings: variables and secrets of a worker, or of a server's environment.
 *
 *     API_KEYS          bearer keys, any of which is taken; without one, no key is needed
 *     ALLOWED_ORIGINS   origins whose pages may call the API, or *; without one, only its own
 *     OPEN_JOBS         "true" lets whoever may ask have bulk jobs done, which cost more than an answer; without it, only who has a key
 *     LABELS            the labels of requests that name none, two or more of the model's; without it, all
 *
 * Keys and origins are separated by commas or spaces, labels by commas. What cannot be meant is refused: a key that is set
 * and not read would leave the door open. Whether the model has the labels is known when it is loaded.
 */
import { labelsIn } from '../shared/labels.ts';
import { MIN_KEY_CHARACTERS } from './http/limits.ts';

export interface Settings {
  readonly apiKeys: readonly string[];
  readonly allowedOrigins: readonly string[];
  /** Whether a job may be made by whoever may ask, which without a key is nobody unless it is said. */
  readonly jobsAllowed: boolean;
  /** Undefined is all of the model's. */
  readonly labels: readonly string[] | undefined;
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
  const { OPEN_JOBS: openJobs = 'false' } = environment;
  if (openJobs !== 'true' && openJobs !== 'false')
    throw new SettingsError(`OPEN_JOBS must be true or false, not "${openJobs}"`);
  const labels = environment.LABELS ? labelsIn(environment.LABELS) : undefined;
  if (labels !== undefined && (labels.length < 2 || labels.includes('') || new Set(labels).size < labels.length)) {
    throw new SettingsError(
      `LABELS must be two labels or more, each once, like negative,positive, not "${environment.LABELS}"`,
    );
  }
  return { apiKeys, allowedOrigins, jobsAllowed: apiKeys.length > 0 || openJobs === 'true', labels };
}

function list(name: string, value = ''): string[] {
  const items = value.split(/[\s,]+/).filter((item) => item !== '');
  if (value !== '' && items.length === 0) throw new SettingsError(`${name} is set, and has nothing in it`);
  return items;
}

function isOrigin(value: string): boolean {
  return URL.canParse(value) && new URL(value).origin === value && !value.includes('*');
}
