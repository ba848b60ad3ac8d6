/** A sentiment API of your own, and a route of your own beside it. */
import { env } from 'cloudflare:workers';
import { classify, createClassifier } from 'edge-sentiment';
import { createApp, readSettings } from 'edge-sentiment/app';
import { Hono } from 'hono';

const app = new Hono();

// curl 'http://127.0.0.1:8787/hello?text=I+loved+it'
// It is open to everybody: keys are for the routes below.
app.get('/hello', async (context) => {
  const text = context.req.query('text') ?? 'I loved every minute of it.';
  const { label, score } = await classify(text);
  return context.text(`${text}\n${label}, ${Math.round(100 * score)} %\n`);
});

// curl http://127.0.0.1:8787/v1/sentiment --json '{"text": "I loved it."}'
// Its settings are variables or secrets of the worker: API_KEYS, ALLOWED_ORIGINS, LABELS, MAX_TOKENS, FORMATS and FORMAT_LABELS.
const settings = readSettings(env);
app.route('/', createApp(createClassifier(settings), settings));

export default app;
