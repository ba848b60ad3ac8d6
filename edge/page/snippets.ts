/** The request that the page makes, as code to copy, and a link to the text. */

export interface SentimentCall {
  /** Of the server, without a slash at the end. */
  readonly origin: string;
  readonly text: string;
}

/** The body of the page's own request. */
export function bodyOf(text: string): string {
  return JSON.stringify({ text, evidence: true, sentences: true });
}

/** For a POSIX shell, to which nothing between single quotes has a meaning, except the next one. */
export function curl({ origin, text }: SentimentCall): string {
  const body = bodyOf(text).replaceAll("'", "'\\''");
  return `curl ${origin}/v1/sentiment \\\n  -H 'content-type: application/json' \\\n  -d '${body}'`;
}

export function typescript({ origin, text }: SentimentCall): string {
  return `const response = await fetch('${origin}/v1/sentiment', {
  method: 'POST',
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify({
    text: ${JSON.stringify(text)},
    evidence: true,
    sentences: true,
  }),
});
const { results } = await response.json();
console.log(results[0].label, results[0].score);`;
}

/** The text stands behind the #, so that no server is ever sent it. */
export function shareLink({ origin, text }: SentimentCall): string {
  return `${origin}/#${new URLSearchParams({ text })}`;
}

/** @param hash with its #. */
export function sharedText(hash: string): string | undefined {
  return new URLSearchParams(hash.slice(1)).get('text') ?? undefined;
}
