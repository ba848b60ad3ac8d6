/**
 * Makes the app from environment variables, on Node, Deno and Bun.
 *
 *     HOST    the address to listen on (127.0.0.1)
 *     PORT    the port, 0 for any that is free (8787)
 *     MODEL   the folder of the bundle to serve (model/ of this project)
 *     SHUTDOWN_SECONDS   on Node, how long after SIGTERM requests are still taken, while /ready says 503 (0)
 *
 * and API_KEYS, ALLOWED_ORIGINS, LABELS, MAX_TOKENS, FORMATS and FORMAT_LABELS (`settings.ts`).
 */
import process from 'node:process';
import type { Manifest } from '../shared/bundle.ts';
import { createApp, type Shutdown } from './app.ts';
import { labelsProblem } from './inference/classifier.ts';
import { folderUrl, openClassifier } from './runtime/files.ts';
import { MODEL_FOLDER } from './runtime/shipped.ts';
import { readSettings, SettingsError } from './settings.ts';
import { type App, withSite } from './site.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** @throws SettingsError if PORT is invalid. */
export function address(env: Environment = process.env): { hostname: string; port: number } {
  const port = env['PORT'] || '8787';
  if (!isPort(port)) throw new SettingsError(`PORT must be from 0 to 65535, not "${port}"`);
  return { hostname: env['HOST'] || '127.0.0.1', port: Number(port) };
}

/** Whether it is a port to listen on; 0 is any that is free. */
export function isPort(port: string): boolean {
  return /^\d{1,5}$/.test(port) && Number(port) <= 65_535;
}

/** @throws SettingsError if SHUTDOWN_SECONDS is invalid. */
export function shutdownSeconds(env: Environment): number {
  const seconds = env['SHUTDOWN_SECONDS'] || '0';
  if (!/^\d{1,4}$/.test(seconds)) throw new SettingsError(`SHUTDOWN_SECONDS must be from 0 to 9999, not "${seconds}"`);
  return Number(seconds);
}

/**
 * Opens the app with its page once the model is loaded, so that no request waits for it and a damaged bundle is never served.
 * @throws SettingsError; the error of a bundle that cannot be loaded
 */
export async function openApp(
  env: Environment = process.env,
  shutdown?: Shutdown,
): Promise<{ app: App; manifest: Manifest }> {
  const { API_KEYS, ALLOWED_ORIGINS, LABELS, MAX_TOKENS, FORMATS, FORMAT_LABELS, MODEL } = env as Readonly<
    Record<string, string | undefined>
  >;
  const variables = { API_KEYS, ALLOWED_ORIGINS, LABELS, MAX_TOKENS, FORMATS, FORMAT_LABELS };
  const { labels, maxTokens, ...settings } = readSettings(variables);
  const { classifier, manifest } = await openClassifier(MODEL ? folderUrl(MODEL) : MODEL_FOLDER, { labels, maxTokens });
  const named = Object.values(settings.formatLabels).flatMap((names) => [...names.keys()]);
  const problem = labelsProblem('FORMAT_LABELS', named, manifest.labels);
  if (problem !== undefined) throw new SettingsError(problem);
  return { app: await withSite(createApp(classifier, { ...settings, shutdown })), manifest };
}
