/**
 * The requests of the soak: valid and invalid ones of every kind, each with a check of its answer. A request depends only on the
 * random numbers that it is drawn with.
 */

import { textOf } from '../../bench/texts.ts';
import { MAX_BODY_BYTES, MAX_LINE_BYTES, MAX_TEXTS } from '../../edge/http/limits.ts';
import type { Classification } from '../../edge/inference/answer.ts';
import type { Classifier } from '../../edge/inference/classifier.ts';
import type { Evidence } from '../../edge/inference/evidence.ts';
import type { Manifest } from '../../shared/bundle.ts';
import { likeliest, softmax } from '../../shared/labels.ts';
import type { Answer, Call } from './client.ts';

export interface Planned extends Call {
  readonly kind: Kind;
  /** @returns the problem of the answer, or undefined. */
  readonly check: (answer: Answer) => string | undefined;
}

interface Known {
  readonly text: string;
  /** Its answer, with evidence, for all of the model's labels. */
  readonly answer: Required<Classification>;
}

/** The percentage of each kind of request. Latencies are measured for the first group. */
export const VALID = { text: 32, evidence: 8, batch: 1, stream: 8, models: 14, get: 13 } as const;
const SHARES = { ...VALID, invalid: 15, declared: 1, undeclared: 1, drips: 1, 'slow reader': 1, leaves: 5 } as const;
export type Kind = keyof typeof SHARES;
const KINDS = Object.entries(SHARES).flatMap(([kind, share]) => Array<Kind>(share).fill(kind as Kind));

/** The largest difference between two probabilities at which they count as the same answer, as in train/export/parity.ts. */
const TOLERANCE = 1e-4;
/** The number of random texts. */
const TEXTS = 300;
const AWKWARD = [
  'Ein schöner Film 😀😀 – “très” ＷＯＮＤＥＲＦＵＬ, n’est‑ce pas?\u0000',
  'unpaired \ud83d surrogates \ude00 and a co\u0301mbining one',
  '中文 русский עברית',
  'xqzv wvvk qqpl',
  '…',
  'soooo terible!!! <br /><br />Not bad at all?',
  'A dull, dull film. '.repeat(200),
];
const JSON_TYPE = { 'content-type': 'application/json' };
const NDJSON_TYPE = { 'content-type': 'application/x-ndjson' };

type Random = () => number;

/**
 * Prepares the mix.
 * @param reference gives the expected answers. @returns a function that draws a request.
 */
export async function createMix(reference: Classifier, random: Random): Promise<(random: Random) => Planned> {
  // Most texts are short, because the soak does not test the network; a few are longer than it reads.
  const lengthOf = () => 1 + Math.floor(random() ** 8 * 500);
  const texts = [...AWKWARD, ...Array.from({ length: TEXTS }, () => textOf(lengthOf(), random))];
  const known: Known[] = [];
  const manifest = await reference.manifest();
  const { labels } = manifest;
  for (let at = 0; at < texts.length; at += MAX_TEXTS) {
    const some = texts.slice(at, at + MAX_TEXTS);
    const answers = await reference.classify(some.map((text) => ({ text, labels, evidence: true })));
    known.push(...some.map((text, place) => ({ text, answer: answers[place] as Required<Classification> })));
  }
  return (random) => planned(pick(KINDS, random), known, manifest, random);
}

function planned(kind: Kind, known: readonly Known[], manifest: Manifest, random: Random): Planned {
  const one = () => pick(known, random);
  const labels = () => someLabels(manifest.labels, random);
  switch (kind) {
    case 'text':
      return { kind, ...sentiment([one()], { labels: labels() }, manifest) };
    case 'evidence':
      return { kind, ...sentiment([one()], { labels: labels(), evidence: true }, manifest) };
    case 'batch': {
      const texts = Array.from({ length: MAX_TEXTS }, one);
      const evidence = random() < 0.2 && bytesOf(texts) < 50_000;
      return { kind, ...sentiment(texts, { labels: labels(), evidence }, manifest) };
    }
    case 'stream':
      return { kind, ...stream(1 + Math.floor(random() * 16), one, labels, random) };
    case 'models':
      return { kind, ...models(one(), manifest, random) };
    case 'get':
      return { kind, ...get(manifest, random) };
    case 'invalid':
      return { kind, ...invalid(one().text, manifest, random) };
    case 'declared': {
      const headers = { ...JSON_TYPE, 'content-length': `${MAX_BODY_BYTES + 1 + Math.floor(random() * 1e9)}` };
      const behaviour = { unfinished: true };
      return { kind, ...post('/v1/sentiment'), headers, behaviour, check: problem(413, 'body-too-large') };
    }
    case 'undeclared': {
      const body = Array<string>(MAX_BODY_BYTES / 16_384 + 1).fill('x'.repeat(16_384));
      const behaviour = { unfinished: true };
      return {
        kind,
        ...post('/v1/sentiment'),
        headers: JSON_TYPE,
        body,
        behaviour,
        check: problem(413, 'body-too-large'),
      };
    }
    case 'drips': {
      const whole = sentiment([one(), one()], {}, manifest);
      const bytes = Buffer.from(whole.body.join(''));
      const cuts = [0, ...Array.from({ length: 4 }, () => Math.floor(random() * bytes.length)), bytes.length];
      cuts.sort((a, b) => a - b);
      const body = cuts.slice(1).map((cut, index) => bytes.subarray(cuts[index], cut));
      return { kind, ...whole, body, behaviour: { sendPause: 30 * random() } };
    }
    case 'slow reader':
      return { kind, ...stream(64, one, labels, random), behaviour: { readPause: 30 * random() } };
    case 'leaves': {
      const lines = stream(32, one, labels, random).body[0] as string;
      const [path, headers, body] = pick(
        [
          [
            '/v1/sentiment',
            JSON_TYPE,
            sentiment(Array.from({ length: 16 }, one), { evidence: true }, manifest).body,
          ] as const,
          ['/v1/sentiment/stream', NDJSON_TYPE, [lines.slice(0, 1_000), lines.slice(1_000)]] as const,
        ],
        random,
      );
      const leaves = pick(
        [{ while: 'sending' }, { while: 'waiting', ms: 40 * random() }, { while: 'reading' }],
        random,
      );
      return {
        kind,
        ...post(path),
        headers,
        body,
        behaviour: { leaves: leaves as never },
        check: () => 'the client should have left',
      };
    }
  }
}

const post = (path: string) => ({ method: 'POST', path });

/** The options of a request. */
interface Wanted {
  readonly labels?: readonly string[] | undefined;
  readonly evidence?: boolean;
}

/** Undefined half of the time, which means all labels; else two or more in any order. */
function someLabels(labels: readonly string[], random: Random): readonly string[] | undefined {
  if (random() < 0.5) return undefined;
  const rest = [...labels];
  const count = 2 + Math.floor(random() * (labels.length - 1));
  return Array.from({ length: count }, () => rest.splice(Math.floor(random() * rest.length), 1)[0] as string);
}

function sentiment(texts: readonly Known[], wanted: Wanted, { id }: Manifest) {
  const [only] = texts;
  const asked = texts.length === 1 && only ? { text: only.text } : { texts: texts.map(({ text }) => text) };
  return {
    ...post('/v1/sentiment'),
    headers: JSON_TYPE,
    body: [JSON.stringify({ ...asked, ...wanted })],
    check: good((body) => {
      if (body.model !== id || body.results?.length !== texts.length) return 'the results are not those of the texts';
      return first(texts, ({ answer }, place) => resultDiffers(body.results[place], answer, wanted));
    }),
  };
}

function stream(count: number, one: () => Known, labels: () => readonly string[] | undefined, random: Random) {
  const lines: string[] = [];
  const expected: { line: number; differs: (answer: Json) => string | undefined }[] = [];
  const expectError = (error: string) => (answer: Json) =>
    answer.error === error ? undefined : `the error of a line is ${answer.error}`;
  for (let line = 1; line <= count; line++) {
    const turn = random();
    if (turn < 0.05) {
      lines.push(pick(['', ' \t', '\r'], random));
      continue;
    }
    if (turn < 0.1) {
      const [bad, error] = pick(BAD_LINES, random);
      lines.push(bad);
      expected.push({ line, differs: expectError(error) });
      continue;
    }
    const { text, answer } = one();
    const [id, wanted] = turn < 0.5 ? [undefined, {}] : [line, { labels: labels(), evidence: turn > 0.9 }];
    lines.push(JSON.stringify(turn < 0.5 ? text : { text, id, ...wanted }));
    expected.push({
      line,
      differs: (given) => (given.id === id ? resultDiffers(given, answer, wanted) : `the id of a line is ${given.id}`),
    });
  }
  return {
    ...post('/v1/sentiment/stream'),
    headers: NDJSON_TYPE,
    body: [lines.join('\n')],
    check: (answer: Answer) => {
      if (answer.status !== 200) return `the status is ${answer.status}`;
      const answers: Json[] = answer.body.split('\n').slice(0, -1).map(parse);
      if (answers.length !== expected.length) return `${expected.length} lines were answered by ${answers.length}`;
      return first(expected, ({ line, differs }, place) =>
        answers[place].line === line ? differs(answers[place]) : `line ${line} was answered as ${answers[place].line}`,
      );
    },
  };
}

const INVALID = [
  ...['{}', '[]', '{"text":5}', '{"text":" "}', '{"texts":[]}', '{"text":"a","__proto__":1}'],
  ...['{"text":"a","labels":[]}', '{"text":"a","labels":"a"}', '{"text":"a","labels":["no such","label"]}'],
];

const BAD_LINES: readonly (readonly [line: string, error: string])[] = [
  ['{"text":', 'The line is not JSON in UTF-8.'],
  ['5', 'the line must be a JSON string or object.'],
  ['{"text":" "}', '/text is empty.'],
  ['{"text":"a","labels":["a"]}', '/labels has fewer than two labels.'],
  [JSON.stringify('x'.repeat(MAX_LINE_BYTES)), `The line has more than ${MAX_LINE_BYTES} bytes.`],
];

function models({ text, answer }: Known, { id }: Manifest, random: Random) {
  const asLogits = random() < 0.5;
  const { label: best, scores, logits } = answer;
  const expected = scores.map(({ label, score }, place) => ({
    label,
    score: asLogits ? (logits[place] as number) : score,
  }));
  // Ties are in the model's order, except that the answer comes first.
  expected.sort((a, b) => b.score - a.score || Number(b.label === best) - Number(a.label === best));
  const parameters = asLogits ? { function_to_apply: 'none' } : { top_k: 2 };
  return {
    ...post(`/models/${id}`),
    headers: JSON_TYPE,
    body: [JSON.stringify({ inputs: random() < 0.5 ? text : [text], parameters })],
    check: good((body) =>
      first(asLogits ? expected : expected.slice(0, 2), (one, place) => {
        const { label, score } = body[0]?.[place] ?? {};
        if (label === one.label && isClose(score, one.score)) return undefined;
        return `${label} has ${score}, not ${one.label} ${one.score}`;
      }),
    ),
  };
}

function get({ id, version }: Manifest, random: Random) {
  const path = pick(['/health', '/ready', '/metrics', '/v1/model', '/openapi.json', '/'], random);
  const stale = random() < 0.5;
  return {
    method: 'GET',
    path,
    ...(stale && { headers: { 'if-none-match': '"0123456789abcdef", W/"stale"' } }),
    check: ({ status, headers, body }: Answer) => {
      if (status !== 200) return `the status is ${status}`;
      if (path === '/' && headers['content-type']?.startsWith('text/html')) return undefined; // the page
      if (headers['x-model-version'] !== version) return `the version is ${headers['x-model-version']}`;
      if (path === '/ready' && parse(body).model !== id) return 'another model is ready';
      return body === '' ? 'the body is empty' : undefined;
    },
  };
}

function invalid(text: string, { id }: Manifest, random: Random) {
  const json = JSON.stringify({ text });
  const cases: readonly (Call & { check: Planned['check'] })[] = [
    { ...post('/v1/sentiment'), headers: JSON_TYPE, body: [json.slice(0, -1)], check: problem(400, 'not-json') },
    {
      ...post('/v1/sentiment'),
      headers: JSON_TYPE,
      body: [Buffer.concat([Buffer.from('{"text":"'), Buffer.of(0xc3, 0x28), Buffer.from('"}')])],
      check: problem(400, 'not-json'),
    },
    {
      ...post('/v1/sentiment'),
      headers: JSON_TYPE,
      body: [pick(INVALID, random)],
      check: problem(422, 'invalid-request'),
    },
    {
      ...post('/v1/sentiment'),
      headers: JSON_TYPE,
      body: [JSON.stringify({ texts: Array(MAX_TEXTS + 1).fill('good') })],
      check: problem(422, 'invalid-request'),
    },
    { ...post(`/models/${id}`), headers: JSON_TYPE, body: ['{"inputs":[1]}'], check: problem(422, 'invalid-request') },
    { ...post('/models/other'), headers: JSON_TYPE, body: ['{"inputs":"a"}'], check: problem(404, 'unknown-model') },
    {
      ...post(pick(['/v1/sentiment', '/v1/sentiment/stream', `/models/${id}`], random)),
      headers: { 'content-type': pick(['text/plain', 'application/xml', ';'], random) },
      body: [json],
      check: problem(415, 'unsupported-media-type'),
    },
    {
      method: pick(['GET', 'PUT', 'DELETE', 'OPTIONS'], random),
      path: '/v1/sentiment',
      check: problem(405, 'method-not-allowed'),
    },
    {
      method: pick(['GET', 'POST'], random),
      path: pick(['/v2/sentiment', '/v1/sentiments', '/%00', '/v1//model', '/..%2f..%2f'], random),
      check: problem(404, 'not-found'),
    },
  ];
  return pick(cases, random);
}

// biome-ignore lint/suspicious/noExplicitAny: whatever was answered
type Json = any;

function parse(text: string): Json {
  try {
    return JSON.parse(text);
  } catch {
    return {};
  }
}

/** @param differs what is wrong with the body of a 200. */
function good(differs: (body: Json) => string | undefined): Planned['check'] {
  return ({ status, body }) => (status === 200 ? differs(parse(body)) : `the status is ${status}`);
}

function problem(status: number, kind: string): Planned['check'] {
  return (answer) => {
    const { type } = parse(answer.body);
    if (answer.status === status && type === `urn:edge-sentiment:problem:${kind}`) return undefined;
    return `the answer is ${answer.status} ${type}, not ${status} ${kind}`;
  };
}

function resultDiffers(given: Json, answer: Required<Classification>, wanted: Wanted): string | undefined {
  const { labels, evidence = false } = wanted;
  const expected = among(answer, labels);
  for (const key of ['label', 'tokens', 'unknown', 'truncated'] as const) {
    if (given?.[key] !== expected[key]) return `${key} is ${given?.[key]}, not ${expected[key]}`;
  }
  if (given.scores?.length !== expected.scores.length) return `there are ${given.scores?.length} scores`;
  const differs = first(expected.scores, ({ label, score }, place) => {
    const one = given.scores[place];
    return one.label === label && isClose(one.score, score) ? undefined : `${one.label} has ${one.score}, not ${score}`;
  });
  if (differs !== undefined) return differs;
  if (!isClose(given.score, expected.score)) return `the score is ${given.score}, not ${expected.score}`;
  if ((given.evidence !== undefined) !== evidence)
    return evidence ? 'the evidence is missing' : 'there is evidence that was not asked for';
  return evidence ? evidenceDiffers(given.evidence, expected.evidence) : undefined;
}

/** The expected answer for some labels, derived from that for all. */
function among(answer: Required<Classification>, asked: readonly string[] | undefined): Required<Classification> {
  if (asked === undefined) return answer;
  const places = [...answer.scores.keys()].filter((place) => asked.includes(answer.scores[place]?.label as string));
  const some = (numbers: readonly number[]) => places.map((place) => numbers[place] as number);
  const logits = some(answer.logits);
  const probabilities = softmax(logits);
  const names = places.map((place) => answer.scores[place]?.label as string);
  const scores = names.map((label, place) => ({ label, score: probabilities[place] as number }));
  const { bias, tokens } = answer.evidence;
  const explained = tokens.map((token) => ({ ...token, logits: some(token.logits), evidence: some(token.evidence) }));
  const best = scores[likeliest(probabilities, names)] as (typeof scores)[number];
  return { ...answer, ...best, scores, logits, evidence: { bias: some(bias), tokens: explained } };
}

function evidenceDiffers(given: Json, { bias, tokens }: Evidence): string | undefined {
  if (!areClose(given.bias, bias) || given.tokens?.length !== tokens.length) return 'the evidence is another text’s';
  return first(tokens, ({ text, start, end, known, logits, evidence }, place) => {
    const one = given.tokens[place];
    const isSame = one.text === text && one.start === start && one.end === end && one.known === known;
    const isExact = areClose(one.logits, logits) && areClose(one.evidence, evidence);
    return isSame && isExact ? undefined : `the evidence of token ${place} is another`;
  });
}

function areClose(values: unknown, expected: readonly number[]): boolean {
  return (
    Array.isArray(values) &&
    values.length === expected.length &&
    expected.every((value, place) => isClose(values[place], value))
  );
}

/** False for NaN and for other types. */
function isClose(value: unknown, expected: number): boolean {
  return typeof value === 'number' && Math.abs(value - expected) <= TOLERANCE;
}

function first<T>(items: readonly T[], differs: (item: T, place: number) => string | undefined): string | undefined {
  for (const [place, item] of items.entries()) {
    const what = differs(item, place);
    if (what !== undefined) return what;
  }
  return undefined;
}

function bytesOf(texts: readonly Known[]): number {
  return texts.reduce((sum, { text }) => sum + text.length, 0);
}

function pick<T>(items: readonly T[], random: Random): T {
  return items[Math.floor(random() * items.length)] as T;
}
