/**
 * `/docs`: shows this server's `/openapi.json` to people, and adds nothing. Other viewers need a megabyte and inline styles, which
 * the page's security policy forbids (docs/decisions.md).
 */
import {
  type Answered,
  type Content,
  limitsOf,
  type Media,
  type OpenApi,
  type Parameter,
  type Route,
  resolve,
  routesOf,
  type Schema,
  typeOf,
} from './openapi.ts';
import { byId, element } from './view/dom.ts';

/** Stops at schemas that contain themselves. */
const MAX_DEPTH = 6;

let api: OpenApi;

function show(document: OpenApi): void {
  api = document;
  const { title, version, description = '' } = document.info;
  byId('title').textContent = title;
  byId('version').textContent = `Version ${version}.`;
  const routes = routesOf(document);
  byId('main').replaceChildren(
    ...prose(description),
    element(
      'nav',
      { 'aria-label': 'Requests' },
      element(
        'ul',
        { class: 'contents' },
        ...routes.map((route) =>
          element(
            'li',
            {},
            element('a', { href: `#${anchor(route)}` }, ...heading(route)),
            ' ',
            element('span', { class: 'soft' }, route.operation.summary ?? ''),
          ),
        ),
      ),
    ),
    ...routes.map(section),
  );
  // The browser scrolled before the section existed.
  window.document.getElementById(location.hash.slice(1))?.scrollIntoView();
}

function anchor({ method, path, operation }: Route): string {
  return operation.operationId ?? `${method}-${path.replace(/[^A-Za-z0-9]+/g, '-')}`;
}

function heading({ method, path }: Route): Node[] {
  return [element('span', { class: 'method' }, method.toUpperCase()), element('code', {}, path)];
}

function section(route: Route): HTMLElement {
  const { summary, description, deprecated, parameters = [], requestBody, responses = {} } = route.operation;
  return element(
    'section',
    { class: 'operation', id: anchor(route) },
    element('h2', {}, ...heading(route)),
    summary === undefined ? undefined : element('p', {}, summary),
    deprecated ? element('p', { class: 'notice' }, 'Deprecated.') : undefined,
    ...prose(description ?? ''),
    ...parametersOf(parameters.map((one) => resolve(one, api))),
    ...(requestBody ? bodyOf(resolve(requestBody, api)) : []),
    element('h3', {}, 'Answers'),
    ...Object.entries(responses).map(([status, response]) => answer(status, resolve(response, api))),
  );
}

function parametersOf(parameters: readonly Parameter[]): Node[] {
  if (parameters.length === 0) return [];
  const items = parameters.map((parameter) =>
    property(`${parameter.name} (${parameter.in})`, parameter.schema ?? {}, {
      required: parameter.required ?? false,
      description: parameter.description,
      depth: 1,
    }),
  );
  return [element('h3', {}, 'Parameters'), element('ul', { class: 'schema' }, ...items)];
}

function bodyOf(body: Content): Node[] {
  return [element('h3', {}, 'Body'), ...prose(body.description ?? ''), ...mediaOf(body)];
}

function answer(status: string, { description = '', headers = {}, ...content }: Answered): HTMLElement {
  const names = Object.entries(headers).map(([name, header]) => {
    const { schema = {}, ...described } = resolve(header, api);
    return property(name, schema, { required: false, description: described.description, depth: 1 });
  });
  return element(
    'details',
    status.startsWith('2') ? { open: '' } : {},
    element('summary', {}, element('b', {}, status), ' ', ...inline(description)),
    ...(names.length > 0
      ? [element('details', {}, element('summary', {}, 'Headers'), element('ul', { class: 'schema' }, ...names))]
      : []),
    ...mediaOf(content),
  );
}

function mediaOf({ content = {} }: Content): Node[] {
  return Object.entries(content).flatMap(([type, media]) => [
    element('h4', {}, element('code', {}, type)),
    ...(media.schema ? [schemaList(media.schema, 1)] : []),
    ...examplesOf(media),
  ]);
}

function examplesOf({ schema, example, examples = {} }: Media): Node[] {
  const named = Object.entries(examples).map(([name, one]) => {
    const { summary, value } = resolve(one as { $ref?: string; summary?: string; value?: unknown }, api);
    return [summary ?? name, value] as const;
  });
  const own = example ?? (schema && resolve(schema, api).examples?.[0]);
  const all = own === undefined ? named : [['Example', own] as const, ...named];
  return all.map(([name, value]) => {
    const content = typeof value === 'string' ? value : JSON.stringify(value, undefined, 2);
    const code = element('pre', { tabindex: 0, role: 'group', 'aria-label': name }, element('code', {}, content));
    return element('div', {}, element('h4', {}, name), code);
  });
}

/** A schema with its properties, its items' properties, or its choices. */
function schemaList(schema: Schema, depth: number): HTMLElement {
  const one = resolve(schema, api);
  const limits = limitsOf(one);
  const head = element(
    'li',
    {},
    element('span', { class: 'type' }, typeOf(one, api)),
    limits === '' ? undefined : element('span', { class: 'soft' }, ` ${limits}`),
    ...(one.description ? [' ', ...inline(one.description)] : []),
  );
  return element('ul', { class: 'schema' }, head, ...inner(one, depth));
}

function inner(one: Schema, depth: number): Node[] {
  if (depth > MAX_DEPTH) return [element('li', {}, '…')];
  const required = new Set(one.required);
  const properties = Object.entries(one.properties ?? {}).map(([name, part]) =>
    property(name, part, { required: required.has(name), depth }),
  );
  const items = typeof one.items === 'object' ? inner(resolve(one.items, api), depth + 1) : [];
  const choices = [...(one.allOf ?? []), ...(one.oneOf ?? []), ...(one.anyOf ?? [])].flatMap((choice) => {
    const part = resolve(choice, api);
    return part.properties || part.items || part.oneOf || part.anyOf
      ? [element('li', {}, schemaList(part, depth + 1))]
      : [];
  });
  return [...properties, ...items, ...choices];
}

interface PropertyFacts {
  readonly required: boolean;
  readonly depth: number;
  /** Replaces the schema's own description. */
  readonly description?: string | undefined;
}

function property(name: string, schema: Schema, { required, depth, description }: PropertyFacts): HTMLElement {
  const one = resolve(schema, api);
  const limits = limitsOf(one);
  const said = description ?? one.description;
  const parts = inner(one, depth + 1);
  return element(
    'li',
    {},
    element('code', {}, name),
    ' ',
    element('span', { class: 'type' }, typeOf(one, api)),
    required ? element('span', { class: 'required' }, ' required') : undefined,
    limits === '' ? undefined : element('span', { class: 'soft' }, ` ${limits}`),
    ...(said ? [element('br'), ...inline(said)] : []),
    parts.length > 0 ? element('ul', { class: 'schema' }, ...parts) : undefined,
  );
}

/** Renders a description: the paragraphs, lists and code of CommonMark, as text only. */
function prose(text: string): HTMLElement[] {
  const paragraphs = text.split(/\n{2,}/).filter((part) => part.trim() !== '');
  return paragraphs.map((part) => {
    const lines = part.split('\n').filter((line) => line.trim() !== '');
    if (!lines.every((line) => /^\s*[-*] /.test(line))) return element('p', { class: 'note' }, ...inline(part));
    return element('ul', {}, ...lines.map((line) => element('li', {}, ...inline(line.replace(/^\s*[-*] /, '')))));
  });
}

function inline(text: string): (Node | string)[] {
  return text.split(/`([^`]+)`/).map((part, index) => (index % 2 === 0 ? part : element('code', {}, part)));
}

async function load(): Promise<void> {
  const response = await fetch('/openapi.json');
  if (!response.ok) throw new Error(`/openapi.json: ${response.status}`);
  show(await response.json());
}

load().catch((error: Error) => {
  byId('state').textContent = `The document cannot be shown: ${error.message}`;
});
