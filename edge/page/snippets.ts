/** The page's request as code to copy, and a link to the text. */

export interface SentimentCall {
  /** The server's, without a slash at the end. */
  readonly origin: string;
  readonly text: string;
}

/** The body of the page's own request. */
export function bodyOf(text: string): string {
  return JSON.stringify({ text, evidence: true, sentences: true });
}

/** For a POSIX shell, in which only a single quote ends a text in single quotes. */
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

/** The text is behind the #, so it is never sent to a server. */
export function shareLink({ origin, text }: SentimentCall): string {
  return `${origin}/#${new URLSearchParams({ text })}`;
}

/** @param hash with its #. */
export function sharedText(hash: string): string | undefined {
  return new URLSearchParams(hash.slice(1)).get('text') ?? undefined;
}
