/**
 * Logs a failure as one JSON object a line, with no text of a user, by `console.error`, which every platform collects. Other requests
 * are in the platform's own log.
 *
 *     {"level":"error","event":"request-failed","incident":"5f0c…","route":"/v1/sentiment","status":500,"model":"1b2c…",
 *      "error":"TypeError","stack":"at classify (worker.js:1:2)\n…"}
 *
 * An error's message may quote its input: JSON.parse and `new URL` do, and onnxruntime quotes a token's id, which is a word. So a
 * message is logged only when the model is loaded, which involves no request. The stack says where the error happened.
 */
import { LoadError } from '../inference/loading.ts';

export interface LogContext {
  readonly event:
    | 'request-failed'
    | 'stream-failed'
    | 'not-ready'
    | 'network-reloaded'
    | 'rate-limiter-failed'
    | 'results-failed'
    | 'chunk-failed'
    | 'unknown-message'
    | 'record-failed'
    | 'job-failed';
  /** A pattern such as `/models/{id}`, never the address. Missing for queues and alarms. */
  readonly route?: string;
  readonly job?: string;
  readonly chunk?: number;
  /** The answer's status, if the failure decided it. */
  readonly status?: number;
  /** The version of the model, if it could be read. */
  readonly model?: string | undefined;
}

/** @param incident the request's id, the only logged text that a client may choose. */
export type LogError = (incident: string, error: unknown, context: LogContext) => void;

export const logError: LogError = (incident, error, { event, ...where }) => {
  const told = error instanceof LoadError ? describe(error.cause, true) : describe(error, false);
  console.error(JSON.stringify({ level: 'error', event, incident, ...where, ...told }));
};

function describe(error: unknown, withMessage: boolean): { error: string; message?: string; stack?: string } {
  if (!(error instanceof Error)) return { error: typeof error }; // the thrown value may be the text
  const { name, message, stack } = error;
  return { error: nameOf(name), ...(withMessage && { message }), stack: framesOf(stack, message) };
}

/** The name if it is an identifier; others may contain a text. */
function nameOf(name: unknown): string {
  return typeof name === 'string' && /^[A-Za-z]\w{0,63}$/.test(name) ? name : 'Error';
}

/** The frames after the message that the stack begins with. Empty if it begins with another message, which may quote a text. */
function framesOf(stack: unknown, message: string): string {
  const start = typeof stack === 'string' ? stack.indexOf(message) : -1;
  if (typeof stack !== 'string' || start < 0) return '';
  const lines = stack.slice(start + message.length).split('\n');
  return lines
    .map((line) => line.trim())
    .filter((line) => line.startsWith('at '))
    .join('\n');
}
