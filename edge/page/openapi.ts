/** The part of OpenAPI 3.1 that `/docs` shows, and one-line descriptions of schemas. Pure; the view is `docs.ts`. */

export interface Schema {
  readonly $ref?: string;
  readonly title?: string;
  readonly description?: string;
  readonly type?: string | readonly string[];
  readonly format?: string;
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly default?: unknown;
  readonly examples?: readonly unknown[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean | Schema;
  readonly items?: Schema | boolean;
  readonly prefixItems?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly anyOf?: readonly Schema[];
  readonly allOf?: readonly Schema[];
  readonly [limit: string]: unknown;
}

export interface Described {
  readonly $ref?: string;
  readonly description?: string;
}
export interface Media {
  readonly schema?: Schema;
  readonly example?: unknown;
  readonly examples?: Readonly<Record<string, { readonly summary?: string; readonly value?: unknown }>>;
}
export interface Parameter extends Described {
  readonly name: string;
  readonly in: string;
  readonly required?: boolean;
  readonly schema?: Schema;
}
export interface Content extends Described {
  readonly content?: Readonly<Record<string, Media>>;
}
export interface Answered extends Content {
  readonly headers?: Readonly<Record<string, Described & { readonly schema?: Schema }>>;
}
export interface Operation extends Described {
  readonly summary?: string;
  readonly operationId?: string;
  readonly deprecated?: boolean;
  readonly security?: readonly Readonly<Record<string, unknown>>[];
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: Content & { readonly required?: boolean };
  readonly responses?: Readonly<Record<string, Answered>>;
}
export interface OpenApi {
  readonly info: { readonly title: string; readonly version: string; readonly description?: string };
  readonly paths?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

const METHODS = ['get', 'put', 'post', 'delete', 'options', 'head', 'patch', 'trace'];

export interface Route {
  readonly method: string;
  readonly path: string;
  readonly operation: Operation;
}

/** Every operation, in the document's order, with the parameters of its path. */
export function routesOf(document: OpenApi): Route[] {
  return Object.entries(document.paths ?? {}).flatMap(([path, item]) => {
    const shared = (item['parameters'] ?? []) as readonly Parameter[];
    return METHODS.filter((method) => method in item).map((method) => {
      const operation = item[method] as Operation;
      return { method, path, operation: { ...operation, parameters: [...shared, ...(operation.parameters ?? [])] } };
    });
  });
}

/** Follows a reference within the document; returns other values as they are. @throws Error when the target is missing. */
export function resolve<Value extends { readonly $ref?: string }>(value: Value, document: OpenApi): Value {
  if (value.$ref === undefined) return value;
  const keys = value.$ref.replace(/^#\/?/, '').split('/');
  const found = keys.reduce<unknown>((at, key) => (at as Record<string, unknown> | undefined)?.[decode(key)], document);
  if (found === undefined) throw new Error(`${value.$ref} is not in the document`);
  const { $ref: _, ...beside } = value; // OpenAPI 3.1: fields beside a reference count too
  return { ...resolve(found as Value, document), ...beside } as Value;
}

/** RFC 6901, in a fragment. */
function decode(key: string): string {
  return decodeURIComponent(key).replaceAll('~1', '/').replaceAll('~0', '~');
}

/** Stops at lists of themselves. */
const MAX_DEPTH = 4;

/** `array of string`, `"a" or "b"`, `number or null`. */
export function typeOf(schema: Schema, document: OpenApi, depth = 0): string {
  if (depth > MAX_DEPTH) return '…';
  const one = resolve(schema, document);
  if (one.const !== undefined) return JSON.stringify(one.const);
  if (one.enum !== undefined) return oneOf(one.enum);
  const choices = one.oneOf ?? one.anyOf;
  if (choices !== undefined && one.type === undefined) {
    return [...new Set(choices.map((choice) => typeOf(choice, document, depth + 1)))].join(' or ');
  }
  const types = typeof one.type === 'string' ? [one.type] : (one.type ?? [one.properties ? 'object' : 'any']);
  return types
    .map((type) => {
      if (type === 'array' && typeof one.items === 'object')
        return `array of ${typeOf(one.items, document, depth + 1)}`;
      return type === 'string' && one.format ? `string (${one.format})` : type;
    })
    .join(' or ');
}

/** The most values of an enum that are listed. */
const MAX_VALUES = 8;

function oneOf(values: readonly unknown[]): string {
  const named = values.slice(0, MAX_VALUES).map((value) => JSON.stringify(value));
  const more = values.length - named.length;
  return [...named, ...(more > 0 ? [`one of ${more} more`] : [])].join(' or ');
}

const LIMITS: Readonly<Record<string, string>> = {
  minimum: '≥',
  exclusiveMinimum: '>',
  maximum: '≤',
  exclusiveMaximum: '<',
  minLength: 'length ≥',
  maxLength: 'length ≤',
  minItems: 'items ≥',
  maxItems: 'items ≤',
  pattern: 'matches',
  default: 'default',
};

/** `items ≤ 64, all different` */
export function limitsOf(schema: Schema): string {
  const limits = Object.entries(LIMITS)
    .filter(([key]) => schema[key] !== undefined)
    .map(([key, sign]) => `${sign} ${typeof schema[key] === 'string' ? schema[key] : JSON.stringify(schema[key])}`);
  return [...limits, ...(schema['uniqueItems'] === true ? ['all different'] : [])].join(', ');
}
