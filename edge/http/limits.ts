/** The endpoint's limits, with units in their names. The limit of a record, which training shares, is in `shared/files/records.ts`. */

/** A request's body. 64 film reviews of the usual length have about 80 KiB. */
export const MAX_BODY_BYTES = 256 * 1024;

/** The longest time without a byte of a body or stream. */
export const IDLE_SECONDS = 60;

/** The longest time for a body, or a part of a job's file, to arrive. Streams and whole files may take any time. */
export const MAX_BODY_SECONDS = 300;

/** The most connections of a Node server: each may hold a body while it arrives. Platforms have their own limit. */
export const MAX_CONNECTIONS = 512;

/** The most bytes of headers on a Node server, as on Cloudflare. */
export const MAX_HEADER_BYTES = 128 * 1024;

/** The most wrong fields that an answer lists. */
export const MAX_REPORTED_ERRORS = 10;

/** Texts in one request, and lines of a stream that are classified together. */
export const MAX_TEXTS = 64;

/**
 * Numbers in one answer: a score for each label of a text and of each sentence that was asked for, and with evidence, for each label, its bias and two numbers for
 * each token. 64 texts of 400 tokens have fewer with evidence for five labels; as JSON it is some 7 MB.
 */
export const MAX_ANSWER_NUMBERS = 262_144;

/** The most that MAX_TOKENS may be set to. A text is one run; one of so many tokens takes the thread for some 20 ms. */
export const MAX_TOKENS_READ = 4_096;

/**
 * The most tokens that may wait to be computed, for all requests together: some 2 s in Node and 3 s in workerd, or ten requests of 64
 * full-length texts. A single request may have more.
 */
export const MAX_BACKLOG_TOKENS = 262_144;

/** A line of a stream, without its end. Nothing of a longer line is kept. */
export const MAX_LINE_BYTES = 64 * 1024;

/** Lines in a stream, empty ones too. A platform's limits on a request's time or size may come first. */
export const MAX_STREAM_LINES = 1_000_000;

/** The `id` of a line of a stream or a job, which goes back with its answer. */
export const MAX_ID_CHARACTERS = 256;

/** A request's id that a client may choose. */
export const MAX_REQUEST_ID_CHARACTERS = 128;

/** An API key; a shorter one could be guessed. */
export const MIN_KEY_CHARACTERS = 16;

/** A request passes if the rate limiter does not answer within this time. */
export const RATE_LIMITER_TIMEOUT_MS = 1_000;

/** The Retry-After of the rate limit: the longest period that the platform counts. */
export const RETRY_AFTER_SECONDS = 60;

/** How long `/v1/model` and `/openapi.json` may be cached. */
export const MAX_AGE_SECONDS = 60;

/** A job's file: some 25 million reviews. In larger files, a chunk would not fit into a slice. */
export const MAX_JOB_BYTES = 32 * 1024 ** 3;

/** How a job's file is divided. An argument, so that a test can have several chunks of a small file. */
export interface JobLimits {
  /** The size of a part of a file; R2 allows at least 5 MiB, and at most 10,000 parts. */
  readonly partBytes: number;
  /** A chunk is the unit that is classified, retried and stored. Very large files have larger chunks. */
  readonly chunkBytes: number;
  /** The most records of a chunk, and scores of its results, which bound their memory. */
  readonly chunkRecords: number;
  readonly chunkScores: number;
  /** The bytes that are split at a time. A slice has room for the largest chunk and a record that begins before its end. */
  readonly sliceBytes: number;
  /** The pause after a failed alarm; it doubles after each. */
  readonly retryMs: number;
}

export const JOB_LIMITS: JobLimits = {
  partBytes: 8 * 1024 * 1024,
  chunkBytes: 1024 * 1024,
  chunkRecords: 5_000,
  chunkScores: 50_000,
  sliceBytes: 8 * 1024 * 1024,
  retryMs: 1_000,
};

/** The most chunks of a job: reading its results takes a storage request for each, and a Worker's request may make 10,000. */
export const MAX_JOB_CHUNKS = 8_000;

/** How long a job and its results are kept after its end. */
export const JOB_DAYS = 7;

/** The time limit for all parts of a job's file. */
export const JOB_UPLOAD_HOURS = 24;
