/** npm, for what is fetched when it is needed and is no dependency. */
import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';

/** Runs npm. Resolves with undefined, or with npm's code for what went wrong, such as `ENOTFOUND`. */
export async function runNpm(args: readonly string[]): Promise<string | undefined> {
  // Where npm started this process it says where it is itself, for which there need not be an `npm` on the path.
  const self = process.env['npm_execpath'];
  const [command, ...before] = self?.endsWith('.js') ? [process.execPath, self] : ['npm'];
  const child = spawn(command as string, [...before, ...args], {
    stdio: ['ignore', 'ignore', 'pipe'],
    shell: before.length === 0 && process.platform === 'win32',
  });
  const ended = new Promise<string | undefined>((resolve) => {
    child.on('error', ({ message }) => resolve(message));
    child.on('close', (code) => resolve(code === 0 ? undefined : `exit code ${code}`));
  });
  const [failure, stderr] = await Promise.all([ended, text(child.stderr)]);
  return failure && (/^npm (?:error|ERR!) code (\S+)/m.exec(stderr)?.[1] ?? failure);
}
