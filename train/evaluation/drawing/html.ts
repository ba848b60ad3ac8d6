/** HTML and SVG that are escaped by construction: whatever is put into a template is text, unless it came out of one. */

/** A piece of HTML. Only `html` and `trusted` make one. */
export class Html {
  readonly source: string;
  constructor(source: string) {
    this.source = source;
  }
}

type Value = string | number | Html | undefined | readonly Html[];

/** html`<p>${text}</p>`: strings are escaped, pieces and lists of pieces go in as they are, `undefined` is nothing. */
export function html(parts: TemplateStringsArray, ...values: readonly Value[]): Html {
  return new Html(parts.map((part, index) => part + sourceOf(values[index])).join(''));
}

/** Source of our own that has to go in as it is, such as a style sheet. Never anything that was read from a file. */
export function trusted(source: string): Html {
  return new Html(source);
}

/** NUL and the other control characters, which a browser would report as errors or show as nothing. */
const NOT_IN_HTML = /[^\P{Cc}\t\n\r]/gu;

function sourceOf(value: Value): string {
  if (value === undefined) return '';
  if (value instanceof Html) return value.source;
  if (typeof value === 'object') return value.map(({ source }) => source).join('');
  return escapeXml(String(value).replace(NOT_IN_HTML, '\uFFFD'));
}

/** Text → what stands for it in XML. */
function escapeXml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
