/**
 * JSON Schema → the values that it allows. As much of it as our OpenAPI document uses; a keyword that is new here is an
 * error, lest what it forbids be taken for allowed.
 */
import fc from 'fast-check';
import { anyText } from './arbitraries.ts';

type Schema = Readonly<Record<string, any>>;

/** Says nothing about which values there are. */
const ANNOTATIONS = ['title', 'description', 'default', 'example', 'examples', 'deprecated', 'format'];

/** @param document in which `$ref`s are found. */
export function instancesOf(schema: Schema, document: Schema): fc.Arbitrary<unknown> {
  const { $ref, anyOf, oneOf, allOf, enum: values, type, ...rest } = schema;
  const of = (other: Schema) => instancesOf(other, document);
  if ($ref !== undefined) return of(resolve($ref, document));
  if (anyOf !== undefined) return fc.oneof(...anyOf.map(of));
  // Each says more about the same value.
  if (oneOf !== undefined) return fc.oneof(...oneOf.map((more: Schema) => of(merged({ type, ...rest }, more))));
  if (allOf !== undefined) return of(allOf.reduce(merged, { type, ...rest }));
  if (values !== undefined) return fc.constantFrom(...values);
  if ('const' in rest) return fc.constant(rest['const']);
  const keywords = (known: Schema) => {
    const unknown = Object.keys(rest).filter((key) => !(key in known) && !ANNOTATIONS.includes(key));
    if (unknown.length > 0) throw new Error(`no values are made for the keyword ${unknown.join(', ')} of ${type}`);
  };
  const { minimum, maximum, minItems = 0, maxItems = minItems + 4, minLength = 0, maxLength = 1_000, pattern } = rest;
  switch (type) {
    case undefined:
      return fc.jsonValue();
    case 'null':
      return fc.constant(null);
    case 'boolean':
      return fc.boolean();
    case 'integer':
      keywords({ minimum, maximum });
      return fc.integer({
        ...(minimum !== undefined && { min: minimum }),
        ...(maximum !== undefined && { max: maximum }),
      });
    case 'number':
      keywords({ minimum, maximum });
      return fc.double({
        noNaN: true,
        noDefaultInfinity: true,
        ...(minimum !== undefined && { min: minimum }),
        ...(maximum !== undefined && { max: maximum }),
      });
    case 'string': {
      keywords({ minLength, maxLength, pattern });
      if (pattern === undefined) return lengthBetween(anyText, minLength, maxLength);
      const match = fc.stringMatching(new RegExp(pattern, 'u'));
      const isPart = !/^\^|\$$/.test(pattern); // then anything may stand around it
      const text = isPart ? fc.tuple(anyText, match, anyText).map((parts) => parts.join('')) : match;
      return lengthBetween(text, minLength, maxLength);
    }
    case 'array':
      keywords({ items: 0, minItems, maxItems, uniqueItems: 0 });
      return arrayOf(of(rest['items'] ?? {}), minItems, maxItems, rest['uniqueItems'] === true);
    case 'object': {
      keywords({ properties: 0, required: 0, additionalProperties: 0 });
      const { properties = {}, required = [], additionalProperties } = rest;
      const fields = Object.fromEntries(Object.entries<Schema>(properties).map(([key, field]) => [key, of(field)]));
      const named = fc.record(fields, { requiredKeys: required.filter((key: string) => key in fields) });
      if (additionalProperties === false) return named;
      const others = additionalProperties === undefined ? fc.jsonValue() : of(additionalProperties);
      return fc
        .tuple(fc.dictionary(fc.string(), others, { maxKeys: 2 }), named)
        .map(([more, own]) => ({ ...more, ...own }));
    }
    default:
      throw new Error(`no values are made of the type ${JSON.stringify(type)}`);
  }
}

function arrayOf(items: fc.Arbitrary<unknown>, minLength: number, maxLength: number, isUnique: boolean) {
  const constraints = { minLength, maxLength, size: 'small' } as const;
  return isUnique ? fc.uniqueArray(items, constraints) : fc.array(items, constraints);
}

function lengthBetween(text: fc.Arbitrary<string>, least: number, most: number): fc.Arbitrary<string> {
  return text.map((some) => some.slice(0, most)).filter((some) => [...some].length >= least);
}

function merged(one: Schema, other: Schema): Schema {
  return {
    ...one,
    ...other,
    properties: { ...one['properties'], ...other['properties'] },
    required: [...(one['required'] ?? []), ...(other['required'] ?? [])],
  };
}

function resolve(reference: string, document: Schema): Schema {
  return reference
    .split('/')
    .slice(1)
    .reduce((value, key) => value[key], document);
}
