/**
 * The shapes of requests and answers: the types that the code has, what a request is checked against, and, through
 * `openapi.ts`, what the API says of itself. Messages follow the name of the field: "/texts/3 is empty".
 */
import * as v from 'valibot';
import { MAX_LABELS } from '../../shared/labels.ts';
import { quoted } from '../../shared/quoted.ts';
import type * as classifier from '../inference/classifier.ts';
import type * as evidence from '../inference/evidence.ts';
import { MAX_ID_CHARACTERS, MAX_JOB_BYTES, MAX_REPORTED_ERRORS, MAX_TEXTS } from './limits.ts';

/** What lines of JSON may call themselves. */
export const STREAM_TYPES = ['application/x-ndjson', 'application/ndjson', 'application/jsonl'] as const;

/** What a job's file may be. */
export const JOB_TYPES = ['text/csv', 'text/tab-separated-values', ...STREAM_TYPES] as const;
export type JobType = (typeof JOB_TYPES)[number];

/** Not blank: `\S` is all that `trim()` leaves. */
const text = v.pipe(v.string('must be a string'), v.regex(/\S/, 'is empty'));
const texts = v.pipe(
  v.array(v.unknown(), 'must be an array of strings'),
  v.minLength(1, 'is empty'),
  v.maxLength(MAX_TEXTS, `has more than ${MAX_TEXTS} texts`), // before any of them is looked at
  v.array(text),
);
const evidenceWanted = v.pipe(
  v.optional(v.boolean('must be true or false'), false),
  v.description('Whether to account for every token of a text.'),
);
const count = v.pipe(v.number(), v.integer(), v.minValue(0));

/** A label that is asked for. Whether the model has it, `labelError` says. */
export const LabelName = v.string('must be a string');
export const Labels = v.pipe(
  v.array(v.unknown(), 'must be an array of strings'),
  v.minLength(2, 'has fewer than two labels'),
  v.maxLength(MAX_LABELS, `has more than ${MAX_LABELS} labels`), // before any of them is looked at
  v.array(LabelName),
  v.checkItems((label, place, labels) => labels.indexOf(label) === place, 'is there twice'),
  v.description('Those to choose from, two or more; the order does not matter.'),
);

/** The first label that is asked for and is none of the model's. */
export function labelError(asked: readonly string[] | undefined, labels: readonly string[]): FieldError | undefined {
  const place = asked?.findIndex((label) => !labels.includes(label)) ?? -1;
  if (place < 0) return undefined;
  const own = [...labels.slice(0, SHOWN_LABELS).map(quoted), ...(labels.length > SHOWN_LABELS ? ['…'] : [])];
  return { pointer: `/labels/${place}`, detail: `is not a label of the model, which has ${own.join(', ')}` };
}
/** Of the model's, in a message. */
const SHOWN_LABELS = 8;

/** `POST /v1/sentiment`: `{"text": …}` or `{"texts": […]}`. */
export const SentimentRequest = v.pipe(
  jsonObject(
    v.strictObject(
      {
        text: v.optional(text),
        texts: v.optional(texts),
        labels: v.optional(Labels),
        evidence: v.optional(evidenceWanted),
      },
      objectMessage,
    ),
  ),
  v.check((body) => (body.text === undefined) !== (body.texts === undefined), 'must have either "text" or "texts"'),
  v.transform(({ text, texts = [text as string], labels, evidence = false }) => ({ texts, labels, evidence })),
);

/** A schema for each field of `T`, and for no other: what the classifier answers and what the API says of it are the same. */
type FieldsOf<T> = { readonly [Field in keyof T]-?: v.GenericSchema<unknown, T[Field]> };

export const TokenEvidence = v.object({
  text: v.pipe(v.string(), v.description('As it stands in the text.')),
  start: v.pipe(count, v.description('Of its first UTF-16 code unit in the text.')),
  end: v.pipe(count, v.description('Just past its last one.')),
  logits: v.pipe(v.array(v.number()), v.description('What each label’s would be had the text ended here.')),
  evidence: v.pipe(v.array(v.number()), v.description('The change that it made to each of them.')),
  known: v.pipe(v.boolean(), v.description('Whether it was read as a word of the vocabulary.')),
} satisfies FieldsOf<evidence.TokenEvidence>);

export const Evidence = v.pipe(
  v.object({
    bias: v.pipe(v.array(v.number()), v.description('The logit of each label before the first token.')),
    tokens: v.pipe(
      v.array(TokenEvidence),
      v.description(
        'Those that the network read, in order. For each label, the bias and their evidences add up to its logit; the scores are the softmax of the logits.',
      ),
    ),
  } satisfies FieldsOf<evidence.Evidence>),
  v.description('There when it was asked for. Lists of numbers are in the order of `scores`.'),
);

const score = v.pipe(v.number(), v.minValue(0), v.maxValue(1), v.description('The probability of the label.'));

export const LabelScore = v.object({ label: v.string(), score } satisfies FieldsOf<classifier.LabelScore>);

const resultEntries = {
  label: v.pipe(v.string(), v.description('The likeliest; on a tie `neutral`, else the first of those that tie.')),
  score,
  scores: v.pipe(
    v.array(LabelScore),
    v.description('Every label that was asked for, in the model’s order; they add up to 1.'),
  ),
  tokens: v.pipe(count, v.description('How many tokens of the text the network read.')),
  unknown: v.pipe(count, v.description('How many of those it does not know.')),
  truncated: v.pipe(
    v.boolean(),
    v.description('Whether the beginning was left out, because the text has more tokens than the network reads.'),
  ),
  evidence: v.exactOptional(Evidence),
} satisfies FieldsOf<Omit<classifier.Classification, 'logits'>>;
export const Result = v.object(resultEntries);
export type Result = v.InferOutput<typeof Result>;

export const SentimentResponse = v.object({
  model: v.pipe(v.string(), v.description('Its id.')),
  results: v.pipe(v.array(Result), v.description('One a text, in order.')),
});
export type SentimentResponse = v.InferOutput<typeof SentimentResponse>;

const ID_MESSAGE = 'must be a short string or a number';
/** JSON.parse reads a number beyond these, such as the id of a tweet, as another one, or as Infinity, which goes back as null. */
const INEXACT_MESSAGE = 'has too many digits to be read exactly; put quotes around it';
export const LineId = v.pipe(
  v.union(
    [
      v.pipe(v.string(), v.maxLength(MAX_ID_CHARACTERS, ID_MESSAGE)),
      v.pipe(
        v.number(),
        v.minValue(Number.MIN_SAFE_INTEGER, INEXACT_MESSAGE),
        v.maxValue(Number.MAX_SAFE_INTEGER, INEXACT_MESSAGE),
      ),
    ],
    ID_MESSAGE,
  ),
  v.description('What the answer is to carry beside the line’s number.'),
);

/** A line of `POST /v1/sentiment/stream` that is no bare string. */
export const StreamObject = jsonObject(
  v.strictObject(
    { text, id: v.optional(LineId), labels: v.optional(Labels), evidence: v.optional(evidenceWanted) },
    objectMessage,
  ),
  'must be a JSON string or object',
);
export const StreamText = text;

const line = v.pipe(v.number(), v.integer(), v.minValue(1), v.description('Of the request; the first is 1.'));
const id = v.exactOptional(LineId);

/** What a line is answered: the result, or what is wrong with the line. */
export const StreamAnswer = v.union([
  v.object({ line, id, ...resultEntries }),
  v.object({ line, id, error: v.string() }),
]);
export type StreamAnswer = v.InferOutput<typeof StreamAnswer>;

/** What is wanted of a record of a job's file. */
export const JobText = v.object({ text, id: v.optional(LineId) });

const column = v.pipe(v.string('must be a string'), v.minLength(1, 'is empty'), v.maxLength(256, 'is too long'));
/** Where the text and the id are, by the names in the header of a table, or of the fields of an object; and the labels. */
const jobOptions = {
  textColumn: v.optional(v.pipe(column, v.description('Of the text; `text` or `review` unless given.'))),
  idColumn: v.optional(v.pipe(column, v.description('Of the id; `id`, if there is one, unless given.'))),
  labels: v.optional(Labels),
};

/** Beside a file in the body of `POST /v1/jobs`. */
export const JobQuery = v.strictObject(jobOptions, objectMessage);

/** `POST /v1/jobs` of a file that is to follow in parts. */
export const JobRequest = jsonObject(
  v.strictObject(
    {
      type: v.pipe(
        v.picklist(JOB_TYPES, `must be one of ${JOB_TYPES.join(', ')}`),
        v.description('The media type of the file.'),
      ),
      bytes: v.pipe(
        v.number('must be a number'),
        v.integer('must be whole'),
        v.minValue(1, 'is below 1'),
        v.maxValue(MAX_JOB_BYTES, `is above ${MAX_JOB_BYTES}`),
        v.description('The size of the file.'),
      ),
      ...jobOptions,
    },
    objectMessage,
  ),
);
export type JobRequest = v.InferOutput<typeof JobRequest>;

const JOB_STATES = ['uploading', 'running', 'finished', 'cancelled', 'failed'] as const;
const time = v.pipe(v.string(), v.isoTimestamp());

export const Job = v.object({
  id: v.string(),
  state: v.pipe(
    v.picklist(JOB_STATES),
    v.description('`finished` once every record has its answer; `failed` where that cannot be, see `error`.'),
  ),
  type: v.pipe(v.string(), v.description('The media type of the file.')),
  labels: v.exactOptional(
    v.pipe(
      v.array(v.string()),
      v.description('Those of its answers, in the model’s order. A job that was made before version 0.3.0 has none.'),
    ),
  ),
  created: time,
  expires: v.pipe(time, v.description('When the job and its results are forgotten; later, should it still run.')),
  bytes: v.exactOptional(v.pipe(count, v.description('The size of the file, once it is known.'))),
  upload: v.exactOptional(
    v.object({
      partBytes: v.pipe(count, v.description('The size of every part but the last.')),
      missing: v.pipe(v.array(count), v.description('The parts, counted from 1, that have not arrived.')),
    }),
  ),
  records: v.object({
    found: v.pipe(count, v.description('So far; blank lines are none.')),
    done: v.pipe(count, v.description('Those that have an answer.')),
    failed: v.pipe(count, v.description('Those among them whose answer is an error.')),
  }),
  progress: v.pipe(v.number(), v.minValue(0), v.maxValue(1), v.description('The share of the bytes that is done.')),
  recordsPerSecond: v.exactOptional(v.pipe(v.number(), v.description('Since the file was there.'))),
  secondsLeft: v.exactOptional(v.pipe(v.number(), v.description('At the pace so far.'))),
  models: v.pipe(
    v.array(v.string()),
    v.description('The versions that gave the answers; more than one after a deployment.'),
  ),
  failures: v.pipe(
    v.array(v.object({ line: v.pipe(count, v.description('Its first.')), records: count })),
    v.description(
      `Chunks that were given up, the first ${MAX_REPORTED_ERRORS}: each of their records has an error for an answer.`,
    ),
  ),
  error: v.exactOptional(v.pipe(v.string(), v.description('Why it failed.'))),
});
export type Job = v.InferOutput<typeof Job>;

const FUNCTIONS = ['sigmoid', 'softmax', 'none'] as const;

/** What `inputs` of `TextClassificationRequest` may be; the error speaks of the one that was meant. */
export const Inputs = { one: text, many: texts } as const;

/**
 * `POST /models/{id}`, the text-classification task of Hugging Face: `inputs`, and `parameters` of which `top_k` limits
 * the labels of an answer and `function_to_apply: "none"` asks for logits. Labels exclude each other, so that `sigmoid` of
 * a label's log-odds against all others is its `softmax`, and both give that. `options`, which that API's clients send to
 * steer its own queue and cache, has nothing to steer here.
 */
export const TextClassificationRequest = jsonObject(
  v.strictObject(
    {
      inputs: v.lazy((inputs) => (Array.isArray(inputs) ? Inputs.many : Inputs.one)),
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
export const TextClassificationResponse = v.array(v.array(v.object({ label: v.string(), score: v.number() })));
export type TextClassificationResponse = v.InferOutput<typeof TextClassificationResponse>;

export const Health = v.object({ status: v.literal('ok') });
export const Ready = v.object({ status: v.literal('ready'), model: v.string(), version: v.string() });

export const FieldError = v.object({
  pointer: v.pipe(v.string(), v.description('JSON pointer (RFC 6901) into the request’s body; "" is the body itself.')),
  detail: v.string(),
});
export type FieldError = v.InferOutput<typeof FieldError>;

/** RFC 9457, and `error` for clients that show nothing else. */
export const Problem = v.object({
  type: v.pipe(v.string(), v.description('Names the kind of problem.')),
  title: v.string(),
  status: v.pipe(v.number(), v.integer()),
  detail: v.pipe(v.string(), v.description('What is wrong with this very request.')),
  error: v.pipe(v.string(), v.description('The same as `detail`.')),
  errors: v.exactOptional(v.pipe(v.array(FieldError), v.description('Each field that is wrong.'))),
  incident: v.exactOptional(v.pipe(v.string(), v.description('By which the log can be asked: the request’s id.'))),
});
export type Problem = v.InferOutput<typeof Problem>;

/** To valibot an array is an object too. */
function jsonObject<const Schema extends v.GenericSchema>(schema: Schema, message = 'must be a JSON object') {
  const isObject = (value: unknown) => typeof value === 'object' && value !== null && !Array.isArray(value);
  return v.pipe(v.custom<v.InferInput<Schema>>(isObject, message), schema);
}

function objectMessage(issue: v.StrictObjectIssue): string {
  return issue.expected === 'never' ? 'is not a known field' : 'is required';
}
