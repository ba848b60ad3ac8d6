/** The licences of all packages that ship, and of all that develop. */
import { readFile } from 'node:fs/promises';
import { beforeAll, expect, it } from 'vitest';
import {
  lockedPackages,
  NOTICES_FILE,
  type Package,
  shippedPackages,
  thirdPartyNotices,
} from '../../../edge/build/licences.ts';

/** Licences that only ask to be named. */
const PERMISSIVE = ['0BSD', 'Apache-2.0', 'BSD-2-Clause', 'BSD-3-Clause', 'CC0-1.0', 'ISC', 'MIT'];
/** Also those of tools that are neither linked nor deployed: lightningcss, axe-core; libvips. */
const DEVELOPING = [...PERMISSIVE, 'LGPL-3.0-or-later', 'MPL-2.0'];

/** Whether the `allowed` licences permit it: AND binds before OR, as in SPDX. */
function isAllowed({ licence }: Package, allowed: readonly string[]): boolean {
  return licence
    .replace(/^\((.*)\)$/, '$1')
    .split(' OR ')
    .some((side) => side.split(' AND ').every((one) => allowed.includes(one)));
}

const refused = (packages: readonly Package[], allowed: readonly string[]) =>
  packages.filter((one) => !isAllowed(one, allowed)).map(({ name, licence }) => `${name}: ${licence}`);

let shipped: Package[];
beforeAll(async () => {
  shipped = await shippedPackages();
});

it('ships only licences that ask for no more than a notice', () => {
  expect(shipped.map(({ name }) => name)).toEqual(expect.arrayContaining(['hono', 'onnxruntime-web', 'valibot']));
  expect(refused(shipped, PERMISSIVE)).toEqual([]);
});

it('develops only with licences that were reviewed', async () => {
  const locked = await lockedPackages();
  expect(locked.length).toBeGreaterThan(200);
  expect(refused(locked, DEVELOPING)).toEqual([]);
});

it.each([
  ['GPL-3.0-only', false],
  ['none', false],
  ['MIT AND GPL-3.0-only', false],
  ['MIT OR GPL-3.0-only', true],
  ['(MIT OR CC0-1.0)', true],
])('takes %s: %s', (licence, expected) => {
  expect(isAllowed({ name: 'x', version: '1', licence }, PERMISSIVE)).toBe(expected);
});

it('lists everything that ships in the notices, as the command writes them', async () => {
  const notices = await readFile(NOTICES_FILE, 'utf8');
  expect(notices, 'npm run licences').toBe(await thirdPartyNotices());
  for (const { name, version } of shipped) expect(notices).toContain(`\n## ${name} ${version}\n\n`);
});
