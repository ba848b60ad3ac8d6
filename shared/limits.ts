/** Limits that training and the endpoint share. The endpoint's own are in `edge/http/limits.ts`. */

/** A record of a file: a row of a table, a line of JSON. What is longer is no review: the longest official one has 14 kB. */
export const MAX_RECORD_BYTES = 1024 * 1024;
