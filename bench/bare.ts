/** A bare Hono worker that parses the same JSON and answers a constant of the same shape, for comparison. */
import { build } from 'esbuild';
import { type RunningWorker, startModules } from '../harness/worker.ts';

const SOURCE = `import { Hono } from 'hono';
const app = new Hono();
app.post('/v1/sentiment', async (context) => {
  const { text } = await context.req.json();
  return context.json({ model: 'none', results: [{ label: 'positive', score: 0.5, tokens: text.length, unknown: 0, truncated: false }] });
});
export default app;`;

export async function startBare(): Promise<RunningWorker> {
  const { outputFiles } = await build({
    stdin: { contents: SOURCE, resolveDir: '.' },
    bundle: true,
    format: 'esm',
    write: false,
  });
  return startModules('bare.js', { 'bare.js': { type: 'esm', contents: outputFiles[0]?.text ?? '' } });
}
