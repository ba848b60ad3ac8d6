/** HTML and SVG that are escaped by construction: values in a template are text, unless they came out of a template. */

/** A piece of HTML. Only `html` and `trusted` make one. */
export class Html {
  readonly source: string;
  constructor(source: string) {
    this.source = source;
  }
}

type Value = string | number | Html | undefined | readonly Html[];

/** html`<p>${text}</p>`: escapes strings, inserts pieces and lists of pieces as they are, and `undefined` as nothing. */
export function html(parts: TemplateStringsArray, ...values: readonly Value[]): Html {
  return new Html(parts.map((part, index) => part + sourceOf(values[index])).join(''));
}

/** Inserts our own source unescaped, such as a style sheet. Never use it for anything that was read from a file. */
export function trusted(source: string): Html {
  return new Html(source);
}

/** Control characters, NUL included, which a browser would report as errors or not show. */
const NOT_IN_HTML = /[^\P{Cc}\t\n\r]/gu;

function sourceOf(value: Value): string {
  if (value === undefined) return '';
  if (value instanceof Html) return value.source;
  if (typeof value === 'object') return value.map(({ source }) => source).join('');
  return escapeXml(String(value).replace(NOT_IN_HTML, '\uFFFD'));
}

/** Escapes text for XML. */
function escapeXml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
