/** Command-line flags: one description serves parsing, types and `--help`. */
import { parseArgs } from 'node:util';
import { UsageError } from './errors.ts';

export interface Flag {
  /** `list` takes every `name=value` that follows it, and may be given more than once. */
  readonly kind: 'text' | 'number' | 'switch' | 'list';
  /** The placeholder for the value in the help, such as `<file>`. */
  readonly value?: string;
  readonly help: string;
}
export type Flags = Readonly<Record<string, Flag>>;

export type FlagValues<F extends Flags> = {
  readonly [Name in keyof F]?: {
    text: string;
    number: number;
    switch: boolean;
    list: readonly string[];
  }[F[Name]['kind']];
};

/** The flags of every command. */
export const COMMON_FLAGS = {
  json: { kind: 'switch', help: 'print one JSON object on stdout' },
  help: { kind: 'switch', help: 'print this' },
} as const satisfies Flags;

/**
 * @param separator what the user writes before an argument that begins with "-"; npm keeps the first "--" to itself.
 * @throws UsageError when a flag is unknown, lacks its value, or is not a number where it should be.
 */
export function parseFlags<F extends Flags>(
  args: readonly string[],
  flags: F,
  separator = '-- --',
): { values: FlagValues<F>; positionals: string[] } {
  const options = Object.fromEntries(
    Object.entries(flags).map(([name, { kind }]) => [
      name,
      { type: kind === 'switch' ? 'boolean' : 'string', multiple: kind === 'list' } as const,
    ]),
  );
  let parsed: { values: Record<string, string | boolean | (string | boolean)[] | undefined>; positionals: string[] };
  try {
    parsed = parseArgs({ args: spreadLists(args, flags), options, allowPositionals: true });
  } catch (error) {
    throw new UsageError(messageOf(error as NodeJS.ErrnoException, separator));
  }
  const values = Object.entries(parsed.values).map(([name, value]) => {
    if (value === '' || (Array.isArray(value) && value.includes(''))) throw new UsageError(`--${name} needs a value`);
    if (flags[name]?.kind !== 'number') return [name, value];
    if (typeof value !== 'string' || value.trim() === '' || !Number.isFinite(Number(value))) {
      throw new UsageError(`--${name} takes a number, not ${JSON.stringify(value)}`);
    }
    return [name, Number(value)];
  });
  return { values: Object.fromEntries(values) as FlagValues<F>, positionals: parsed.positionals };
}

/** `--group a=1 b=2` → `--group a=1 --group b=2`. */
function spreadLists(args: readonly string[], flags: Flags): string[] {
  const result: string[] = [];
  let list: string | undefined;
  for (const arg of args) {
    const [flag] = arg.split('=', 1) as [string];
    if (arg.startsWith('-')) list = flags[flag.slice(2)]?.kind === 'list' ? flag : undefined;
    else if (list !== undefined && result.at(-1) !== list && flag !== arg) result.push(list);
    result.push(arg);
  }
  return result;
}

/** The message of `parseArgs` in one line, with other advice: npm would take the flags that it suggests for its own. */
function messageOf({ code, message }: NodeJS.ErrnoException, separator: string): string {
  const [line = ''] = message.split('\n', 1);
  const [, flag] = /^Option '(--[\w-]+).*' argument is ambiguous/.exec(line) ?? [];
  if (flag !== undefined) return `the value of ${flag} begins with "-"; write ${flag}=<value>`;
  if (code !== 'ERR_PARSE_ARGS_UNKNOWN_OPTION') return line;
  const [option] = line.split('. ', 1);
  return `${option}; --help lists them, and an argument that begins with "-" comes after "${separator}"`;
}

/** The flags as an aligned list, one a line. */
export function helpOf(flags: Flags): string {
  const left = Object.entries(flags).map(([name, { value }]) => `  --${name}${value ? ` ${value}` : ''}`);
  const width = Math.max(...left.map((line) => line.length)) + 2;
  return Object.values(flags)
    .map(({ help }, index) => `${left[index]?.padEnd(width)}${help}`)
    .join('\n');
}
