/** Starts the built worker in workerd, on a local port. */
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { Log, LogLevel, Miniflare } from 'miniflare';
import { UserError } from '../cli/errors.ts';
import { WASM_FILE } from '../edge/runtime/shipped.ts';
import { BUNDLE_FILES } from '../shared/bundle.ts';

export interface RunningWorker {
  /** Without a slash at the end. */
  readonly url: string;
  /** The worker's log so far. */
  readonly log: string[];
  readonly stop: () => Promise<void>;
  readonly miniflare: Miniflare;
}

export interface StartOptions {
  /** Variables and bindings of the worker, as Miniflare has them. */
  readonly env?: MiniflareEnv;
  /** Another worker, of one module, which receives the requests and has ours as a service binding. */
  readonly caller?: { readonly binding: string; readonly source: string; readonly entrypoint?: string };
  /** Whether the worker's module is evaluated only at the first request that is not for /health. */
  readonly lazy?: boolean;
  /** Whether the page's files are served first, as `[assets]` in wrangler.toml has them. */
  readonly site?: boolean;
  /** Bulk jobs, with the bindings of wrangler.toml. `main` may be a module that wraps the worker's to inject faults. */
  readonly jobs?: { readonly main?: string; readonly retries?: number; readonly folder?: string };
  /** Whether clients reach the worker directly. Otherwise Miniflare's own worker stands before it, and takes a quarter of the time. */
  readonly direct?: boolean;
  /** The port of the inspector. Default: no inspector. */
  readonly inspectorPort?: number;
}

type MiniflareEnv = Record<
  string,
  | { readonly type: 'assets' }
  | { readonly type: 'text'; readonly value: string }
  | {
      readonly type: 'rate-limit';
      readonly namespace: string;
      readonly simple: { readonly limit: number; readonly period: 10 | 60 };
    }
>;

/** workerd's own line about late alarms of its Durable Objects, under load. */
const IS_LATE = 'NOSENTRY SQLite alarm overdue';
const DIST = path.resolve('dist');
const NAME = 'edge-sentiment';
const MAIN = 'worker.js';
const LAZY_MAIN = 'lazy.js';
const JOBS_MAIN = 'jobs.js';
const JOBS = 'edge-sentiment-jobs';
const LAZY = `export default {
  fetch: async (request, ...rest) =>
    request.url.endsWith('/health') ? new Response() : (await import('./${MAIN}')).default.fetch(request, ...rest),
};`;
const FILES = { ...BUNDLE_FILES, image: 'image.bin', wasm: 'ort-wasm-simd-threaded.wasm' } as const;

/**
 * @param files replace those that the worker was built with. A model implies the stock runtime, which reads it.
 */
export async function startWorker(
  files: Partial<Record<keyof typeof FILES, Uint8Array>> = {},
  options: StartOptions = {},
): Promise<RunningWorker> {
  const modules = await builtModules(files);
  const { lazy, jobs } = options;
  if (jobs?.main !== undefined) modules[JOBS_MAIN] = { type: 'esm', contents: jobs.main };
  return startModules(lazy ? LAZY_MAIN : jobs?.main !== undefined ? JOBS_MAIN : MAIN, modules, options);
}

/** Starts any worker. */
export async function startModules(
  mainModule: string,
  modules: Modules,
  { env = {}, caller, direct = false, inspectorPort, site = false, jobs }: Omit<StartOptions, 'lazy'> = {},
): Promise<RunningWorker> {
  const log: string[] = [];
  const { date, flags } = await compatibility();
  const bindings = { ...env, ...(site && { ASSETS: { type: 'assets' } as const }) };
  const miniflare = new Miniflare({
    host: '127.0.0.1',
    port: 0,
    log: new Log(LogLevel.ERROR),
    cf: false,
    ...(inspectorPort !== undefined && { inspectorPort }),
    ...(jobs?.folder !== undefined && { resourcePersistencePath: jobs.folder }),
    handleStructuredLogs: ({ message }: { message: string }) => {
      if (!message.startsWith(IS_LATE)) log.push(message);
    },
    workers: [
      ...(caller ? [{ config: callerConfig(caller, date) }] : []),
      {
        config: {
          name: NAME,
          compatibilityDate: date,
          compatibilityFlags: flags,
          ...(jobs ? jobsConfig(bindings, jobs.retries ?? 2) : { env: bindings }),
          ...(site && {
            assets: { directory: path.resolve('.prepared/site'), hasUserWorker: true, runWorkerFirst: ['/'] },
          }),
          manifest: { mainModule, modules },
        },
        ...(direct && { dev: { unsafeDirectSockets: [{ port: 0 }] } }),
      },
    ],
  });
  const ready = await miniflare.ready;
  const url = (direct ? await miniflare.unsafeGetDirectURL(NAME) : ready).origin;
  return { url, log, stop: () => miniflare.dispose(), miniflare };
}

function jobsConfig(env: MiniflareEnv, maxRetries: number) {
  const queue = { type: 'queue', maxBatchSize: 1, maxBatchTimeout: 0, maxRetries } as const;
  return {
    env: {
      OPEN_JOBS: { type: 'text', value: 'true' },
      JOBS_BUCKET: { type: 'r2', name: JOBS },
      JOBS_QUEUE: { type: 'queue', name: JOBS },
      JOB_COORDINATOR: { type: 'durable-object', worker: NAME, exportName: 'JobCoordinator' },
      ...env,
    },
    exports: { JobCoordinator: { type: 'durable-object', storage: 'sqlite' } },
    triggers: [
      { ...queue, name: JOBS, deadLetterQueue: `${JOBS}-dead` },
      { ...queue, name: `${JOBS}-dead` },
    ],
  } as const;
}

function callerConfig({ binding, source, entrypoint }: NonNullable<StartOptions['caller']>, compatibilityDate: string) {
  return {
    name: 'caller',
    compatibilityDate,
    env: { [binding]: { type: 'worker', worker: NAME, ...(entrypoint && { exportName: entrypoint }) } as const },
    manifest: { mainModule: MAIN, modules: { [MAIN]: { type: 'esm', contents: source } as const } },
  };
}

type Modules = Record<string, { type: 'esm' | 'wasm' | 'data'; contents: string | Uint8Array<ArrayBuffer> }>;

async function builtModules(files: Parameters<typeof startWorker>[0] = {}): Promise<Modules> {
  const stock = files.model && { image: new Uint8Array(), wasm: await readFile(WASM_FILE) };
  const given = { ...stock, ...files };
  const replaced = new Map(
    Object.entries(FILES).map(([key, name]) => [name as string, given[key as keyof typeof FILES]]),
  );
  const modules: Modules = { [LAZY_MAIN]: { type: 'esm', contents: LAZY }, ...(await modulesIn(DIST, MAIN)) };
  for (const [file, module] of Object.entries(modules)) {
    const originalName = file.replace(/^\.\/[0-9a-f]{40}-/, ''); // wrangler prepends a hash
    const replacement = replaced.get(originalName);
    if (replacement !== undefined) modules[file] = { ...module, contents: new Uint8Array(replacement) };
  }
  return modules;
}

/** The modules of a worker that wrangler has built. */
export async function modulesIn(folder: string, main: string): Promise<Modules> {
  const modules: Modules = {};
  for (const file of await builtFiles(folder, main)) {
    const contents = new Uint8Array(await readFile(path.join(folder, file)));
    if (file === main) modules[main] = { type: 'esm', contents: new TextDecoder().decode(contents) };
    else modules[`./${file}`] = { type: file.endsWith('.wasm') ? 'wasm' : 'data', contents };
  }
  return modules;
}

/**
 * The worker and the files that it imports. Earlier builds may have left others in the folder.
 * @throws UserError when nothing is built.
 */
export async function builtFiles(folder = DIST, main = MAIN): Promise<string[]> {
  const source = await readFile(path.join(folder, main), 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error;
    throw new UserError(`${folder} has no built worker; run npm run build`);
  });
  return (await readdir(folder)).filter((file) => file === main || source.includes(`./${file}"`));
}

/** The compatibility date and flags of wrangler.toml. */
async function compatibility(): Promise<{ date: string; flags: string[] }> {
  const toml = await readFile('wrangler.toml', 'utf8');
  const date = /^compatibility_date = "(.+)"$/m.exec(toml)?.[1];
  const flags = /^compatibility_flags = (\[.*?\])/m.exec(toml)?.[1];
  if (date === undefined || flags === undefined) throw new Error('wrangler.toml has no compatibility date or flags');
  return { date, flags: JSON.parse(flags) };
}
