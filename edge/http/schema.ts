/**
 * The shapes of requests and answers: types, validation and, through `openapi.ts`, the OpenAPI document. Messages follow the name of
 * the field: "/texts/3 is empty".
 */
import * as v from 'valibot';
import type { Omission } from '../../shared/encoding.ts';
import { MAX_LABELS } from '../../shared/labels.ts';
import { quoted } from '../../shared/quoted.ts';
import type * as answer from '../inference/answer.ts';
import type * as evidence from '../inference/evidence.ts';
import { REASONS } from '../inference/reliability.ts';
import { MAX_ID_CHARACTERS, MAX_JOB_BYTES, MAX_REPORTED_ERRORS, MAX_TEXTS } from './limits.ts';

/** The content types of lines of JSON. */
export const STREAM_TYPES = ['application/x-ndjson', 'application/ndjson', 'application/jsonl'] as const;

/** The content types of a job's file in the body of the request that makes the job. */
export const JOB_TYPES = ['text/csv', 'text/tab-separated-values', 'text/plain', ...STREAM_TYPES] as const;
/** The content types of a file that comes in parts. */
const JOB_FILE_TYPES = [...JOB_TYPES, 'application/json'] as const;
export type JobType = (typeof JOB_FILE_TYPES)[number];

/** Not blank. */
export const text = v.pipe(v.string('must be a string'), v.regex(/\S/, 'is empty'));
const texts = v.pipe(
  v.array(v.unknown(), 'must be an array of strings'),
  v.minLength(1, 'is empty'),
  v.maxLength(MAX_TEXTS, `has more than ${MAX_TEXTS} texts`), // before any of them is checked
  v.array(text),
);
const evidenceWanted = v.pipe(
  v.optional(v.boolean('must be true or false'), false),
  v.description('Whether to return the evidence of every token.'),
);
const sentencesWanted = v.pipe(
  v.optional(v.boolean('must be true or false'), false),
  v.description('Whether to answer for each sentence of a text too.'),
);
const count = v.pipe(v.number(), v.integer(), v.minValue(0));

/** A requested label. `labelError` checks that the model has it. */
export const LabelName = v.string('must be a string');
export const Labels = v.pipe(
  v.array(v.unknown(), 'must be an array of strings'),
  v.minLength(2, 'has fewer than two labels'),
  v.maxLength(MAX_LABELS, `has more than ${MAX_LABELS} labels`), // before any of them is checked
  v.array(LabelName),
  v.checkItems((label, place, labels) => labels.indexOf(label) === place, 'is there twice'),
  v.description('Two or more labels to choose from, in any order.'),
);

/** The error of the first requested label that the model lacks. */
export function labelError(asked: readonly string[] | undefined, labels: readonly string[]): FieldError | undefined {
  const place = asked?.findIndex((label) => !labels.includes(label)) ?? -1;
  if (place < 0) return undefined;
  const own = [...labels.slice(0, SHOWN_LABELS).map(quoted), ...(labels.length > SHOWN_LABELS ? ['…'] : [])];
  return { pointer: `/labels/${place}`, detail: `is not a label of the model, which has ${own.join(', ')}` };
}
/** A message lists at most so many of the model's labels. */
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
        sentences: v.optional(sentencesWanted),
      },
      objectMessage,
    ),
  ),
  v.check((body) => (body.text === undefined) !== (body.texts === undefined), 'must have either "text" or "texts"'),
  v.transform(({ text, texts = [text as string], labels, evidence = false, sentences = false }) => ({
    texts,
    labels,
    evidence,
    sentences,
  })),
);

/** A schema for each field of `T`, and for no other, so that the classifier and the API agree. */
type FieldsOf<T> = { readonly [Field in keyof T]-?: v.GenericSchema<unknown, T[Field]> };

export const TokenEvidence = v.object({
  text: v.pipe(v.string(), v.description('The token as written in the text.')),
  start: v.pipe(count, v.description('The offset of its first UTF-16 code unit.')),
  end: v.pipe(count, v.description('The offset behind its last UTF-16 code unit.')),
  logits: v.pipe(v.array(v.number()), v.description('Each label’s logit if the text ended here.')),
  evidence: v.pipe(v.array(v.number()), v.description('The token’s change of each logit.')),
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
  v.description('Present on request. Lists of numbers are in the order of `scores`.'),
);

const score = v.pipe(v.number(), v.minValue(0), v.maxValue(1), v.description('The probability of the label.'));

export const LabelScore = v.object({ label: v.string(), score } satisfies FieldsOf<answer.LabelScore>);

export const SentenceResult = v.object({
  start: v.pipe(count, v.description('The offset of its first UTF-16 code unit in the text.')),
  end: v.pipe(count, v.description('The offset behind its last one.')),
  label: v.string(),
  score,
  scores: v.array(LabelScore),
} satisfies FieldsOf<answer.SentenceAnswer>);

const Omitted = v.object({
  start: v.pipe(count, v.description('The offset of the first UTF-16 code unit of its first token.')),
  end: v.pipe(count, v.description('The offset behind its last token.')),
  tokens: count,
} satisfies FieldsOf<Omission>);

const resultEntries = {
  label: v.pipe(
    v.string(),
    v.description('The likeliest label; on a tie `neutral` if it is among them, else the first.'),
  ),
  score,
  scores: v.pipe(
    v.array(LabelScore),
    v.description('Every requested label, in the model’s order; the scores add up to 1.'),
  ),
  tokens: v.pipe(count, v.description('The number of tokens that the network read.')),
  unknown: v.pipe(count, v.description('The number of those that it does not know.')),
  truncated: v.pipe(
    v.boolean(),
    v.description('Whether the beginning was not read, because the text has too many tokens.'),
  ),
  omitted: v.exactOptional(
    v.pipe(v.array(Omitted), v.description('Only if the text is too long: the stretches that were not read.')),
  ),
  reliable: v.pipe(
    v.boolean(),
    v.description(
      'Whether the text looks like English prose, which the model was made for; if not, the scores say little.',
    ),
  ),
  reason: v.exactOptional(
    v.pipe(
      v.picklist(REASONS),
      v.description(
        'Why it is not reliable: no known word; another language; keyboard noise, code or numbers; repetition.',
      ),
    ),
  ),
  evidence: v.exactOptional(Evidence),
  sentences: v.exactOptional(
    v.pipe(
      v.array(SentenceResult),
      v.description('Present on request: the sentences of which the network read a token, in order.'),
    ),
  ),
  mixed: v.exactOptional(
    v.pipe(
      v.boolean(),
      v.description(
        'Present with `sentences`: whether two that have a known word have different labels, neither of them `neutral`.',
      ),
    ),
  ),
} satisfies FieldsOf<Omit<answer.Classification, 'logits'>>;
export const Result = v.object(resultEntries);
export type Result = v.InferOutput<typeof Result>;

export const SentimentResponse = v.object({
  model: v.pipe(v.string(), v.description('The id of the model.')),
  results: v.pipe(v.array(Result), v.description('One result for each text, in order.')),
});
export type SentimentResponse = v.InferOutput<typeof SentimentResponse>;

const ID_MESSAGE = `must be a string of at most ${MAX_ID_CHARACTERS} characters or a number`;
/** JSON.parse rounds larger numbers, such as the id of a tweet, or reads them as Infinity, which becomes null. */
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
  v.description('An id that the answer repeats beside the line’s number.'),
);

/** A line of `POST /v1/sentiment/stream` that is an object. */
export const StreamObject = jsonObject(
  v.strictObject(
    {
      text,
      id: v.optional(LineId),
      labels: v.optional(Labels),
      evidence: v.optional(evidenceWanted),
      sentences: v.optional(sentencesWanted),
    },
    objectMessage,
  ),
  'must be a JSON string or object',
);
export const StreamText = text;

const line = v.pipe(
  v.number(),
  v.integer(),
  v.minValue(1),
  v.description('The number of the line in the request, from 1.'),
);
const id = v.exactOptional(LineId);

/** The answer to a line: a result or an error. */
export const StreamAnswer = v.union([
  v.object({ line, id, ...resultEntries }),
  v.object({ line, id, error: v.string() }),
]);
export type StreamAnswer = v.InferOutput<typeof StreamAnswer>;

/** The text and the id of a record of a job's file. */
export const JobText = v.object({ text, id: v.optional(LineId) });

const column = v.pipe(v.string('must be a string'), v.minLength(1, 'is empty'), v.maxLength(256, 'is too long'));
const DELIMITERS = ['comma', 'semicolon', 'tab', 'pipe'] as const;
export const Delimiter = v.picklist(DELIMITERS, `must be one of ${DELIMITERS.join(', ')}`);
/** The options of a job: columns or fields, the delimiter, labels. */
const jobOptions = {
  textColumn: v.optional(v.pipe(column, v.description('The column of the text. Default: `text` or `review`.'))),
  idColumn: v.optional(v.pipe(column, v.description('The column of the id. Default: `id`, if there is one.'))),
  delimiter: v.optional(v.pipe(Delimiter, v.description('The delimiter of a table. Default: its header tells.'))),
  labels: v.optional(Labels),
};

/** The query of `POST /v1/jobs` with a file in the body. */
export const JobQuery = v.strictObject(
  {
    ...jobOptions,
    sentences: v.optional(
      v.pipe(
        v.picklist(['true', 'false'], 'must be true or false'),
        v.description('Whether to answer for each sentence of a text too.'),
        v.transform((value) => value === 'true'),
      ),
    ),
  },
  objectMessage,
);

/** The body of `POST /v1/jobs` that announces a file in parts. */
export const JobRequest = jsonObject(
  v.strictObject(
    {
      type: v.pipe(
        v.picklist(JOB_FILE_TYPES, `must be one of ${JOB_FILE_TYPES.join(', ')}`),
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
      sentences: v.optional(sentencesWanted),
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
    v.description('`finished` when every record has its answer; `failed` with an `error`.'),
  ),
  type: v.pipe(v.string(), v.description('The media type of the file.')),
  labels: v.exactOptional(
    v.pipe(
      v.array(v.string()),
      v.description('The labels of its answers, in the model’s order. Missing in jobs of version 0.2.'),
    ),
  ),
  sentences: v.exactOptional(v.pipe(v.boolean(), v.description('Present if its answers have those of sentences too.'))),
  created: time,
  expires: v.pipe(time, v.description('When the job and its results are deleted; later if it still runs.')),
  bytes: v.exactOptional(v.pipe(count, v.description('The size of the file, once it is known.'))),
  upload: v.exactOptional(
    v.object({
      partBytes: v.pipe(count, v.description('The size of every part but the last.')),
      missing: v.pipe(v.array(count), v.description('The parts, counted from 1, that have not arrived.')),
    }),
  ),
  records: v.object({
    found: v.pipe(count, v.description('Records found so far, without blank lines.')),
    done: v.pipe(count, v.description('Records that have an answer.')),
    failed: v.pipe(count, v.description('Records whose answer is an error.')),
  }),
  progress: v.pipe(v.number(), v.minValue(0), v.maxValue(1), v.description('The share of the bytes that is done.')),
  recordsPerSecond: v.exactOptional(v.pipe(v.number(), v.description('Since the file was complete.'))),
  secondsLeft: v.exactOptional(v.pipe(v.number(), v.description('At the rate so far.'))),
  models: v.pipe(
    v.array(v.string()),
    v.description('The versions of the model that answered; several after a deployment.'),
  ),
  failures: v.pipe(
    v.array(v.object({ line: v.pipe(count, v.description('The first line.')), records: count })),
    v.description(
      `Chunks that were given up, the first ${MAX_REPORTED_ERRORS}: each of their records has an error for an answer.`,
    ),
  ),
  error: v.exactOptional(v.pipe(v.string(), v.description('Why it failed.'))),
});
export type Job = v.InferOutput<typeof Job>;

const FUNCTIONS = ['sigmoid', 'softmax', 'none'] as const;
const TRUNCATIONS = ['longest_first', 'only_first', 'only_second', 'do_not_truncate'] as const;

/** One text or several, apart, so that errors fit the form that was sent. */
export const Inputs = { one: text, many: texts } as const;
export const inputs = v.lazy((value) => (Array.isArray(value) ? Inputs.many : Inputs.one));

/**
 * `POST /models/{id}`, the text-classification task of Hugging Face. `top_k` limits the labels of an answer, `function_to_apply:
 * "none"` asks for logits, and `max_length` limits the tokens of a text. `sigmoid` gives the same as `softmax`: labels exclude each
 * other, so the sigmoid of a label's log-odds against all others is its softmax. `options` steers Hugging Face's queue and cache,
 * and has no effect here.
 */
export const TextClassificationRequest = jsonObject(
  v.strictObject(
    {
      inputs,
      parameters: v.optional(
        jsonObject(
          v.strictObject(
            {
              top_k: v.nullish(
                v.pipe(v.number('must be a number'), v.integer('must be whole'), v.minValue(1, 'is below 1')),
              ),
              function_to_apply: v.nullish(v.picklist(FUNCTIONS, `must be one of ${FUNCTIONS.join(', ')}`)),
              return_all_scores: v.nullish(
                v.pipe(
                  v.boolean('must be true or false'),
                  v.description('`false` gives only the likeliest label, unless there is a `top_k`.'),
                ),
              ),
              truncation: v.nullish(
                v.pipe(
                  v.union(
                    [v.boolean(), v.picklist(TRUNCATIONS)],
                    `must be a boolean or one of ${TRUNCATIONS.join(', ')}`,
                  ),
                  v.description('Has no effect: a text that is too long is never an error.'),
                ),
              ),
              max_length: v.nullish(
                v.pipe(
                  v.number('must be a number'),
                  v.integer('must be whole'),
                  v.minValue(1, 'is below 1'),
                  v.description('How many tokens at the beginning of a text are read, if the model reads more.'),
                ),
              ),
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

/** Labels by falling score, which is a probability or a logit. */
export const LabelScores = v.array(v.object({ label: v.string(), score: v.number() }));

/** One list a text. Always nested, for one text too. */
export const TextClassificationResponse = v.array(LabelScores);
export type TextClassificationResponse = v.InferOutput<typeof TextClassificationResponse>;

export const Health = v.object({ status: v.literal('ok') });
export const Ready = v.object({ status: v.literal('ready'), model: v.string(), version: v.string() });

export const FieldError = v.object({
  pointer: v.pipe(v.string(), v.description('JSON pointer (RFC 6901) into the request’s body; "" is the body itself.')),
  detail: v.string(),
});
export type FieldError = v.InferOutput<typeof FieldError>;

/** RFC 9457, with `error` for clients that show nothing else. */
export const Problem = v.object({
  type: v.pipe(v.string(), v.description('The kind of problem.')),
  title: v.string(),
  status: v.pipe(v.number(), v.integer()),
  detail: v.pipe(v.string(), v.description('The problem of this request.')),
  error: v.pipe(v.string(), v.description('The same as `detail`.')),
  errors: v.exactOptional(v.pipe(v.array(FieldError), v.description('Each wrong field.'))),
  incident: v.exactOptional(
    v.pipe(v.string(), v.description('The request’s id, under which the log has the failure.')),
  ),
});
export type Problem = v.InferOutput<typeof Problem>;

/** An object that is not an array; valibot accepts both. */
export function jsonObject<const Schema extends v.GenericSchema>(schema: Schema, message = 'must be a JSON object') {
  const isObject = (value: unknown) => typeof value === 'object' && value !== null && !Array.isArray(value);
  return v.pipe(v.custom<v.InferInput<Schema>>(isObject, message), schema);
}

function objectMessage(issue: v.StrictObjectIssue): string {
  return issue.expected === 'never' ? 'is not a known field' : 'is required';
}
