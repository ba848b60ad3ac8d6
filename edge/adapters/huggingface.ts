/**
 * The text-classification task of Hugging Face's clients, at `/models/{id}` and, for a client whose endpoint is the server's root, at `/`.
 * https://huggingface.co/docs/inference-providers/tasks/text-classification
 */
import type { Context } from 'hono';
import { readJson } from '../http/body.ts';
import type { AppEnv } from '../http/context.ts';
import { ProblemError } from '../http/errors.ts';
import { Hono } from '../http/hono.ts';
import { TextClassificationRequest, type TextClassificationResponse } from '../http/schema.ts';
import { type AdapterOptions, answerAs } from './adapter.ts';
import { ranked } from './labels.ts';

/** @param options.atRoot whether to serve `/` too. */
export function huggingFace({ atRoot, ...options }: AdapterOptions & { readonly atRoot: boolean }): Hono {
  const app = new Hono();

  async function answer(context: Context<AppEnv>): Promise<Response> {
    const { inputs, parameters } = await readJson(context.req.raw, TextClassificationRequest);
    const { top_k, function_to_apply, return_all_scores, max_length } = parameters ?? {};
    const { maxTokens } = await options.classifier.manifest();
    const texts = typeof inputs === 'string' ? [inputs] : inputs;
    // A max_length of the model's own limit or more only means that long texts are not an error, as is the case anyway.
    const only = max_length && max_length < maxTokens ? max_length : undefined;
    const most = top_k ?? (return_all_scores === false ? 1 : undefined);
    const results = await answerAs(texts, options, context, only);
    return context.json<TextClassificationResponse>(
      results.map((result) => ranked(result, function_to_apply === 'none').slice(0, most)),
    );
  }

  // An id may have slashes, but not first or last. The router tries the pattern at every start in the path, so the pattern has to fail
  // fast; and it has no star, which the router would take for a wildcard.
  app.post('/models/:id{[^/](?:(?:.+)?[^/])?}', async (context) => {
    const { id } = await options.classifier.manifest();
    if (context.req.param('id') !== id) throw new ProblemError({ kind: 'unknown-model', id });
    return answer(context);
  });
  if (atRoot) app.post('/', answer);
  return app;
}
