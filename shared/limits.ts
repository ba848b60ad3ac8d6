/** Limits that training and the endpoint share. The endpoint's own are in `edge/http/limits.ts`. */

/** The most bytes of a record: a row of a table, or a line of JSON. The longest official review has 14 kB. */
export const MAX_RECORD_BYTES = 1024 * 1024;
