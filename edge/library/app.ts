/**
 * The package's `edge-sentiment/app`: the HTTP interface as a Hono app, to serve or to mount in another.
 *
 *     app.route('/sentiment', createApp(classifier, readSettings(env)));
 */
export { type AppOptions, createApp } from '../app.ts';
export { readSettings, type Settings, SettingsError } from '../settings.ts';
