/** Texts that say nothing, made by chance from a seed: keyboard noise, code, and tables of numbers. */
import { randomNumbers } from '../../train/random.ts';

const ROWS = ['qwertyuiop', 'asdfghjkl', 'zxcvbnm'];
const NAMES = [
  'i',
  'x',
  'count',
  'user',
  'data',
  'result',
  'index',
  'total',
  'req',
  'buf',
  'node',
  'name',
  'value',
  'item',
  'list',
  'row',
];
const COLUMNS = ['id', 'date', 'price', 'qty', 'sku', 'total', 'lat', 'lon', 'temp', 'ean'];

/** `count` texts of each kind. */
export function noise(count: number, seed: number): Record<'keys' | 'code' | 'table', string[]> {
  const random = randomNumbers(seed);
  const below = (limit: number) => Math.floor(random() * limit);
  const from = <T>(list: readonly T[]): T => list[below(list.length)] as T;
  const many = (least: number, most: number, make: () => string) =>
    Array.from({ length: least + below(most - least + 1) }, make);

  /** Hands that fall on a row of keys, walk along it, or hit any. */
  const mash = () => {
    const row = below(3) === 0 ? ROWS.join('') : from(ROWS);
    const start = below(row.length - 3);
    const walks = below(4) === 0;
    return walks ? row.slice(start, start + 4 + below(4)) : many(3, 9, () => from([...row])).join('');
  };
  const name = () => from(NAMES);
  const statements = [
    () => `const ${name()} = ${name()}.${name()}(${below(100)});`,
    () => `for (let ${name()} = 0; ${name()} < ${below(50)}; ${name()}++) {`,
    () => `if (${name()} === null) return ${name()};`,
    () => `${name()}[${name()}] += ${name()} * ${below(20)};`,
    () => `def ${name()}(${name()}, ${name()}=None):`,
    () => `    return {k: v for k, v in ${name()}.items() if v > ${below(9)}}`,
    () => `SELECT ${name()}, ${name()} FROM ${name()}s WHERE ${name()}_id = ${below(999)};`,
    () => `<div class="${name()}-${name()}"><span>{{ ${name()}.${name()} }}</span></div>`,
    () => `#include <${name()}.h>`,
    () => `int ${name()} = (${name()} >> ${below(8)}) & 0x${below(255).toString(16)};`,
    () => `{"${name()}": ${below(1000)}, "${name()}": [${below(9)}, ${below(9)}], "${name()}": null}`,
    () => '}',
  ];
  const cell = () =>
    from([
      () => `${below(10_000)}`,
      () => (random() * 100).toFixed(2),
      () => `2024-0${1 + below(9)}-1${below(9)}`,
      () => `${below(24)}:${10 + below(50)}`,
    ])();
  const table = () => {
    const [separator, width] = [from([',', '\t', ' | ', '; ']), 3 + below(4)];
    const header = below(2) === 0 ? [many(width, width, () => from(COLUMNS)).join(separator)] : [];
    return [...header, ...many(3, 12, () => many(width, width, cell).join(separator))].join('\n');
  };
  return {
    keys: many(count, count, () => many(1, 12, mash).join(' ')),
    code: many(count, count, () => many(2, 8, () => from(statements)()).join('\n')),
    table: many(count, count, table),
  };
}
