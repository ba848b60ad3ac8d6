/** The shapes of requests, and of the answers. Their messages follow the name of the field: "/texts/3 is empty". */
import * as v from 'valibot';
import type { Classification } from './classifier.ts';
import { MAX_TEXTS } from './limits.ts';

const text = v.pipe(
  v.string('must be a string'),
  v.check((value) => value.trim() !== '', 'is empty'),
);
const texts = v.pipe(
  v.array(v.unknown(), 'must be an array of strings'),
  v.minLength(1, 'is empty'),
  v.maxLength(MAX_TEXTS, `has more than ${MAX_TEXTS} texts`), // before any of them is looked at
  v.array(text),
);

/** `POST /v1/sentiment`: `{"text": …}` or `{"texts": […]}`. */
export const SentimentRequest = v.pipe(
  jsonObject(v.strictObject({ text: v.optional(text), texts: v.optional(texts) }, objectMessage)),
  v.check((body) => (body.text === undefined) !== (body.texts === undefined), 'must have either "text" or "texts"'),
  v.transform((body) => body.texts ?? [body.text as string]),
);

export interface SentimentResponse {
  /** The model's id. */
  readonly model: string;
  /** One a text, in order. */
  readonly results: readonly Omit<Classification, 'logit'>[];
}

const FUNCTIONS = ['sigmoid', 'softmax', 'none'] as const;

/**
 * `POST /models/{id}`, the text-classification task of Hugging Face: `inputs`, and `parameters` of which `top_k` limits
 * the labels of an answer and `function_to_apply: "none"` asks for logits. `options`, which that API's clients send to
 * steer its own queue and cache, has nothing to steer here.
 */
export const TextClassificationRequest = jsonObject(
  v.strictObject(
    {
      inputs: v.lazy((inputs) => (Array.isArray(inputs) ? texts : text)),
      parameters: v.optional(
        jsonObject(
          v.strictObject(
            {
              top_k: v.nullish(
                v.pipe(v.number('must be a number'), v.integer('must be whole'), v.minValue(1, 'is below 1')),
              ),
              function_to_apply: v.nullish(v.picklist(FUNCTIONS, `must be one of ${FUNCTIONS.join(', ')}`)),
            },
            objectMessage,
          ),
        ),
      ),
      options: v.optional(jsonObject(v.looseObject({}))),
    },
    objectMessage,
  ),
);

/** One list a text; the labels in it by falling score. Always nested, for one text too. */
export type TextClassificationResponse = readonly (readonly { readonly label: string; readonly score: number }[])[];

/** To valibot an array is an object too. */
function jsonObject<const Schema extends v.GenericSchema>(schema: Schema) {
  const isObject = (value: unknown) => typeof value === 'object' && value !== null && !Array.isArray(value);
  return v.pipe(v.custom<v.InferInput<Schema>>(isObject, 'must be a JSON object'), schema);
}

function objectMessage(issue: v.StrictObjectIssue): string {
  return issue.expected === 'never' ? 'is not a known field' : 'is required';
}
