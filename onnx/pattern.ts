/**
 * Finds weights in a graph by what is computed from them, independent of names. A pattern describes how a value is computed, and
 * returns the weights that it names.
 *
 *     const embedded = op('Gather', [weight('embeddings'), input(0)]);
 *     embedded('lstm_input', new GraphIndex(graph))   →   { embeddings: Tensor }, or undefined if computed otherwise
 */
import { type Graph, type Node, type Tensor, valuesOf } from './proto.ts';

/** The weights that a pattern found, by the names it gave them. */
export type Found = Readonly<Record<string, Tensor>>;
/** @returns undefined when `value` is not computed as the pattern describes. */
export type Pattern = (value: string, graph: GraphIndex) => Found | undefined;

/** Looks up the node or weight behind each value of a graph. */
export class GraphIndex {
  readonly inputs: readonly string[];
  readonly #nodes: ReadonlyMap<string, Node>;
  readonly #weights: ReadonlyMap<string, Tensor>;

  constructor({ input, node, initializer }: Graph) {
    this.inputs = input.map(({ name }) => name);
    this.#nodes = new Map(node.flatMap((one) => one.output.map((value) => [value, one])));
    this.#weights = new Map(initializer.map((tensor) => [tensor.name, tensor]));
  }

  node(value: string): Node | undefined {
    return this.#nodes.get(value);
  }

  weight(value: string): Tensor | undefined {
    return this.#weights.get(value);
  }
}

/** An input of the graph, by its place among them. */
export function input(place: number): Pattern {
  return (value, { inputs }) => (value === inputs[place] ? {} : undefined);
}

/** An optional input of a node that is left out. */
export const absent: Pattern = (value) => (value === '' ? {} : undefined);

/** A weight, returned under the name `as`. */
export function weight(as: string): Pattern {
  return (value, graph) => {
    const tensor = graph.weight(value);
    return tensor && { [as]: tensor };
  };
}

/** A weight that has exactly these numbers. */
export function constant(...numbers: readonly number[]): Pattern {
  return (value, graph) => {
    const tensor = graph.weight(value);
    return tensor && isSame(Array.from(valuesOf(tensor), Number), numbers) ? {} : undefined;
  };
}

/** By name; undefined stands for any value. */
type Attributes = Readonly<Record<string, number | readonly number[] | undefined>>;

/** The output of a node of this type. @param attributes all that the node has. */
export function op(type: string, inputs: readonly Pattern[], attributes: Attributes = {}): Pattern {
  return (value, graph) => {
    const node = graph.node(value);
    if (node?.op_type !== type || node.input.length !== inputs.length || !hasJust(attributes, node)) return undefined;
    return inputs.reduce<Found | undefined>(
      (found, pattern, place) => found && merged(found, pattern(node.input[place] as string, graph)),
      {},
    );
  };
}

function hasJust(attributes: Attributes, { attribute }: Node): boolean {
  if (attribute.length !== Object.keys(attributes).length) return false;
  return attribute.every(({ name, i = 0, ints = [] }) => {
    const expected = attributes[name];
    if (expected === undefined) return name in attributes;
    return typeof expected === 'number' ? i === expected : isSame(ints, expected);
  });
}

/** The first of the patterns that matches. */
export function oneOf(...patterns: readonly Pattern[]): Pattern {
  return (value, graph) => {
    for (const pattern of patterns) {
      const found = pattern(value, graph);
      if (found !== undefined) return found;
    }
    return undefined;
  };
}

/** A sum, however nested in Add and Sum, whose terms match one pattern each. */
export function sumOf(...terms: readonly Pattern[]): Pattern {
  return (value, graph) => {
    const left = new Set(terms);
    let found: Found | undefined = {};
    for (const term of termsOf(value, graph)) {
      const pattern = [...left].find((one) => one(term, graph) !== undefined);
      if (pattern === undefined) return undefined;
      left.delete(pattern);
      found = found && merged(found, pattern(term, graph));
    }
    return found;
  };
}

function termsOf(value: string, graph: GraphIndex): string[] {
  const node = graph.node(value);
  const isSum = node !== undefined && ['Add', 'Sum'].includes(node.op_type) && node.attribute.length === 0;
  return isSum ? node.input.flatMap((term) => termsOf(term, graph)) : [value];
}

/** Both together; undefined when one is missing, or when the same name stands for two weights. */
function merged(some: Found, more: Found | undefined): Found | undefined {
  if (more === undefined || Object.entries(more).some(([as, tensor]) => (some[as] ?? tensor) !== tensor)) {
    return undefined;
  }
  return { ...some, ...more };
}

function isSame(some: readonly number[], others: readonly number[]): boolean {
  return some.length === others.length && some.every((value, index) => value === others[index]);
}
