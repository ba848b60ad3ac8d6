/**
 * `npx edge-sentiment`: the repository's `predict` and server, and what a Worker needs. Training is not in the package.
 *
 * Exit codes: 0 done, 1 could not be done, 2 wrong usage, 130 stopped by Ctrl-C.
 */
import { readFile } from 'node:fs/promises';
import { asUserError, EXIT, UsageError } from '../cli/errors.ts';
import { COMMON_FLAGS, type Flags, helpOf, parseFlags } from '../cli/flags.ts';
import type { Io } from '../cli/run.ts';
import { isPort } from '../edge/environment.ts';
import { main as serve } from '../edge/node.ts';
import { EXAMPLE_FOLDER } from '../edge/runtime/shipped.ts';
import { BundleError } from '../shared/bundle.ts';
import { predictCommand } from '../train/commands/predict.ts';

const SERVE_FLAGS = {
  port: { kind: 'number', value: '<number>', help: 'where to listen, 0 for any that is free (default: PORT or 8787)' },
  host: { kind: 'text', value: '<address>', help: 'on which address (default: HOST or 127.0.0.1)' },
  model: { kind: 'text', value: '<folder>', help: 'a bundle of your own (default: MODEL or the one in the package)' },
  help: COMMON_FLAGS.help,
} as const satisfies Flags;

const HELP = `Says what a text is: negative, positive, or whatever the labels of the model are.

usage: edge-sentiment [flags] "a text"     the answer to one text
       edge-sentiment [flags] < lines.txt  an answer for every line
       edge-sentiment reviews.csv --out labelled.csv
                                           a file, its records with their answers
       edge-sentiment serve [flags]        the HTTP API on this machine
       edge-sentiment init                 what a Cloudflare Worker needs

${helpOf(predictCommand.flags)}

serve takes API_KEYS, ALLOWED_ORIGINS, LABELS and the other settings from the environment, and these flags:

${helpOf(SERVE_FLAGS)}

To train a model of your own, clone the repository: training is not in this package.`;

export async function main(args: readonly string[], io: Io): Promise<number> {
  const [name, ...rest] = args;
  if (name === 'serve') return serveApp(rest, io);
  if (name === 'init') return printExample(rest, io);
  const { values, positionals } = parseFlags(args, predictCommand.flags, '--');
  if ((values as { help?: boolean }).help) return print(HELP, io);
  return predictCommand.run(values, positionals, io).catch(asUserError(BundleError));
}

async function serveApp(args: readonly string[], io: Io): Promise<number> {
  const { values, positionals } = parseFlags(args, SERVE_FLAGS, '--');
  if (values.help) return print(HELP, io);
  refuse(positionals);
  const env = { ...io.env };
  if (values.port !== undefined) {
    env['PORT'] = String(values.port);
    if (!isPort(env['PORT'])) throw new UsageError(`--port must be from 0 to 65535, not ${values.port}`);
  }
  if (values.host !== undefined) env['HOST'] = values.host;
  if (values.model !== undefined) env['MODEL'] = values.model;
  return serve([], { ...io, env });
}

async function printExample(args: readonly string[], io: Io): Promise<number> {
  refuse(args);
  const read = async (name: string) => (await readFile(new URL(name, EXAMPLE_FOLDER), 'utf8')).trimEnd();
  const [config, source] = [await read('wrangler.jsonc'), await read('src/index.ts')];
  return print(
    `npm install edge-sentiment hono && npm install -D wrangler

--- wrangler.jsonc
${config}

--- src/index.ts
${source}

---
npx wrangler dev, and npx wrangler deploy. WebAssembly and the model need no rules of their own in wrangler.jsonc.`,
    io,
  );
}

function refuse(positionals: readonly string[]): void {
  if (positionals.length > 0) throw new UsageError(`unexpected argument "${positionals[0]}"`);
}

function print(text: string, io: Io): number {
  io.print(text);
  return EXIT.done;
}
