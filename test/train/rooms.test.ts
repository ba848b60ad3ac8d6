/** The rooms of train/ follow the way of the data: a room imports from its own and from those before it. */
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, it } from 'vitest';

/** From the first to the last. A file beside the rooms is one of its own. */
const ORDER = [
  ...['random.ts', 'format.ts', 'config.ts', 'memory.ts', 'kernels'],
  ...['data', 'model', 'teacher', 'training', 'export', 'adaptation', 'prediction', 'evaluation'],
  ...['pipeline.ts', 'commands', 'cli.ts'],
];
const TRAIN = path.resolve('train');
const roomOf = (file: string) => path.relative(TRAIN, file).split(path.sep)[0] as string;

it('no file of train/ imports from a later room', async () => {
  const names = (await readdir(TRAIN, { recursive: true })).filter((name) => name.endsWith('.ts'));
  const arrows = new Set<string>();
  for (const file of names.map((name) => path.join(TRAIN, name))) {
    for (const [, specifier = ''] of (await readFile(file, 'utf8')).matchAll(/(?:from|import\() ?'(\.[^']+)'/g)) {
      const imported = path.resolve(path.dirname(file), specifier);
      if (imported.startsWith(`${TRAIN}${path.sep}`)) arrows.add(`${roomOf(file)} ${roomOf(imported)}`);
    }
  }
  expect(arrows.size).toBeGreaterThan(ORDER.length);
  const pairs = [...arrows].map((arrow) => arrow.split(' ') as [string, string]);
  expect(new Set(pairs.flat())).toEqual(new Set(ORDER));
  expect(pairs.filter(([from, to]) => ORDER.indexOf(from) < ORDER.indexOf(to))).toEqual([]);
});
