/**
 * The soak: the built worker in workerd, and the server on Node, get valid and invalid requests from ordinary and difficult clients, 1,
 * 4, 16 and 64 at once, while others attack them and one asks `/health` every 100 ms. Every answer is checked.
 *
 *     npm run soak [-- --on workerd|node] [--requests 100000] [--minutes 30] [--seed 1] [--json]
 *
 * The exit code is 1 after a status of 500 or more (but the documented 503), a wrong or missing answer, a line in the log, more memory
 * than there may be, or, in a run that is long enough to tell, a `/health` that waits too long.
 */
import { EXIT, UsageError } from '../cli/errors.ts';
import { COMMON_FLAGS, type Flags, helpOf, parseFlags } from '../cli/flags.ts';
import { type Io, runMain } from '../cli/run.ts';
import { cpuTime, residentMemory, waitingTime } from '../harness/inspector.ts';
import { reference } from '../harness/reference.ts';
import { type Attacked, attack } from '../harness/soak/attackers.ts';
import { type Health, watchHealth } from '../harness/soak/health.ts';
import { type LoadResult, latencyOf, load } from '../harness/soak/load.ts';
import { createMix, type Planned } from '../harness/soak/mix.ts';
import { SERVERS, type SoakedServer } from '../harness/soak/servers.ts';
import { randomNumbers } from '../train/random.ts';
import { environment, headline } from './report.ts';

const FLAGS = {
  on: { kind: 'text', value: '<name>', help: 'workerd or node (default: one after the other)' },
  requests: { kind: 'number', value: '<n>', help: 'the number of requests to each, over all levels (default: 20000)' },
  minutes: { kind: 'number', value: '<n>', help: 'the time limit of each, shared by the levels (default: 10)' },
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
/** The most memory that Node's process may take. */
const MAX_NODE_MB = 400;
/** The limits of `/health`, in milliseconds. */
const MAX_HEALTH = { p99: 50, max: 200 };
/** The fewest answers for a meaningful 99th percentile. */
const MIN_HEALTH_ANSWERS = 1_000;
/** The pause between two readings of the process's memory. */
const LOOK_MS = 500;
/** Shown for a figure that cannot be computed. */
const NONE = '–';
/** The most failures that are listed. */
const MAX_TOLD = 20;

type Platform = keyof typeof SERVERS;

interface Level extends LoadResult {
  /** Milliseconds of `/health`. */
  readonly health: ReturnType<typeof latencyOf>;
  /** MB of the worker's isolate at the end, and the most of the process. */
  readonly isolate: number | undefined;
  readonly resident: number | undefined;
}

interface Soaked {
  readonly platform: Platform;
  readonly levels: readonly Level[];
  readonly health: ReturnType<typeof latencyOf> & { readonly answers: number };
  readonly attacked: Attacked;
  /** Counts of everything that must not happen. */
  readonly wrong: Readonly<Record<string, number>>;
  readonly log: readonly string[];
}

interface Options {
  readonly requests: number;
  readonly minutes: number;
  readonly seed: number;
  readonly mix: (random: () => number) => Planned;
  readonly print: (line: string) => void;
}

export async function main(args: readonly string[], io: Io): Promise<number> {
  const { values, positionals } = parseFlags(args, FLAGS);
  if (positionals.length > 0) throw new UsageError(`unexpected argument "${positionals[0]}"`);
  const { on, requests = 20_000, minutes = 10, seed = 1, json = false, help = false } = values;
  if (help) {
    io.print(`usage: npm run soak -- [flags]\n\n${helpOf(FLAGS)}`);
    return EXIT.done;
  }
  for (const [name, value] of Object.entries({ requests, minutes })) {
    if (value <= 0) throw new UsageError(`--${name} must be above 0`);
  }
  if (on !== undefined && !Object.hasOwn(SERVERS, on)) throw new UsageError('--on must be workerd or node');
  const platforms = on === undefined ? (Object.keys(SERVERS) as Platform[]) : [on as Platform];
  const print = (line: string) => void (json || io.print(line));
  const where = environment(['onnxruntime-web', 'hono', 'miniflare']);
  print(`${headline('soak', where)}; seed ${seed}`);
  const mix = await createMix(reference, randomNumbers(seed));
  const soaked: Soaked[] = [];
  let stop: () => Promise<void> = async () => {};
  io.onInterrupt(() => void stop().finally(() => process.exit(EXIT.stopped)));
  for (const platform of platforms) {
    const server = await SERVERS[platform]();
    stop = server.stop;
    const run = soak(platform, server, { requests, minutes, seed, mix, print });
    soaked.push(await run.catch((error) => stop().then(() => Promise.reject(error))));
  }
  if (json) io.print(JSON.stringify({ benchmark: 'soak', ...where, seed, soaked }));
  const isWrong = soaked.some(({ wrong }) => Object.values(wrong).some((count) => count > 0));
  return isWrong ? EXIT.failed : EXIT.done;
}

/** Soaks the server, and stops it. */
async function soak(
  platform: Platform,
  server: SoakedServer,
  { requests, minutes, seed, mix, print }: Options,
): Promise<Soaked> {
  const { pid } = server;
  const watch = watchHealth(server.url, pid);
  let resident: number | undefined;
  const look = () => {
    if (pid !== undefined) resident = Math.max(resident ?? 0, residentMemory(pid));
  };
  const looking = setInterval(look, LOOK_MS);
  print(`\n${platform}`);
  print(
    row(
      'clients',
      'requests',
      'a second',
      'p50',
      'p99',
      'max, ms',
      '/health',
      'p99',
      'max',
      'isolate',
      'process, MB',
      'answers',
    ),
  );
  const attackers = attack(server.url, server.hasJobs);
  const levels: Level[] = [];
  const waits: number[] = [];
  const queued: number[] = [];
  let late = 0;
  const unhealthy: string[] = [];
  const start = performance.now();
  const processorTimes = () => (pid === undefined ? undefined : { ran: cpuTime(pid), waited: waitingTime(pid) });
  const before = processorTimes();
  let shares = 0;
  let first = 0;
  for (const { concurrency, share } of LEVELS) {
    shares += share;
    const last = Math.ceil((requests * shares) / SHARES);
    const deadline = start + (minutes * 60_000 * shares) / SHARES;
    resident = undefined;
    look();
    const seen = await load(server.url, mix, { concurrency, first, last, seed, deadline });
    first += seen.requests;
    const { times, failures, ...more }: Health = await watch.read();
    waits.push(...times);
    queued.push(...more.queued);
    late = Math.max(late, more.late);
    unhealthy.push(...failures);
    const level = { ...seen, health: latencyOf(times), isolate: await server.isolateMemory(), resident };
    await watch.read(); // inspecting the isolate stops it
    levels.push(level);
    const rate = seen.requests > 0 ? (seen.requests / seen.seconds).toFixed(0) : NONE;
    const memory = [level.isolate, level.resident].map((megabytes) => megabytes?.toFixed(0) ?? NONE);
    print(
      row(
        concurrency,
        seen.requests,
        rate,
        ...shown(seen.latency),
        ...shown(level.health),
        ...memory,
        countsOf(seen.statuses),
      ),
    );
  }
  const attacked = await attackers.stop();
  const after = processorTimes();
  const share = (ms = 0, from = 0) => `${((100 * (ms - from)) / (performance.now() - start)).toFixed(0)} %`;
  const processor = `${share(after?.ran, before?.ran)} of the time, and waited for one ${share(after?.waited, before?.waited)}`;
  clearInterval(looking);
  await watch.stop();
  await server.stop();

  const failures = levels.flatMap((level) => level.failures);
  const of = (name: string) => failures.filter(({ failure }) => failure === name).length;
  const { log } = server;
  const health = { ...latencyOf(waits), answers: waits.length };
  const isLong = waits.length >= MIN_HEALTH_ANSWERS;
  const { p99 = 0, max = 0 } = health;
  const wrong = {
    'server errors': of('server error'),
    'wrong answers': of('wrong answer'),
    'no answers': of('no answer'),
    'wrong answers to attackers': attacked.failures.length,
    'failures of /health': unhealthy.length,
    [`/health above ${MAX_HEALTH.p99} ms (p99)`]: Number(isLong && p99 > MAX_HEALTH.p99),
    [`/health above ${MAX_HEALTH.max} ms`]:
      isLong && max > MAX_HEALTH.max ? waits.filter((ms) => ms > MAX_HEALTH.max).length : 0,
    'lines in the log': log.length,
    [`isolates above ${MAX_ISOLATE_MB} MB`]: levels.filter(({ isolate = 0 }) => isolate > MAX_ISOLATE_MB).length,
    [`Node above ${MAX_NODE_MB} MB`]: levels.filter(
      (level) => platform === 'node' && (level.resident ?? 0) > MAX_NODE_MB,
    ).length,
  };
  print(
    `\n${first} requests in ${((performance.now() - start) / 1000).toFixed(0)} s: ${countsOf(sums(levels.map(({ kinds }) => kinds)))}`,
  );
  if (first < requests) print(`stopped by --minutes before --requests ${requests}`);
  print(`the server had a processor ${processor}`);
  print(`attackers: ${countsOf(attacked.answers)}`);
  print(`/health, ${health.answers} times: p50, p99 and max ${shown(health).join(', ')} ms`);
  print(`  for which the server had no processor: ${shown(latencyOf(queued)).join(', ')} ms`);
  print(`  the thread that asks was late by ${late.toFixed(1)} ms at most`);
  for (const [what, count] of Object.entries(wrong)) print(`${what.padEnd(28)}${count}`);
  for (const { failure, request, kind, what } of failures.slice(0, MAX_TOLD)) {
    print(`request ${request} (${kind}): ${failure}: ${what}`);
  }
  for (const failure of [...attacked.failures, ...unhealthy].slice(0, MAX_TOLD)) print(failure);
  for (const line of log.slice(0, MAX_TOLD)) print(`log: ${line}`);
  return { platform, levels, health, attacked, wrong, log };
}

function shown({ p50, p99, max }: ReturnType<typeof latencyOf>): string[] {
  return [p50, p99, max].map((ms) => ms?.toFixed(1) ?? NONE);
}

function sums(all: readonly Readonly<Record<string, number>>[]): Record<string, number> {
  const total: Record<string, number> = {};
  for (const counts of all) for (const [key, count] of Object.entries(counts)) total[key] = (total[key] ?? 0) + count;
  return total;
}

function countsOf(counts: Readonly<Record<string, number>>): string {
  return Object.entries(counts)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, count]) => `${key} ${count}`)
    .join(', ');
}

/** A row with right-aligned numbers, followed by the answers. */
function row(...cells: readonly (string | number)[]): string {
  const widths = [7, 10, 10, 8, 8, 9, 9, 8, 8, 9, 13];
  return cells
    .map((cell, index) => (index < widths.length ? `${cell}`.padStart(widths[index] as number) : `  ${cell}`))
    .join('')
    .trimEnd();
}

if (import.meta.main) await runMain(main);
