import { readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { released, withVersion } from '../../harness/release.ts';

it('a release takes the unreleased entries, and leaves an empty part for the next', () => {
  expect(released('# Changelog\n\n## Unreleased\n\n- new\n\n## 0.1.0\n\n- old\n', '0.2.0')).toBe(
    '# Changelog\n\n## Unreleased\n\n## 0.2.0\n\n- new\n\n## 0.1.0\n\n- old\n',
  );
});

it.each(['# Changelog\n', '# Changelog\n\n## Unreleased\n', '# Changelog\n\n## Unreleased\n\n## 0.1.0\n\n- old\n'])(
  'a release without entries is refused: %j',
  (changelog) => {
    expect(() => released(changelog, '0.2.0')).toThrow('CHANGELOG.md has no entry under "## Unreleased"');
  },
);

it('a release gives the example its package, and only that', async () => {
  const example = await readFile('examples/worker/package.json', 'utf8');
  const before = JSON.parse(example);
  const after = JSON.parse(withVersion(example, '9.8.7'));
  expect(after).toEqual({ ...before, dependencies: { ...before.dependencies, 'edge-sentiment': '^9.8.7' } });
});
