/** Runs npm for packages that are fetched when needed and are not dependencies. */
import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';

/** Runs npm. @returns undefined, or npm's error code, such as `ENOTFOUND`. */
export async function runNpm(args: readonly string[]): Promise<string | undefined> {
  // If npm started this process, it tells where it is; there may be no `npm` on the path.
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
