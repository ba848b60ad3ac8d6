import { expect, it } from 'vitest';
import { main } from '../../bench/cli.ts';
import { render } from '../../bench/report.ts';
import { startTorch } from '../../bench/torch.ts';
import { EXIT } from '../../cli/errors.ts';
import { type Config, PRESETS } from '../../train/config.ts';
import { run } from '../fixtures/command.ts';

it('the guard needs a commit that exists', async () => {
  expect(await run(main, ['guard'])).toMatchObject({
    code: EXIT.usage,
    stderr: 'error: guard needs --base <commit>\n',
  });
  expect(await run(main, ['guard', '--base', '--all'])).toMatchObject({ code: EXIT.usage });
  const { code, stderr } = await run(main, ['guard', '--base', 'no-such-commit']);
  expect([code, stderr]).toEqual([EXIT.failed, 'error: there is no commit no-such-commit here\n']);
});

it('says what to do where Python has no PyTorch', async () => {
  const started = startTorch(PRESETS['seed'] as Config, 1, '/usr/bin/false');
  await expect(started).rejects.toThrow('/usr/bin/false cannot run PyTorch; install it');
});

it('a report ends with its failures, for people and as JSON', () => {
  const report = { benchmark: 'guard', packages: [], cases: [], ratios: { step: 2 }, failures: ['it is slower'] };
  expect(render({ ...report, table: '| a |' }, false)).toMatch(/^guard on .*\n\n\| a \|\n\nstep +2\.00\nit is slower$/);
  expect(JSON.parse(render(report, true))).toMatchObject({ ratios: { step: 2 }, failures: ['it is slower'] });
});
