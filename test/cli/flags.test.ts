import { describe, expect, it } from 'vitest';
import { UsageError } from '../../cli/errors.ts';
import { type Flags, helpOf, parseFlags } from '../../cli/flags.ts';

const FLAGS = {
  data: { kind: 'text', value: '<path>', help: 'the reviews' },
  epochs: { kind: 'number', value: '<n>', help: 'how often they are read' },
  json: { kind: 'switch', help: 'for machines' },
} as const satisfies Flags;

const valuesOf = (...args: string[]) => parseFlags(args, FLAGS).values;

/** The one line that refuses `args`. */
function refusalOf(...args: string[]): string {
  try {
    parseFlags(args, FLAGS);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    expect(error.message).toMatch(/^\P{Cc}+$/u);
    return error.message;
  }
  throw new Error(`${args.join(' ')} was accepted`);
}

describe('parseFlags', () => {
  it('reads every kind of flag', () => {
    expect(valuesOf('--data', 'a file.tar.gz', '--epochs', '3', '--json')).toEqual({
      data: 'a file.tar.gz',
      epochs: 3,
      json: true,
    });
  });

  it('leaves out what was not given', () => {
    expect(valuesOf()).toEqual({});
    expect(valuesOf('--json')).toEqual({ json: true });
  });

  it('takes the value after an equals sign as well', () => {
    expect(valuesOf('--data=a=b', '--epochs=3')).toEqual({ data: 'a=b', epochs: 3 });
  });

  it('lets the last one win', () => {
    expect(valuesOf('--epochs', '3', '--epochs', '4')).toEqual({ epochs: 4 });
  });

  it('keeps the other arguments in order, wherever they stand', () => {
    expect(parseFlags(['a great film', '--json', 'b', '--', '--c'], FLAGS)).toEqual({
      values: { json: true },
      positionals: ['a great film', 'b', '--c'],
    });
  });

  it('does not change its arguments', () => {
    const args = Object.freeze(['--epochs', '3', 'text']);
    expect(parseFlags(args, FLAGS).positionals).toEqual(['text']);
  });

  it.each([
    ['0', 0],
    ['0.15', 0.15],
    ['1e3', 1000],
    [' 7 ', 7],
  ])('reads %j as a number', (text, number) => {
    expect(valuesOf('--epochs', text)).toEqual({ epochs: number });
  });

  it('reads a negative number after an equals sign', () => {
    expect(valuesOf('--epochs=-1')).toEqual({ epochs: -1 });
  });

  it.each(['three', ' ', '3 epochs', 'NaN', 'Infinity', '1e999', '1,5'])('refuses %j as a number', (text) => {
    expect(refusalOf(`--epochs=${text}`)).toBe(`--epochs takes a number, not ${JSON.stringify(text)}`);
  });

  it.each(['--epoch', '--EPOCHS', '--constructor', '--no-json', '-e'])('refuses the unknown flag %s', (flag) => {
    expect(refusalOf(flag)).toContain(`Unknown option '${flag}'`);
  });

  it.each(['-5 stars', '- dull', '--sigh--'])('says where an argument goes that begins with a dash: %s', (text) => {
    expect(refusalOf(text)).toContain('an argument that begins with "-" comes after "-- --"');
    expect(parseFlags(['--json', '--', text], FLAGS)).toEqual({ values: { json: true }, positionals: [text] });
  });

  it('refuses an empty value', () => {
    expect(refusalOf('--epochs=')).toBe('--epochs needs a value');
  });

  it('refuses a flag without its value', () => {
    expect(refusalOf('--epochs')).toContain('--epochs');
    expect(refusalOf('--data', '--json')).toContain('--data');
  });

  it('refuses a switch with a value', () => {
    expect(refusalOf('--json=yes')).toContain('--json');
  });
});

describe('helpOf', () => {
  it('aligns what the flags are for', () => {
    expect(helpOf(FLAGS)).toBe(
      [
        '  --data <path>  the reviews',
        '  --epochs <n>   how often they are read',
        '  --json         for machines',
      ].join('\n'),
    );
  });
});
