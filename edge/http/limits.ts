/** Every limit of the endpoint, its unit in its name; but that of a record, which training has too, is in `shared/limits.ts`. */

/** A request's body. 64 film reviews of the usual length have about 80 KiB. */
export const MAX_BODY_BYTES = 256 * 1024;

/** How long nothing of a body, or of a stream, may arrive. */
export const IDLE_SECONDS = 60;

/** How long a body may take to arrive, but that of a stream or a job's file, which may be of any length. */
export const MAX_BODY_SECONDS = 300;

/** Connections that a server of its own takes at once: each may hold a body while it arrives. Platforms have their own limit. */
export const MAX_CONNECTIONS = 512;

/** The headers of a request to a server of its own: as many as Cloudflare takes. */
export const MAX_HEADER_BYTES = 128 * 1024;

/** Fields that one answer complains of. */
export const MAX_REPORTED_ERRORS = 10;

/** Texts in one request, and lines of a stream that are classified together. */
export const MAX_TEXTS = 64;

/**
 * Numbers in one answer: a score for each label of a text, and with evidence, for each label, its bias and two numbers for
 * each token. 64 texts of 400 tokens have fewer with evidence for five labels; as JSON it is some 7 MB.
 */
export const MAX_ANSWER_NUMBERS = 262_144;

/**
 * Tokens that may wait to be computed, of all requests together: some 2 s in Node and 3 in workerd, or ten requests of 64 texts as
 * long as the network reads. One request alone may have more.
 */
export const MAX_BACKLOG_TOKENS = 262_144;

/** A line of a stream, its end not counted. What is kept of a longer one is nothing. */
export const MAX_LINE_BYTES = 64 * 1024;

/** Lines in a stream, empty ones too. A platform's limits on a request's time or size may come first. */
export const MAX_STREAM_LINES = 1_000_000;

/** The `id` of a line of a stream or a job, which goes back with its answer. */
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

/** A job's file: some 25 million reviews. What limits it is that a chunk of it has to fit into one slice. */
export const MAX_JOB_BYTES = 32 * 1024 ** 3;

/** How a job's file is cut. A value, so that a test can have several chunks of a small file. */
export interface JobLimits {
  /** Of a file that is sent in parts: what R2 wants at least is 5 MiB, and at most 10,000 of them. */
  readonly partBytes: number;
  /** A chunk is the unit that is classified, retried and stored. Those of a very large file are larger. */
  readonly chunkBytes: number;
  /** Records in a chunk, and scores in its results, which bounds what those take of memory. */
  readonly chunkRecords: number;
  readonly chunkScores: number;
  /** What is looked at in one go when a file is split. Has room for the largest chunk, and a record that begins before its end. */
  readonly sliceBytes: number;
  /** Before an alarm that failed rings again; twice as long after each. */
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

/** Chunks of a job: reading its results is one request to the storage for each, of which a Worker's request has 10,000. */
export const MAX_JOB_CHUNKS = 8_000;

/** How long a job's results, and what is known of it, are kept after its end. */
export const JOB_DAYS = 7;

/** How long the parts of a job's file may take to arrive. */
export const JOB_UPLOAD_HOURS = 24;
