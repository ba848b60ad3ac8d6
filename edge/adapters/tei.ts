/**
 * `POST /predict` of Hugging Face's Text Embeddings Inference, as in its docs/openapi.json (version 1.7). The answer to a text is a list
 * of labels, to a batch a list of lists. Two strings side by side are a pair there, which this model cannot read.
 */
import type { MiddlewareHandler } from 'hono';
import * as v from 'valibot';
import { readJson } from '../http/body.ts';
import { ProblemError } from '../http/errors.ts';
import { Hono } from '../http/hono.ts';
import { MAX_TEXTS } from '../http/limits.ts';
import { jsonObject, LabelScores, Problem, text } from '../http/schema.ts';
import type { Classification } from '../inference/answer.ts';
import { type AdapterOptions, answerAs } from './adapter.ts';
import { ranked } from './labels.ts';

const PAIR = 'is a pair of texts, which this model does not read; a batch is [["one text"], ["another"]]';
const isPair = (value: unknown) =>
  Array.isArray(value) && value.length === 2 && value.every((one) => typeof one === 'string');

const ONE = 'must be an array of one string';
const oneOfBatch = v.pipe(
  v.custom<string[]>((value) => !isPair(value), PAIR),
  v.array(text, ONE),
  v.length(1, ONE),
);

/** The forms of `inputs`. */
export const PredictInputs = {
  one: text,
  many: v.pipe(
    v.custom<unknown[]>((value) => !isPair(value), PAIR),
    v.array(v.unknown()),
    v.minLength(1, 'is empty'),
    v.maxLength(MAX_TEXTS, `has more than ${MAX_TEXTS} texts`),
    v.array(oneOfBatch),
  ),
} as const;
export const predictInputs = v.lazy((inputs) => (Array.isArray(inputs) ? PredictInputs.many : PredictInputs.one));

export const PredictRequest = jsonObject(
  v.object(
    {
      inputs: predictInputs,
      raw_scores: v.nullish(
        v.pipe(
          v.boolean('must be true or false'),
          v.description('Whether scores are logits; by default they are probabilities.'),
        ),
      ),
      truncate: v.nullish(
        v.pipe(
          v.boolean('must be true or false'),
          v.description(
            '`false` refuses a text that has more tokens than the model reads; by default its end is read.',
          ),
        ),
      ),
      truncation_direction: v.nullish(
        v.pipe(
          v.picklist(['Left', 'Right', 'left', 'right'], 'must be Left or Right'),
          v.description('Where a long text is cut: `Right` reads its beginning. By default, its end is read.'),
        ),
      ),
    },
    'is required',
  ),
);

export const PredictResponse = v.union([LabelScores, v.array(LabelScores)]);

export const PredictProblem = v.object({
  ...Problem.entries,
  error_type: v.picklist(['Validation', 'Overloaded', 'Backend']),
});
type PredictProblem = v.InferOutput<typeof PredictProblem>;

export function tei(options: AdapterOptions): Hono {
  const app = new Hono();
  app.post('/predict', async (context) => {
    const { inputs, raw_scores, truncate, truncation_direction } = await readJson(context.req.raw, PredictRequest);
    const texts = typeof inputs === 'string' ? [inputs] : inputs.flat();
    const { maxTokens } = await options.classifier.manifest();
    const fromStart = truncate !== false && truncation_direction?.toLowerCase() === 'right';
    const results = await answerAs(texts, options, context, fromStart ? maxTokens : undefined);
    if (truncate === false) refuseLong(results, typeof inputs !== 'string', maxTokens);
    const answers = results.map((result) => ranked(result, raw_scores === true));
    return context.json<v.InferOutput<typeof PredictResponse>>(
      typeof inputs === 'string' ? (answers[0] ?? []) : answers,
    );
  });
  return app;
}

/** Adds TEI's `error_type` to problems, for clients that require it beside `error`. */
export const withErrorType: MiddlewareHandler = async (context, next) => {
  await next();
  const isProblem = context.res.headers.get('content-type') === 'application/problem+json';
  if (!isProblem || context.req.method !== 'POST') return; // /openapi.json describes POST only
  const problem = (await context.res.json()) as Problem;
  const answer: PredictProblem = { ...problem, error_type: errorType(problem.status) };
  context.res = new Response(JSON.stringify(answer), context.res);
};

function errorType(status: number): PredictProblem['error_type'] {
  if (status === 429) return 'Overloaded';
  return status < 500 ? 'Validation' : 'Backend';
}

/** @throws ProblemError: invalid-request. */
function refuseLong(results: readonly Classification[], isBatch: boolean, maxTokens: number): void {
  const place = results.findIndex(({ truncated }) => truncated);
  if (place < 0) return;
  const detail = `has more than ${maxTokens} tokens, and "truncate" is false`;
  throw new ProblemError({
    kind: 'invalid-request',
    errors: [{ pointer: isBatch ? `/inputs/${place}` : '/inputs', detail }],
  });
}
