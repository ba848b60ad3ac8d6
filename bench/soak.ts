/**
 * The soak: the built worker in workerd gets valid and invalid requests from ordinary and difficult clients, 1, 4, 16 and 64 at
 * once. Every answer is checked.
 *
 *     npm run soak [-- --requests 100000] [--seconds 1800] [--seed 1] [--json]
 *
 * The exit code is 1 after a status of 500 or more, a wrong or missing answer, a line in the worker's log, or more memory than Workers
 * give an isolate.
 */
import { EXIT, UsageError } from '../cli/errors.ts';
import { COMMON_FLAGS, type Flags, helpOf, parseFlags } from '../cli/flags.ts';
import { type Io, runMain } from '../cli/run.ts';
import build from '../harness/build.ts';
import { freePort, inspect, residentMemory, workerdPid } from '../harness/inspector.ts';
import { reference } from '../harness/reference.ts';
import { type LoadResult, load } from '../harness/soak/load.ts';
import { createMix } from '../harness/soak/mix.ts';
import { startWorker } from '../harness/worker.ts';
import { randomNumbers } from '../train/random.ts';
import { environment, headline } from './report.ts';

const FLAGS = {
  requests: { kind: 'number', value: '<n>', help: 'the number of requests over all levels (default: 20000)' },
  seconds: { kind: 'number', value: '<n>', help: 'the time limit, shared by the levels (default: 600)' },
  seed: { kind: 'number', value: '<n>', help: 'the seed of the requests and their order (default: 1)' },
  ...COMMON_FLAGS,
} as const satisfies Flags;

/** The numbers of clients, and their shares of the requests, in fifteenths. */
const LEVELS = [
  { concurrency: 1, share: 1 },
  { concurrency: 4, share: 2 },
  { concurrency: 16, share: 4 },
  { concurrency: 64, share: 8 },
];
const SHARES = 15;
/** The memory of an isolate on Cloudflare. */
const MAX_ISOLATE_MB = 128;
/** In place of a figure that cannot be computed. */
const NONE = '–';
/** The most failures that are listed. */
const MAX_TOLD = 20;

interface Memory {
  /** MB of the worker's isolate, after a garbage collection. */
  readonly isolate: number;
  /** MB of the process; undefined without /proc. */
  readonly resident: number | undefined;
}

export async function main(args: readonly string[], io: Io): Promise<number> {
  const { values, positionals } = parseFlags(args, FLAGS);
  if (positionals.length > 0) throw new UsageError(`unexpected argument "${positionals[0]}"`);
  const { requests = 20_000, seconds = 600, seed = 1, json = false, help = false } = values;
  if (help) {
    io.print(`usage: npm run soak -- [flags]\n\n${helpOf(FLAGS)}`);
    return EXIT.done;
  }
  for (const [name, value] of Object.entries({ requests, seconds })) {
    if (value <= 0) throw new UsageError(`--${name} must be above 0`);
  }
  const print = (line: string) => void (json || io.print(line));

  const where = environment(['onnxruntime-web', 'hono', 'miniflare']);
  print(`${headline('soak', where)}; seed ${seed}\n`);
  await build();
  const mix = await createMix(reference, randomNumbers(seed));
  const inspectorPort = await freePort();
  const worker = await startWorker({}, { inspectorPort });
  const pid = workerdPid();
  const memory = async (): Promise<Memory> => {
    const { megabytes, close } = await inspect(inspectorPort); // only briefly: inspecting slows the worker down
    const isolate = await megabytes();
    close();
    return { isolate, resident: pid === undefined ? undefined : residentMemory(pid) };
  };

  const started = await memory();
  print(row('clients', 'requests', 'a second', 'p50', 'p99', 'max, ms', 'isolate', 'workerd, MB', 'answers'));
  print(row('', '', '', '', '', '', ...shown(started), ''));
  const levels: (LoadResult & { memory: Memory })[] = [];
  const start = performance.now();
  let shares = 0;
  let first = 0;
  for (const { concurrency, share } of LEVELS) {
    shares += share;
    const last = Math.ceil((requests * shares) / SHARES);
    const deadline = start + (seconds * 1000 * shares) / SHARES;
    const seen = await load(worker.url, mix, { concurrency, first, last, seed, deadline });
    first += seen.requests;
    const level = { ...seen, memory: await memory() };
    levels.push(level);
    const { p50, p99, max } = seen.latency;
    const times = [p50, p99, max].map((ms) => ms?.toFixed(1) ?? NONE);
    const rate = seen.requests > 0 ? (seen.requests / seen.seconds).toFixed(0) : NONE;
    print(row(concurrency, seen.requests, rate, ...times, ...shown(level.memory), countsOf(seen.statuses)));
  }
  await worker.stop();

  const failures = levels.flatMap((level) => level.failures);
  const of = (name: string) => failures.filter(({ failure }) => failure === name).length;
  const wrong = {
    'server errors': of('server error'),
    'wrong answers': of('wrong answer'),
    'no answers': of('no answer'),
    'lines in the log': worker.log.length,
    'isolates above 128 MB': levels.filter(({ memory }) => memory.isolate > MAX_ISOLATE_MB).length,
  };
  const kinds: Record<string, number> = {};
  for (const level of levels) {
    for (const [kind, count] of Object.entries(level.kinds)) kinds[kind] = (kinds[kind] ?? 0) + count;
  }
  const log = worker.log.slice(0, MAX_TOLD);
  if (json) {
    const all = { benchmark: 'soak', ...where, seed, started, levels, kinds, wrong, log };
    io.print(JSON.stringify(all));
  }
  print(`\n${first} requests in ${((performance.now() - start) / 1000).toFixed(0)} s: ${countsOf(kinds)}`);
  if (first < requests) print(`stopped by --seconds before --requests ${requests}`);
  for (const [what, count] of Object.entries(wrong)) print(`${what.padEnd(24)}${count}`);
  for (const { failure, request, kind, what } of failures.slice(0, MAX_TOLD)) {
    print(`request ${request} (${kind}): ${failure}: ${what}`);
  }
  for (const line of log) print(`log: ${line}`);
  return Object.values(wrong).some((count) => count > 0) ? EXIT.failed : EXIT.done;
}

function shown({ isolate, resident }: Memory): string[] {
  return [isolate.toFixed(1), resident?.toFixed(0) ?? NONE];
}

function countsOf(counts: Readonly<Record<string, number>>): string {
  return Object.entries(counts)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, count]) => `${key} ${count}`)
    .join(', ');
}

/** A row with right-aligned numbers, followed by the answers. */
function row(...cells: readonly (string | number)[]): string {
  const widths = [7, 10, 10, 8, 8, 9, 9, 13];
  return cells
    .map((cell, index) => (index < widths.length ? `${cell}`.padStart(widths[index] as number) : `  ${cell}`))
    .join('')
    .trimEnd();
}

if (import.meta.main) await runMain(main);
