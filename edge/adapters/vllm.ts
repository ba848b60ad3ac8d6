/**
 * `POST /classify` and `/v1/classify` of vLLM's server for classification models, also SGLang's format.
 * https://docs.vllm.ai/en/latest/serving/openai_compatible_server/#classification-api
 */
import * as v from 'valibot';
import { readJson } from '../http/body.ts';
import { Hono } from '../http/hono.ts';
import { inputs, jsonObject } from '../http/schema.ts';
import { type AdapterOptions, answerAs } from './adapter.ts';

const flag = v.nullish(
  v.pipe(
    v.boolean('must be true or false'),
    v.description('`false` gives logits in `probs`; three names for one thing.'),
  ),
);

export const ClassifyRequest = jsonObject(
  v.object(
    {
      input: inputs,
      model: v.nullish(
        v.pipe(v.string('must be a string'), v.description('Any name; the answer says which model it is of.')),
      ),
      truncate_prompt_tokens: v.nullish(
        v.pipe(
          v.number('must be a number'),
          v.integer('must be whole'),
          v.minValue(-1, 'is below -1'),
          v.description(
            'How many tokens at the end of a text are read at most; −1 and 0 are as many as the model reads.',
          ),
        ),
      ),
      use_activation: flag,
      activation: flag,
      softmax: flag,
    },
    'is required',
  ),
);

const count = v.pipe(v.number(), v.integer(), v.minValue(0));

export const ClassifyResponse = v.object({
  id: v.string(),
  object: v.literal('list'),
  created: v.pipe(count, v.description('In seconds since 1970.')),
  model: v.string(),
  data: v.array(
    v.object({
      index: count,
      label: v.string(),
      probs: v.pipe(v.array(v.number()), v.description('One a label, in the model’s order.')),
      num_classes: count,
    }),
  ),
  usage: v.object({
    prompt_tokens: count,
    total_tokens: count,
    completion_tokens: v.literal(0),
    prompt_tokens_details: v.null(),
  }),
});

export function vllm(options: AdapterOptions): Hono {
  const app = new Hono();
  app.on('POST', ['/classify', '/v1/classify'], async (context) => {
    const { input, truncate_prompt_tokens: most, ...flags } = await readJson(context.req.raw, ClassifyRequest);
    const texts = typeof input === 'string' ? [input] : input;
    const results = await answerAs(texts, options, context, most && most > 0 ? -most : undefined);
    const asLogits = [flags.use_activation, flags.activation, flags.softmax].includes(false);
    const tokens = results.reduce((sum, result) => sum + result.tokens, 0);
    return context.json<v.InferOutput<typeof ClassifyResponse>>({
      id: `classify-${context.get('requestId')}`,
      object: 'list',
      created: Math.floor(Date.now() / 1000),
      model: (await options.classifier.manifest()).id,
      data: results.map(({ label, scores, logits }, index) => ({
        index,
        label,
        probs: asLogits ? logits : scores.map(({ score }) => score),
        num_classes: scores.length,
      })),
      usage: { prompt_tokens: tokens, total_tokens: tokens, completion_tokens: 0, prompt_tokens_details: null },
    });
  });
  return app;
}
