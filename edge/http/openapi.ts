/**
 * The API's OpenAPI 3.1 document, with the shapes of `schema.ts` and the model's labels. The tests hold every answer to it, on every
 * platform.
 */
import { type ConversionConfig, toJsonSchema, toJsonSchemaDefs } from '@valibot/to-json-schema';
import { ManifestSchema } from '../../shared/bundle.ts';
import { MAX_RECORD_BYTES } from '../../shared/files/records.ts';
import { either } from '../../shared/labels.ts';
import * as tei from '../adapters/tei.ts';
import * as vllm from '../adapters/vllm.ts';
import {
  JOB_DAYS,
  MAX_ANSWER_NUMBERS,
  MAX_BODY_BYTES,
  MAX_JOB_BYTES,
  MAX_LINE_BYTES,
  MAX_STREAM_LINES,
  MAX_TEXTS,
} from './limits.ts';
import * as schema from './schema.ts';

/** The components' names. */
const DEFINITIONS = {
  SentimentRequest: schema.SentimentRequest,
  SentimentResponse: schema.SentimentResponse,
  Result: schema.Result,
  Evidence: schema.Evidence,
  TokenEvidence: schema.TokenEvidence,
  SentenceResult: schema.SentenceResult,
  LabelScore: schema.LabelScore,
  StreamObject: schema.StreamObject,
  StreamAnswer: schema.StreamAnswer,
  JobRequest: schema.JobRequest,
  Job: schema.Job,
  TextClassificationRequest: schema.TextClassificationRequest,
  TextClassificationResponse: schema.TextClassificationResponse,
  PredictRequest: tei.PredictRequest,
  PredictResponse: tei.PredictResponse,
  PredictProblem: tei.PredictProblem,
  ClassifyRequest: vllm.ClassifyRequest,
  ClassifyResponse: vllm.ClassifyResponse,
  Model: ManifestSchema,
  Health: schema.Health,
  Ready: schema.Ready,
  Problem: schema.Problem,
  FieldError: schema.FieldError,
};
type Name = keyof typeof DEFINITIONS;
type Json = { [key: string]: unknown };

/**
 * @param labels of the served model; if it could not be loaded, none, and any name is allowed.
 * @param formats whether other services' formats are served.
 */
export function openApiDocument(labels: readonly string[], formats = true): Json {
  const conversion: ConversionConfig = {
    target: 'draft-2020-12',
    // JSON Schema cannot express transform, check, or several schemas in one pipe: left out, or added below.
    errorMode: 'ignore',
    overrideRef: ({ referenceId }) => reference(referenceId),
    overrideSchema: ({ valibotSchema }) => {
      if (valibotSchema === schema.LabelName && labels.length > 0) return { type: 'string', enum: [...labels] };
      if (valibotSchema.type !== 'lazy') return undefined; // the lazy schemas are `inputs`
      const { one, many } = valibotSchema === tei.predictInputs ? tei.PredictInputs : schema.Inputs;
      return { anyOf: [convert(one, conversion), convert(many, conversion)] };
    },
    overrideAction: ({ valibotAction, jsonSchema }) =>
      valibotAction.type === 'check_items' ? { ...jsonSchema, uniqueItems: true } : undefined, // the one such check
  };
  const { paths, ...document } = describe(labels, conversion) as Json & { paths: Json };
  return { ...document, paths: { ...paths, ...(formats && formatPaths()) } };
}

/** The routes of other services' formats. */
function formatPaths(): Json {
  const classify = (operationId: string, summary: string) => ({
    post: {
      operationId,
      tags: ['formats'],
      summary,
      requestBody: body({
        'application/json': { ...content('ClassifyRequest'), example: { input: 'Not bad at all.' } },
      }),
      responses: responses({ 200: json('One entry for each text', 'ClassifyResponse') }, [...INFERENCE_PROBLEMS, 503]),
    },
  });
  return {
    '/': {
      post: {
        operationId: 'textClassificationAtRoot',
        tags: ['formats'],
        summary: 'Hugging Face’s clients: classify, at the server’s root',
        requestBody: body({
          'application/json': { ...content('TextClassificationRequest'), example: { inputs: 'Not bad at all.' } },
        }),
        responses: responses(
          { 200: json('A list for each text: its labels, the likeliest first', 'TextClassificationResponse') },
          INFERENCE_PROBLEMS,
        ),
      },
    },
    '/predict': {
      post: {
        operationId: 'predict',
        tags: ['formats'],
        summary: 'Text Embeddings Inference: classify',
        requestBody: body({
          'application/json': { ...content('PredictRequest'), example: { inputs: 'Not bad at all.' } },
        }),
        responses: responses(
          {
            200: json(
              'The labels of a text, the likeliest first; for a batch, a list of such lists',
              'PredictResponse',
            ),
          },
          INFERENCE_PROBLEMS,
          'PredictProblem',
        ),
      },
    },
    '/classify': classify('classifyAsVllm', 'vLLM: classify'),
    '/v1/classify': classify('classifyAsVllmV1', 'vLLM: classify, at its other address'),
  };
}
const INFERENCE_PROBLEMS = [400, 401, 408, 413, 415, 422, 429, 500];

function describe(labels: readonly string[], conversion: ConversionConfig): Json {
  return {
    openapi: '3.1.1',
    info: {
      title: 'edge-sentiment',
      version: '1',
      summary: labels.length > 0 ? `Is a text ${either(labels)}?` : 'Which label fits a text?',
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url: '/' }],
    security: [{}, { key: [] }],
    tags: [
      { name: 'inference', description: 'Classify texts.' },
      { name: 'formats', description: 'Classify texts in other services’ formats.' },
      { name: 'jobs', description: 'Classify large files, if the endpoint is set up for it.' },
      { name: 'operation', description: 'Facts of the model, health and metrics.' },
    ],
    paths: {
      '/v1/sentiment': {
        post: {
          operationId: 'classify',
          tags: ['inference'],
          summary: `Classify a text, or up to ${MAX_TEXTS}`,
          description: `The body has up to ${MAX_BODY_BYTES} bytes, the answer up to ${MAX_ANSWER_NUMBERS} numbers: for each text and label one, with sentences one more for each of them, and with evidence one more and two for each token.`,
          requestBody: body({
            'application/json': {
              ...content('SentimentRequest'),
              example: {
                text: 'Not bad at all.',
                ...(labels.length > 0 && { labels: labels.slice(-2) }),
                evidence: true,
              },
            },
          }),
          responses: responses(
            { 200: json('The results', 'SentimentResponse') },
            [400, 401, 408, 413, 415, 422, 429, 500, 503],
          ),
        },
      },
      '/v1/sentiment/stream': {
        post: {
          operationId: 'classifyStream',
          tags: ['inference'],
          summary: 'Classify line by line',
          description:
            'A line is a JSON string or an object. Each is answered by one line, in order, before the next has to arrive. ' +
            'A bad line is answered by its error, and the stream goes on. Blank lines are counted but not answered. ' +
            `A line has up to ${MAX_LINE_BYTES} bytes, a stream up to ${MAX_STREAM_LINES} lines.`,
          requestBody: body(
            Object.fromEntries(
              schema.STREAM_TYPES.map((type) => [
                type,
                {
                  schema: {
                    description: 'Each line.',
                    anyOf: [convert(schema.StreamText, conversion), ref('StreamObject')],
                  },
                },
              ]),
            ),
          ),
          responses: responses(
            {
              200: {
                description: 'One line for each line',
                content: { [schema.STREAM_TYPES[0]]: content('StreamAnswer') },
              },
            },
            [401, 415, 429, 500],
          ),
        },
      },
      '/v1/jobs': {
        post: {
          operationId: 'createJob',
          tags: ['jobs'],
          summary: 'Classify a file',
          description:
            'The body is the file, or announces a file that follows in parts. A table has a header; a line of JSON is a string or ' +
            `an object. A file has up to ${MAX_JOB_BYTES} bytes, a record up to ${MAX_RECORD_BYTES}. Send it in parts if the ` +
            'platform limits a request to less.',
          parameters: Object.entries(schema.JobQuery.entries).map(([name, entry]) => ({
            name,
            in: 'query',
            description: 'For a file in the body: see JobRequest.',
            schema: convert(entry.wrapped, conversion),
          })),
          requestBody: body({
            'application/json': { ...content('JobRequest'), example: { type: 'text/csv', bytes: 66_212_309 } },
            ...Object.fromEntries(schema.JOB_TYPES.map((type) => [type, {}])),
          }),
          responses: responses(
            {
              201: located(json('The job, waiting for its parts', 'Job')),
              202: located(json('The job, running', 'Job')),
            },
            [400, 401, 408, 413, 415, 422, 429, 500, 501],
          ),
        },
      },
      '/v1/jobs/{id}/parts/{part}': {
        put: {
          operationId: 'putJobPart',
          tags: ['jobs'],
          summary: 'Send a part of a file',
          description: 'Parts may come in any order, and repeatedly. The job runs when all are there.',
          parameters: [
            JOB_ID,
            {
              name: 'part',
              in: 'path',
              required: true,
              description: 'Counted from 1.',
              schema: { type: 'integer', minimum: 1, maximum: 99_999 },
            },
          ],
          requestBody: body({ 'application/octet-stream': {} }),
          responses: responses({ 200: json('The job', 'Job') }, [400, 401, 404, 408, 409, 413, 422, 429, 500, 501]),
        },
      },
      '/v1/jobs/{id}': {
        get: {
          operationId: 'getJob',
          tags: ['jobs'],
          summary: 'Get a job and its progress',
          parameters: [JOB_ID],
          responses: responses({ 200: json('The job', 'Job') }, [401, 404, 429, 500, 501]),
        },
        delete: {
          operationId: 'deleteJob',
          tags: ['jobs'],
          summary: 'Cancel a job, or delete it if it has ended',
          parameters: [JOB_ID],
          responses: responses({ 204: { description: 'Done' } }, [401, 404, 429, 500, 501]),
        },
      },
      '/v1/jobs/{id}/results': {
        get: {
          operationId: 'getJobResults',
          tags: ['jobs'],
          summary: 'Get the results of a finished job',
          description: `One answer for each record, in the order of the file, with the line in which the record begins. Kept for ${JOB_DAYS} days.`,
          parameters: [JOB_ID],
          responses: responses(
            {
              200: {
                description: 'One line for each record',
                content: { [schema.STREAM_TYPES[0]]: content('StreamAnswer') },
              },
            },
            [401, 404, 409, 429, 500, 501],
          ),
        },
      },
      '/v1/jobs/{id}/retry': {
        post: {
          operationId: 'retryJob',
          tags: ['jobs'],
          summary: 'Classify given-up records again',
          description: 'Runs a finished job again for the records in `failures`. A job without any stays as it is.',
          parameters: [JOB_ID],
          responses: responses({ 200: json('The job', 'Job') }, [401, 404, 429, 500, 501]),
        },
      },
      '/models/{id}': {
        post: {
          operationId: 'textClassification',
          tags: ['inference'],
          summary: 'Hugging Face’s clients: classify',
          parameters: [
            {
              name: 'id',
              in: 'path',
              required: true,
              description: 'The id of the served model.',
              schema: { type: 'string' },
            },
          ],
          requestBody: body({
            'application/json': { ...content('TextClassificationRequest'), example: { inputs: 'Not bad at all.' } },
          }),
          responses: responses(
            { 200: json('A list for each text: its labels, the likeliest first', 'TextClassificationResponse') },
            [400, 401, 404, 408, 413, 415, 422, 429, 500],
          ),
        },
      },
      '/v1/model': {
        get: {
          operationId: 'getModel',
          tags: ['operation'],
          summary: 'Get the facts of the served model',
          responses: responses({ 200: json('The facts', 'Model'), 304: NOT_MODIFIED }, [401, 500]),
        },
      },
      '/metrics': {
        get: {
          operationId: 'getMetrics',
          tags: ['operation'],
          summary: 'Get counts in Prometheus’ text format',
          description: 'Counts of the isolate or process that answers, since its start.',
          responses: responses(
            { 200: { description: 'The counts', content: { 'text/plain': { schema: { type: 'string' } } } } },
            [401],
          ),
        },
      },
      '/health': {
        get: {
          ...OPEN,
          operationId: 'getHealth',
          summary: 'Check that the endpoint is alive',
          responses: responses({ 200: json('It is alive', 'Health') }, [500]),
        },
      },
      '/ready': {
        get: {
          ...OPEN,
          operationId: 'getReady',
          summary: 'Check that the model can answer; loads it',
          responses: responses({ 200: json('It can answer', 'Ready') }, [503]),
        },
      },
      '/openapi.json': {
        get: {
          ...OPEN,
          operationId: 'getOpenApi',
          summary: 'This document',
          responses: responses(
            {
              200: { description: 'This document', content: { 'application/json': { schema: { type: 'object' } } } },
              304: NOT_MODIFIED,
            },
            [500],
          ),
        },
      },
    },
    components: {
      securitySchemes: {
        key: { type: 'http', scheme: 'bearer', description: 'Needed if the endpoint has keys.' },
      },
      headers: {
        Location: header('The address of the job.'),
        'X-Request-Id': header('The request’s own `X-Request-Id` if it is valid, else a new UUID.'),
        'X-Model-Version': header('The version of the model; missing only if it could not be loaded.'),
        'Server-Timing': header('`inference` and `total`, in milliseconds; deployed Workers measure waiting only.'),
      },
      schemas: components(conversion),
    },
  };
}

const OPEN = { tags: ['operation'], security: [] };
const JOB_ID = {
  name: 'id',
  in: 'path',
  required: true,
  description: 'The id of a job that was made with the same key.',
  schema: { type: 'string', format: 'uuid' },
};
const HEADERS = Object.fromEntries(
  ['X-Request-Id', 'X-Model-Version', 'Server-Timing'].map((name) => [name, { $ref: `#/components/headers/${name}` }]),
);
const NOT_MODIFIED = { description: 'Not modified: the tag is that of `If-None-Match`' };
const PROBLEMS: Readonly<Record<number, string>> = {
  400: 'Not JSON, not UTF-8, incomplete, or an unknown query parameter',
  401: 'Missing or invalid API key',
  404: 'Model or job not found',
  405: 'Method not allowed; see Allow',
  408: 'The body did not arrive in time',
  409: 'Not possible in the job’s state',
  413: 'Body too large',
  415: 'Unsupported content type, or a compressed body',
  422: 'Missing, unknown or wrong fields; an answer that would be too large',
  429: 'Too many requests; see Retry-After',
  500: 'A bug, with the incident’s id',
  501: 'Jobs are not configured',
  503: 'The model could not be loaded; or overloaded, see Retry-After',
};

/** @param problems besides those of every route */
function responses(good: Record<number, Json>, problems: readonly number[], schema: Name = 'Problem'): Json {
  const bad = [...new Set([400, 405, 415, ...problems])].map((status) => [
    status,
    json(PROBLEMS[status] as string, schema, 'application/problem+json'),
  ]);
  const all: Record<string, Json> = { ...good, ...Object.fromEntries(bad) };
  return Object.fromEntries(
    Object.entries(all).map(([status, response]) => [status, { headers: HEADERS, ...response }]),
  );
}

function located(response: Json): Json {
  return { ...response, headers: { ...HEADERS, Location: { $ref: '#/components/headers/Location' } } };
}

function json(description: string, name: Name, type = 'application/json'): Json {
  return { description, content: { [type]: content(name) } };
}

function body(types: Json): Json {
  return { required: true, content: types };
}

function content(name: Name): Json {
  return { schema: ref(name) };
}

function header(description: string): Json {
  return { description, schema: { type: 'string' } };
}

function ref(name: Name): Json {
  return { $ref: reference(name) };
}

function reference(name: string): string {
  return `#/components/schemas/${name}`;
}

function components(conversion: ConversionConfig): Json {
  const schemas = toJsonSchemaDefs(DEFINITIONS, conversion) as Record<Name, Json>;
  const named = Object.fromEntries(Object.keys(DEFINITIONS).map((name) => [name, schemas[name as Name]]));
  // Requires one of the two.
  const either = { oneOf: [{ required: ['text'] }, { required: ['texts'] }] };
  return { ...named, SentimentRequest: { ...named['SentimentRequest'], ...either } };
}

function convert(one: Parameters<typeof toJsonSchema>[0], conversion: ConversionConfig) {
  const { $schema: _, ...converted } = toJsonSchema(one, conversion);
  return converted;
}
