/** A process of its own for what is measured. It says when it is ready, and answers each question with a message. */
import { fork } from 'node:child_process';
import { once } from 'node:events';

export interface Child {
  readonly pid: number | undefined;
  readonly ask: <Answer>(question: object) => Promise<Answer>;
  readonly stop: () => Promise<unknown>;
}

/** Starts the module and waits for its first message. */
export async function startChild(module: string, args: readonly string[], cwd = process.cwd()): Promise<Child> {
  const child = fork(module, [...args], { cwd });
  let asked = Promise.withResolvers<unknown>();
  child.on('message', (answer) => asked.resolve(answer));
  child.on('exit', (code) => asked.reject(new Error(`${module} ${args.join(' ')} ended with ${code}`)));
  const answer = () =>
    asked.promise.finally(() => {
      asked = Promise.withResolvers();
      asked.promise.catch(() => {}); // it may end when nothing is asked
    });
  await answer();
  return {
    pid: child.pid,
    ask: async <Answer>(question: object) => {
      child.send(question);
      return (await answer()) as Answer;
    },
    stop: () => {
      child.kill();
      return once(child, 'exit');
    },
  };
}
