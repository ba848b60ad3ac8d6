/** Every limit of the endpoint, its unit in its name. */

/** A request's body. 64 film reviews of the usual length have about 80 KiB. */
export const MAX_BODY_BYTES = 256 * 1024;

/** Fields that one answer complains of. */
export const MAX_REPORTED_ERRORS = 10;

/** Texts in one request, and lines of a stream that are classified together. */
export const MAX_TEXTS = 64;

/** rows × steps of one run of the network, unless one row alone has more. What it needs of memory stays with the isolate. */
export const MAX_RUN_TOKENS = 4_096;

/** WebAssembly memory that an image asks for: what Workers give an isolate for everything. */
export const MAX_IMAGE_MEMORY_BYTES = 128 * 1024 * 1024;

/** A line of a stream, its end not counted. What is kept of a longer one is nothing. */
export const MAX_LINE_BYTES = 64 * 1024;

/** Lines in a stream, empty ones too. A platform's limits on a request's time or size may come first. */
export const MAX_STREAM_LINES = 1_000_000;

/** The `id` of a line of a stream, which goes back with its answer. */
export const MAX_ID_CHARACTERS = 256;

/** A request's id that a client may choose. */
export const MAX_REQUEST_ID_CHARACTERS = 128;

/** An API key; a shorter one could be guessed. */
export const MIN_KEY_CHARACTERS = 16;

/** How long the rate limiter may take before a request passes without it. */
export const RATE_LIMITER_TIMEOUT_MS = 1_000;

/** How long a client that is over the rate limit is told to wait: the longest period that the platform counts over. */
export const RETRY_AFTER_SECONDS = 60;

/** How long `/v1/model` and `/openapi.json` may be used without asking again. */
export const MAX_AGE_SECONDS = 60;
