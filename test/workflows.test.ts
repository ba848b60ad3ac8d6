/** The workflows run scripts that exist, with no more rights than needed. */
import { readdir, readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';

const { scripts } = JSON.parse(await readFile('package.json', 'utf8'));
const folder = '.github/workflows';
const workflows = await Promise.all(
  (await readdir(folder)).map(async (name) => [name, await readFile(`${folder}/${name}`, 'utf8')] as const),
);

const textOf = (name: string) => workflows.find(([other]) => other === name)?.[1] ?? '';

it('checks every push and pull request', () => {
  expect(textOf('check.yml')).toMatch(/^on:\n {2}push:\n {2}pull_request:$/m);
});

it.each(['check.yml', 'deploy.yml', 'publish.yml'])(
  '%s runs all that `npm run check` does, and the full suite',
  (name) => {
    const steps = [...textOf(name).matchAll(/^ +- run: (.*)$/gm)].map(([, step]) => step);
    const checks: string[] = scripts.check.split(' && ');
    expect(checks.pop()).toBe('npm test'); // which is in the full suite
    const wanted = ['npm ci', ...checks, 'npm run test:full'];
    expect(steps.slice(0, wanted.length)).toEqual(wanted);
  },
);

it('the full suite has every project, and `npm test` two of them', () => {
  expect(scripts['test:full']).toMatch(/ && vitest run$/);
  expect(scripts.test).toBe('vitest run --project unit --project smoke');
});

it.each(workflows)('%s runs scripts that there are, and may write nothing', (name, workflow) => {
  // A name may be chosen by an expression: ${{ … && 'deploy' || 'deploy:staging' }}
  const names = [...workflow.matchAll(/npm run (?:\$\{\{(.*?)\}\}|([\w:]+))/g)].flatMap(([, expression, script]) =>
    script ? [script] : [...(expression as string).matchAll(/(?:&&|\|\|) '([\w:]+)'/g)].map(([, one]) => one as string),
  );
  expect(names.length).toBeGreaterThan(0);
  for (const name of names) expect(scripts).toHaveProperty([name]);
  const rights = [...workflow.matchAll(/^( *)permissions:((?:\n\1 +.*)*)$/gm)].map(([, , lines = '']) => lines.trim());
  const [, ...ofJobs] = rights;
  expect(rights[0]).toBe('contents: read');
  // With the second, npm knows which workflow it is. It writes nothing.
  expect(ofJobs).toEqual(
    name === 'publish.yml' ? [expect.stringMatching(/^contents: read\n +id-token: write #.*$/)] : [],
  );
  const checkouts = workflow.split('uses: actions/checkout@').length - 1;
  expect(workflow.split('persist-credentials: false').length - 1).toBe(checkouts);
});

it('publishes by hand, with provenance, and with actions that cannot change', () => {
  const workflow = textOf('publish.yml');
  expect(workflow).toMatch(/^on:\n {2}workflow_dispatch:$/m);
  expect(workflow).toMatch(/run: npm publish edge-sentiment-\*\.tgz --provenance /);
  for (const [, action] of workflow.matchAll(/uses: (.*)/g))
    expect(action).toMatch(/^[\w/-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/);
});
