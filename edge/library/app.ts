/**
 * The package's `edge-sentiment/app`: the HTTP interface as a Hono app, to be served or mounted in another.
 *
 *     app.route('/sentiment', createApp(classifier, readSettings(env)));
 */
export { type AppOptions, createApp } from '../app.ts';
export { readSettings, type Settings, SettingsError } from '../settings.ts';
