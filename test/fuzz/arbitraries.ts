/** Inputs that nobody would send by accident: texts, bytes, damage to bytes, and JSON that is nearly right. */
import fc from 'fast-check';

/** The characters and words that texts are put together from: those that some rule of the tokenizer is about. */
const PARTS = [
  ...'a B o T D P 3 5 7 10 . , - _ + % " \\ \' \u2019 ! ? ！ @ # : ; = ^ ( ) [ ] | / * ~ & < >'.split(' '),
  ...'oooo xD #WorstMovie five star stars 7/10 ½ ★ ☆ ⭐ <3 http:// www. .com br'.split(' '),
  ...'<br/> <!-- --> <script> </script> &amp; &#39; &lt; &eacute; &nbsp;'.split(' '),
  ...'é ﬁ İ ς й ０ 𝐆 好 영 \u1161 か \u3099 \uFF9E ที่ \u0E33 \u0903 \u0301 \u00AD \0'.split(' '),
  ...'😀 👍🏽 ❤ \u200D \uFE0F \u{1F1EB} \u{1F1F7} \u{E0067} \uD83D \uDE00'.split(' '),
  ...[' ', ' ', '\n', 'good ', 'bad ', 'not ', 'terible ', 'sooo ', 'dont ', " n't", " 's", 'the '],
  ...['5 stars', ' stars', ' out of ', ' of', '<br />', '<p class="x">'],
];

/** Any string there can be: code points, graphemes, bare code units, those parts, and a few of it very often. */
export const anyText: fc.Arbitrary<string> = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 60 }),
  fc.string({ unit: 'grapheme', maxLength: 60 }),
  fc.array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 30 }).map((units) => String.fromCharCode(...units)),
  { weight: 4, arbitrary: fc.string({ unit: fc.constantFrom(...PARTS), maxLength: 30 }) },
  fc
    .tuple(fc.string({ unit: 'binary', maxLength: 4 }), fc.constantFrom(1, 9, 500))
    .map(([text, times]) => text.repeat(times)),
);

export const anyBytes: fc.Arbitrary<Uint8Array> = fc.uint8Array({ maxLength: 200 });

/** A bit that is flipped, bytes that are missing, bytes that are other ones, and bytes too many, up to four of them. */
export const damages: fc.Arbitrary<(bytes: Uint8Array) => Uint8Array<ArrayBuffer>> = fc
  .array(
    fc.oneof(
      fc.record({ kind: fc.constant('flip' as const), at: fc.nat(), bit: fc.nat(7) }),
      fc.record({ kind: fc.constant('cut' as const), at: fc.nat(), count: fc.integer({ min: 1, max: 1_000 }) }),
      fc.record({
        kind: fc.constant('write' as const),
        at: fc.nat(),
        bytes: fc.uint8Array({ minLength: 1, maxLength: 8 }),
      }),
      fc.record({
        kind: fc.constant('add' as const),
        at: fc.nat(),
        bytes: fc.uint8Array({ minLength: 1, maxLength: 8 }),
      }),
      fc.record({ kind: fc.constant('end' as const), at: fc.nat() }),
    ),
    { minLength: 1, maxLength: 4 },
  )
  .map((steps) => {
    const damage = (bytes: Uint8Array) => {
      let result = new Uint8Array(bytes);
      for (const step of steps) {
        const at = result.length === 0 ? 0 : step.at % result.length;
        const join = (...parts: Uint8Array[]) => new Uint8Array(Buffer.concat(parts));
        if (step.kind === 'flip' && result.length > 0) result[at] = (result[at] as number) ^ (1 << step.bit);
        if (step.kind === 'cut') result = join(result.subarray(0, at), result.subarray(at + step.count));
        if (step.kind === 'write') result.set(step.bytes.subarray(0, result.length - at), at);
        if (step.kind === 'add') result = join(result.subarray(0, at), step.bytes, result.subarray(at));
        if (step.kind === 'end') result = result.slice(0, at);
      }
      return result;
    };
    // Which is what a failure shows.
    return Object.assign(damage, { [fc.toStringMethod]: () => JSON.stringify(steps) });
  });

/** JSON as a text, because two fields of one name, or a depth of thousands, no value has. */
export const anyJson: fc.Arbitrary<string> = fc.oneof(
  fc.json({ maxDepth: 3 }),
  fc
    .tuple(fc.constantFrom(['[', ']'], ['{"text":', '}'], ['{"a":[', ']}']), fc.constantFrom(1, 64, 5_000))
    .map(([[open, close], depth]) => `${open?.repeat(depth)}1${close?.repeat(depth)}`),
  fc.constantFrom('1e999', '-0', '9007199254740993', '"\\ud83d"', '"\\u0000"', '{"a":1,"a":2}', '\uFEFF{}', 'NaN'),
);

/** The JSON text of a value like that of `values`, but with something in it that is another, missing or too much. */
export function nearly(values: fc.Arbitrary<unknown>): fc.Arbitrary<string> {
  const change = fc.record({
    place: fc.nat(),
    what: fc.constantFrom('replace', 'remove', 'add', 'wrap'),
    key: fc.constantFrom(
      'text',
      'texts',
      'inputs',
      'id',
      'evidence',
      'sentences',
      'labels',
      '__proto__',
      'constructor',
      'toString',
      '',
      'a/b~c',
    ),
    json: fc.oneof(
      anyJson,
      anyText.map((text) => JSON.stringify(text)),
    ),
  });
  return fc.tuple(values, change).map(([value, { place, what, key, json }]) => {
    // Placed by marks that no text of ours has, so that the JSON that takes their place may be any.
    const MARK = '\uE000mark';
    const places: ((put: unknown) => void)[] = [];
    const root = { value: structuredClone(value) };
    const visit = (parent: any) => {
      for (const name of Object.keys(parent)) {
        const child = parent[name];
        places.push((put) => {
          parent[name] = put;
        });
        if (typeof child === 'object' && child !== null) visit(child);
      }
    };
    visit(root);
    const parents: any[] = [];
    const gather = (node: any) => {
      if (typeof node !== 'object' || node === null) return;
      parents.push(node);
      for (const child of Object.values(node)) gather(child);
    };
    gather(root.value);
    const parent = parents[place % Math.max(1, parents.length)];
    if (what === 'replace' || parent === undefined) places[place % places.length]?.(MARK);
    else if (what === 'wrap') places[place % places.length]?.([MARK]);
    else if (what === 'remove') {
      const names = Object.keys(parent);
      const name = names[place % Math.max(1, names.length)];
      if (Array.isArray(parent)) parent.splice(0, 1);
      else if (name !== undefined) delete parent[name];
    } else if (Array.isArray(parent)) parent.push(MARK);
    else Object.defineProperty(parent, key, { value: MARK, enumerable: true, configurable: true, writable: true });
    return (JSON.stringify(root.value) ?? 'null').replace(`"${MARK}"`, () => json);
  });
}

/** The bytes in pieces, cut anywhere. */
export function inPieces(bytes: Uint8Array, cuts: readonly number[]): Uint8Array[] {
  const places = [0, ...cuts.map((cut) => cut % (bytes.length + 1)).sort((a, b) => a - b), bytes.length];
  return places.slice(1).map((end, index) => bytes.subarray(places[index], end));
}
