/** How a command ends for its caller. As a process: test/process/. */
import { stat } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { asUserError, UsageError, UserError } from '../../cli/errors.ts';
import { interruption, type Main } from '../../cli/run.ts';
import { run, start } from '../fixtures/command.ts';

const throwing =
  (error: unknown): Main =>
  async () => {
    throw error;
  };

describe('a command', () => {
  it('receives its arguments, input and environment, and returns its exit code', async () => {
    const main: Main = async (args, io) => {
      for await (const chunk of io.stdin) io.print(`${args.join()} ${chunk} ${io.env['KEY']}`);
      io.say('done');
      return 7;
    };
    const outcome = await run(main, ['a', 'b'], { input: 'in', env: { KEY: 'k' } });
    expect(outcome).toEqual({ code: 7, stdout: 'a,b in k\n', stderr: 'done\n' });
  });

  it.each([
    ['a mistake', new UserError('the file is empty'), 1, 'error: the file is empty\n'],
    ['wrong usage', new UsageError('--limit takes a number'), 2, 'error: --limit takes a number\n'],
  ])('that throws %s prints one line', async (_, error, code, stderr) => {
    expect(await run(throwing(error), [])).toEqual({ code, stdout: '', stderr });
  });

  it.each([
    ['a file that is not there', 'nowhere.csv', 'no such file or directory'],
    ['a file as a folder', 'package.json/file.csv', 'not a directory'],
  ])('that cannot use %s names it and the reason', async (_, file, why) => {
    const { code, stderr } = await run(async () => (await stat(file)).size, []);
    expect([code, stderr]).toEqual([1, `error: ${file}: ${why}\n`]);
  });

  it.each([
    [
      'an error',
      new TypeError('x is not a function'),
      /^this is a bug: TypeError: x is not a function\n {4}at .*run\.test/,
    ],
    ['a number', 5, /^this is a bug: 5\n$/],
  ])('that has a bug keeps its stack: %s', async (_, error, stderr) => {
    expect(await run(throwing(error), [])).toEqual({ code: 1, stdout: '', stderr: expect.stringMatching(stderr) });
  });
});

describe('a terminal', () => {
  const NASTY = 'a\u001b]0;title\u0007\u009b2J\u007f\r b\tc\nd';

  it('gets control characters of results and messages as JSON escapes', async () => {
    const { stdout, stderr } = await run(async (_, io) => {
      io.print(JSON.stringify([NASTY]));
      io.print(NASTY);
      io.say(NASTY);
      return 0;
    }, []);
    const shown = 'a\\u001b]0;title\\u0007\\u009b2J\\u007f\\u000d b\tc\nd\n';
    expect(stdout.slice(-shown.length)).toBe(shown);
    expect(stderr).toBe(shown);
    expect(JSON.parse(stdout.slice(0, -shown.length))).toEqual([NASTY]);
  });

  it('gets an error in one line, whatever it quotes', async () => {
    const { stderr } = await run(throwing(new UserError(`it answered: ${NASTY}`)), []);
    expect(stderr).toBe('error: it answered: a\\u001b]0;title\\u0007\\u009b2J\\u007f\\u000d b\tc\\u000ad\n');
  });
});

describe('asUserError', () => {
  class Damaged extends Error {}

  it('turns errors of its classes into user errors, and no others', async () => {
    const main = (error: unknown) => run((args, io) => throwing(error)(args, io).catch(asUserError(Damaged)), []);
    expect(await main(new Damaged('model.onnx is damaged'))).toMatchObject({
      stderr: 'error: model.onnx is damaged\n',
    });
    expect((await main(new Error('a bug'))).stderr).toContain('this is a bug: Error: a bug\n');
  });
});

describe('an interrupt', () => {
  it('stops once although it arrives twice under npm; a later one ends at once', () => {
    const done: string[] = [];
    let now = 50;
    const interrupt = interruption(
      () => done.push('stop'),
      () => done.push('end'),
      () => now,
    );
    interrupt();
    interrupt();
    now += 1_000;
    interrupt();
    expect(done).toEqual(['stop']);
    now += 1;
    interrupt();
    expect(done).toEqual(['stop', 'end']);
  });

  it('reaches a command that listens', async () => {
    const main: Main = (_, io) =>
      new Promise((resolve) => {
        io.onInterrupt(() => resolve(130));
        io.say('listening');
      });
    const command = start(main, []);
    await command.written('listening');
    command.interrupt();
    expect(await command.ended).toMatchObject({ code: 130 });
  });
});
