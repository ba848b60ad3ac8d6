import { describe, expect, it } from 'vitest';
import { limitsOf, type OpenApi, resolve, routesOf, typeOf } from '../../../edge/page/openapi.ts';

const DOCUMENT: OpenApi & { components: unknown } = {
  info: { title: 'An API', version: '1' },
  paths: {
    '/b/{id}': {
      summary: 'not a method',
      parameters: [{ name: 'id', in: 'path', required: true }],
      post: { operationId: 'change', parameters: [{ name: 'X-Key', in: 'header' }] },
      get: {},
    },
    '/a': { get: { summary: 'First in the alphabet' } },
  },
  components: {
    schemas: {
      Text: { type: 'string', minLength: 1, description: 'A text.' },
      Alias: { $ref: '#/components/schemas/Text' },
      'odd/na~me': { const: 'odd' },
      Nested: { anyOf: [{ type: 'null' }, { type: 'array', items: { $ref: '#/components/schemas/Nested' } }] },
    },
  },
};

it("lists the operations in the document's order, with the parameters of their path", () => {
  expect(routesOf(DOCUMENT).map(({ method, path, operation }) => [method, path, operation.parameters?.length])).toEqual(
    [
      ['get', '/b/{id}', 1],
      ['post', '/b/{id}', 2],
      ['get', '/a', 0],
    ],
  );
});

it('is empty for a document without paths', () => {
  expect(routesOf({ info: DOCUMENT.info })).toEqual([]);
});

describe('a reference', () => {
  it('is followed to its end, and fields beside it count', () => {
    const found = resolve({ $ref: '#/components/schemas/Alias', description: 'Mine.' }, DOCUMENT);
    expect(found).toEqual({ type: 'string', minLength: 1, description: 'Mine.' });
  });

  it('may have keys with slashes and tildes', () => {
    expect(resolve({ $ref: '#/components/schemas/odd~1na~0me' }, DOCUMENT)).toEqual({ const: 'odd' });
  });

  it('without a target is an error', () => {
    expect(() => resolve({ $ref: '#/components/nothing' }, DOCUMENT)).toThrow('#/components/nothing is not in the');
  });
});

it.each([
  [{ type: 'array', items: { $ref: '#/components/schemas/Text' } }, 'array of string'],
  [{ type: ['number', 'null'] }, 'number or null'],
  [{ type: 'string', format: 'uuid' }, 'string (uuid)'],
  [{ enum: ['a', 1, null] }, '"a" or 1 or null'],
  [{ enum: 'abcdefghij'.split('') }, '"a" or "b" or "c" or "d" or "e" or "f" or "g" or "h" or one of 2 more'],
  [{ const: true }, 'true'],
  [{ anyOf: [{ type: 'string' }, { type: 'array', items: { type: 'string' } }] }, 'string or array of string'],
  [{ properties: {} }, 'object'],
  [{}, 'any'],
] as const)('calls %j %s', (schema, name) => {
  expect(typeOf(schema, DOCUMENT)).toBe(name);
});

it('stops at a schema that contains itself', () => {
  const name = typeOf({ $ref: '#/components/schemas/Nested' }, DOCUMENT);
  expect(name).toMatch(/^null or array of null or array of .*…$/);
});

it('lists the limits', () => {
  expect(limitsOf({ type: 'array', minItems: 1, maxItems: 64 })).toBe('items ≥ 1, items ≤ 64');
  expect(limitsOf({ pattern: '^a$', default: false })).toBe('matches ^a$, default false');
  expect(limitsOf({ maxItems: 9, uniqueItems: true })).toBe('items ≤ 9, all different');
});
