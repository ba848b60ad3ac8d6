/** Every limit of the endpoint, its unit in its name. */

/** A request's body. 64 film reviews of the usual length have about 80 KiB. */
export const MAX_BODY_BYTES = 256 * 1024;

/** Fields that one answer complains of. */
export const MAX_REPORTED_ERRORS = 10;

/** Texts in one request. They are one run of the network, whose memory and time grow with them. */
export const MAX_TEXTS = 64;
