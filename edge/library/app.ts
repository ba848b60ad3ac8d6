/**
 * The package's `edge-sentiment/app`: the HTTP interface as a Hono app, to serve or to mount in another. Add no routes to it: its router
 * has only what the API needs.
 *
 *     const settings = readSettings(env);
 *     app.route('/sentiment', createApp(createClassifier(settings), settings));
 */
export { type AppOptions, createApp } from '../app.ts';
export { readSettings, type Settings, SettingsError } from '../settings.ts';
