/** Quotes a text from a file in a message: short, and in one line. */
export function quoted(text: string): string {
  const short = text.length > 40 ? `${text.slice(0, 40).toWellFormed()}…` : text;
  return JSON.stringify(short.replace(/\p{Cc}/gu, '\uFFFD'));
}
