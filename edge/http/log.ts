/**
 * What the log is told of a failure: one line, one JSON object, and no word of what a user sent. `console.error` is where
 * every platform reads it. Requests that are answered are not logged here; platforms have a log of those.
 *
 *     {"level":"error","event":"request-failed","incident":"5f0c…","route":"/v1/sentiment","status":500,"model":"1b2c…",
 *      "error":"TypeError","stack":"at classify (worker.js:1:2)\n…"}
 *
 * An error's message may quote what was being worked on: JSON.parse and `new URL` quote their input, and onnxruntime a
 * token's id, which is a word. So a message is logged where it cannot have come near a request, when the model is loaded,
 * and nowhere else; the stack says where it happened.
 */
import { LoadError } from '../inference/loading.ts';

export interface LogContext {
  readonly event:
    | 'request-failed'
    | 'stream-failed'
    | 'not-ready'
    | 'rate-limiter-failed'
    | 'results-failed'
    | 'chunk-failed'
    | 'unknown-message'
    | 'record-failed'
    | 'job-failed';
  /** A pattern, `/models/{id}`: the address itself is the client's. What a queue or an alarm began has none. */
  readonly route?: string;
  readonly job?: string;
  readonly chunk?: number;
  /** What the client was answered, where the failure decided that. */
  readonly status?: number;
  /** The version of the model, where it could be read. */
  readonly model?: string | undefined;
}

/** @param incident the request's id, the one thing of a client's own making that is logged: it chose it for that. */
export type LogError = (incident: string, error: unknown, context: LogContext) => void;

export const logError: LogError = (incident, error, { event, ...where }) => {
  const told = error instanceof LoadError ? describe(error.cause, true) : describe(error, false);
  console.error(JSON.stringify({ level: 'error', event, incident, ...where, ...told }));
};

function describe(error: unknown, withMessage: boolean): { error: string; message?: string; stack?: string } {
  if (!(error instanceof Error)) return { error: typeof error }; // whatever was thrown, it may be the text
  const { name, message, stack } = error;
  return { error: nameOf(name), ...(withMessage && { message }), stack: framesOf(stack, message) };
}

/** A name is an identifier; what is none was made of something else. */
function nameOf(name: unknown): string {
  return typeof name === 'string' && /^[A-Za-z]\w{0,63}$/.test(name) ? name : 'Error';
}

/** The stack behind the message that it begins with. Of one that begins with another message, nothing is certain. */
function framesOf(stack: unknown, message: string): string {
  const start = typeof stack === 'string' ? stack.indexOf(message) : -1;
  if (typeof stack !== 'string' || start < 0) return '';
  const lines = stack.slice(start + message.length).split('\n');
  return lines
    .map((line) => line.trim())
    .filter((line) => line.startsWith('at '))
    .join('\n');
}
