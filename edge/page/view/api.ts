/** The page's requests to its server. */
import type { Answer } from '../answer.ts';
import { bodyOf } from '../snippets.ts';

/** The part of `model.json` that the page shows. */
export interface Model {
  readonly id: string;
  readonly version: string;
  readonly labels: readonly string[];
  readonly maxTokens: number;
  readonly training: { readonly dataset: string; readonly reviews: number };
  readonly architecture: { readonly cell: string; readonly units: number; readonly parameters: number };
  readonly files: Readonly<Record<string, { readonly bytes: number }>>;
  readonly metrics: Readonly<
    Record<string, { readonly dataset: string; readonly reviews: number; readonly accuracy: number } | undefined>
  >;
}

/** The server wants an API key, or another one. */
export class KeyWanted extends Error {}

let key = '';

/** Sets the key of all further requests. It is kept in this page's memory only. */
export function useKey(value: string): void {
  key = value.trim();
}

/** @throws Error with a message for the user. */
export async function ask(text: string, signal: AbortSignal): Promise<Answer> {
  const headers = { 'content-type': 'application/json' };
  const { results } = await json('/v1/sentiment', { method: 'POST', headers, body: bodyOf(text), signal });
  return results[0];
}

export async function getModel(): Promise<Model> {
  return json('/v1/model');
}

async function json(path: string, init: RequestInit = {}) {
  const headers = key === '' ? init.headers : { ...init.headers, authorization: `Bearer ${key}` };
  const response = await fetch(path, { ...init, ...(headers && { headers }) }).catch((error: Error) => {
    if (error.name === 'AbortError') throw error;
    throw new Error('The server did not answer. Change the text to try again.');
  });
  const body = await response.json().catch(() => ({}));
  if (response.ok) return body;
  const message = body.detail ?? `The server answered ${response.status}.`; // problem+json has a detail
  throw response.status === 401 ? new KeyWanted(message) : new Error(message);
}
