/** What GitHub is told to run is what there is to run, with no right that it does not need. */
import { readdir, readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';

const { scripts } = JSON.parse(await readFile('package.json', 'utf8'));
const folder = '.github/workflows';
const workflows = await Promise.all(
  (await readdir(folder)).map(async (name) => [name, await readFile(`${folder}/${name}`, 'utf8')] as const),
);

it('checks a push as `npm run check` does here', () => {
  const [, check] = workflows.find(([name]) => name === 'check.yml') ?? [];
  expect(check).toMatch(/^on:\n {2}push:\n {2}pull_request:$/m);
  expect(check).toMatch(/^ +- run: npm run check$/m);
});

it.each(workflows)('%s runs scripts that there are, and may write nothing', (_, workflow) => {
  // A name may be chosen by an expression: ${{ … && 'deploy' || 'deploy:staging' }}
  const names = [...workflow.matchAll(/npm run (?:\$\{\{(.*?)\}\}|([\w:]+))/g)].flatMap(([, expression, name]) =>
    name ? [name] : [...(expression as string).matchAll(/(?:&&|\|\|) '([\w:]+)'/g)].map(([, one]) => one as string),
  );
  expect(names.length).toBeGreaterThan(0);
  for (const name of names) expect(scripts).toHaveProperty([name]);
  expect(workflow.match(/^ *permissions:(\n +.*)*$/gm)).toEqual(['permissions:\n  contents: read']);
  const checkouts = workflow.split('uses: actions/checkout@').length - 1;
  expect(workflow.split('persist-credentials: false').length - 1).toBe(checkouts);
});
