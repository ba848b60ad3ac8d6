/** A server in a process of its own, on a free port of this machine. */
import { spawn } from 'node:child_process';
import path from 'node:path';
import type { RunningServer } from './behaviour.ts';

export interface StartOptions {
  /** Added to this process' environment. */
  readonly env?: Record<string, string>;
  readonly cwd?: string;
}

export interface ServerProcess extends RunningServer {
  /** Sends the signal, and waits for the end. Gives the exit code, and all that was written. */
  end(signal: 'SIGINT' | 'SIGTERM'): Promise<Ended>;
}

export interface Ended {
  /** null when a signal ended it. */
  readonly code: number | null;
  readonly output: string;
}

const LISTENING = /http:\/\/[\d.]+:\d+/;
const START_MS = 50_000;

/**
 * Starts `command` and waits for the line that says where it listens.
 * @throws with all that the process wrote, when it ends before that line, or says nothing for too long.
 */
export async function startServer(
  command: string,
  args: readonly string[],
  { env = {}, cwd = path.resolve() }: StartOptions = {},
): Promise<ServerProcess> {
  const child = spawn(command, args, { cwd, env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  const ended = new Promise<Ended>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, output }));
  });
  const listening = new Promise<string>((resolve) => {
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (data: string) => {
        output += data;
        const [url] = LISTENING.exec(output) ?? [];
        if (url !== undefined) resolve(url);
      });
    }
  });
  const tooLong = setTimeout(() => child.kill('SIGKILL'), START_MS);
  const url = await Promise.race([
    listening,
    ended.then(({ code }) => {
      throw new Error(`${command} ended with ${code}: ${output}`);
    }),
  ]).finally(() => clearTimeout(tooLong));
  const end = async (signal: 'SIGINT' | 'SIGTERM') => {
    child.kill(signal);
    return ended;
  };
  return { url, end, stop: async () => void (await end('SIGTERM')) };
}
