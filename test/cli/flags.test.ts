import { describe, expect, it } from 'vitest';
import { UsageError } from '../../cli/errors.ts';
import { type Flags, helpOf, parseFlags } from '../../cli/flags.ts';

const FLAGS = {
  data: { kind: 'text', value: '<path>', help: 'the reviews' },
  epochs: { kind: 'number', value: '<n>', help: 'how often they are read' },
  json: { kind: 'switch', help: 'for machines' },
  group: { kind: 'list', value: '<new=a,b>…', help: 'labels to fold into one' },
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

  it('leaves out missing flags', () => {
    expect(valuesOf()).toEqual({});
    expect(valuesOf('--json')).toEqual({ json: true });
  });

  it('takes the value after an equals sign as well', () => {
    expect(valuesOf('--data=a=b', '--epochs=3')).toEqual({ data: 'a=b', epochs: 3 });
  });

  it('says how to write a value that begins with a hyphen', () => {
    expect(refusalOf('--data', '-1')).toBe('the value of --data begins with "-"; write --data=<value>');
    expect(valuesOf('--data=-1,1')).toEqual({ data: '-1,1' });
  });

  it('uses the last of repeated flags', () => {
    expect(valuesOf('--epochs', '3', '--epochs', '4')).toEqual({ epochs: 4 });
  });

  it('keeps the other arguments in order', () => {
    expect(parseFlags(['a great film', '--json', 'b', '--', '--c'], FLAGS)).toEqual({
      values: { json: true },
      positionals: ['a great film', 'b', '--c'],
    });
  });

  it.each<[string[], string[]]>([
    [
      ['--group', 'bad=1,2', 'good=4,5'],
      ['bad=1,2', 'good=4,5'],
    ],
    [
      ['--group', 'bad=1', '--json', '--group', 'good=5', 'so so=3'],
      ['bad=1', 'good=5', 'so so=3'],
    ],
    [
      ['--group=bad=1', 'good=a=b'],
      ['bad=1', 'good=a=b'],
    ],
    [['--group', 'anything'], ['anything']],
  ])('takes %j as a list', (args, group) => {
    expect(parseFlags(args, FLAGS)).toMatchObject({ values: { group }, positionals: [] });
  });

  it('a list takes the name=value arguments up to the next flag or --', () => {
    const { values, positionals } = parseFlags(['--group', 'a=1', 'text', '--data', 'x=y', 'c=3', '--', 'd=4'], FLAGS);
    expect(values).toEqual({ group: ['a=1'], data: 'x=y' });
    expect(positionals).toEqual(['text', 'c=3', 'd=4']);
    expect(parseFlags(['--group', 'a=1', '--', 'b=2'], FLAGS).positionals).toEqual(['b=2']);
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

  it.each(['-5 stars', '- dull', '--sigh--'])('says how to pass an argument that begins with a dash: %s', (text) => {
    expect(refusalOf(text)).toContain('an argument that begins with "-" comes after "-- --"');
    expect(parseFlags(['--json', '--', text], FLAGS)).toEqual({ values: { json: true }, positionals: [text] });
  });

  it('refuses an empty value', () => {
    expect(refusalOf('--epochs=')).toBe('--epochs needs a value');
  });

  it('refuses a flag without its value', () => {
    expect(refusalOf('--epochs')).toContain('--epochs');
    expect(refusalOf('--data', '--json')).toContain('--data');
    expect(refusalOf('--group')).toContain('--group');
    expect(refusalOf('--group=')).toBe('--group needs a value');
  });

  it('refuses a switch with a value', () => {
    expect(refusalOf('--json=yes')).toContain('--json');
  });
});

describe('helpOf', () => {
  it('aligns the descriptions', () => {
    expect(helpOf(FLAGS)).toBe(
      [
        '  --data <path>       the reviews',
        '  --epochs <n>        how often they are read',
        '  --json              for machines',
        '  --group <new=a,b>…  labels to fold into one',
      ].join('\n'),
    );
  });
});
