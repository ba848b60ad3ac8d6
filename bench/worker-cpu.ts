/** The CPU time of requests in workerd. Shown on Linux only. */
import { cpuTime, workerdPid } from '../harness/inspector.ts';
import type { RunningWorker } from '../harness/worker.ts';
import { type Case, summarize } from './report.ts';
import { textOf } from './texts.ts';

/** The isolates that are measured, and the requests of each. */
const ROUNDS = 5;
const REQUESTS = 200;
const LENGTHS = [10, 100, 400];

/** The CPU time of the serving thread, in the first and in later requests of isolates that `starts` start. */
export async function workerCpu(starts: Readonly<Record<string, () => Promise<RunningWorker>>>): Promise<Case[]> {
  const cases: Case[] = [];
  for (const length of LENGTHS) {
    for (const [whose, start] of Object.entries(starts)) {
      const [first, later]: [number[], number[]] = [[], []];
      for (let round = 0; round < ROUNDS; round++) {
        const worker = await start();
        const pid = workerdPid();
        if (pid === undefined) return [];
        for (let request = 0; request < REQUESTS; request++) {
          const text = textOf(length);
          const before = cpuTime(pid);
          await ask(worker, text);
          (request === 0 ? first : later).push(cpuTime(pid) - before);
        }
        await worker.stop();
      }
      cases.push(summarize(`CPU of first, ${length} tokens, ${whose}`, 'ms', first));
      cases.push(summarize(`CPU of later, ${length} tokens, ${whose}`, 'ms', later));
    }
  }
  return cases;
}

export async function ask({ url }: RunningWorker, text: string | readonly string[]): Promise<void> {
  const response = await fetch(`${url}/v1/sentiment`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(typeof text === 'string' ? { text } : { texts: text }),
  });
  await response.text();
  if (!response.ok) throw new Error(`the worker answered ${response.status}`);
}
