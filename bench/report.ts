/** The report of a benchmark: statistics, and a table or one JSON object. */

import { readFileSync } from 'node:fs';
import os from 'node:os';
import { counted } from '../shared/counted.ts';

export interface Case {
  readonly name: string;
  readonly unit: string;
  readonly min: number;
  readonly median: number;
  readonly max: number;
  readonly runs: number;
}

export interface Report {
  readonly benchmark: string;
  /** The packages whose versions matter for the figures. */
  readonly packages: readonly string[];
  readonly cases: readonly Case[];
  /** Quotients within this run, by name: of two medians, or the median quotient of alternating measurements. */
  readonly ratios: Readonly<Record<string, number>>;
  /** The figures as Markdown, shown to people in place of the cases. */
  readonly table?: string;
  /** One line for each failure. With any, the exit code is 1. */
  readonly failures?: readonly string[];
}

/** The flags of `npm run bench`, beside those of every command. */
export interface Options {
  readonly base?: string | undefined;
  readonly torch?: boolean | undefined;
  readonly data?: string | undefined;
  readonly sizes?: string | undefined;
  readonly seeds?: number | undefined;
}

export function summarize(name: string, unit: string, samples: readonly number[]): Case {
  const sorted = samples.toSorted((a, b) => a - b);
  const at = (index: number) => sorted[index] as number;
  return { name, unit, min: at(0), median: median(samples), max: at(sorted.length - 1), runs: sorted.length };
}

export function median(samples: readonly number[]): number {
  const sorted = samples.toSorted((a, b) => a - b);
  return ((sorted[(sorted.length - 1) >> 1] as number) + (sorted[sorted.length >> 1] as number)) / 2;
}

/** The median of a ÷ b over rounds that measured both. A machine that slows down halfway changes it little. */
export function medianQuotient(a: readonly number[], b: readonly number[]): number {
  return median(a.map((value, round) => value / (b[round] as number)));
}

/** The report for people, or as one JSON object. */
export function render({ benchmark, packages, cases, ratios, table, failures = [] }: Report, json: boolean): string {
  const { machine, versions } = environment(packages);
  if (json) return JSON.stringify({ benchmark, machine, versions, cases, ratios, failures });
  const width = Math.max(...cases.map(({ name }) => name.length)) + 2;
  const number = (value: number) => value.toPrecision(value < 100 ? 3 : 4).padStart(10);
  const lines = [
    `${''.padEnd(width)}${'min'.padStart(10)}${'median'.padStart(10)}${'max'.padStart(10)}`,
    ...cases.map(
      ({ name, unit, min, median, max, runs }) =>
        `${name.padEnd(width)}${number(min)}${number(median)}${number(max)}  ${unit}, ${counted(runs, 'run')}`,
    ),
  ];
  return [
    headline(benchmark, { machine, versions }),
    '',
    ...(table === undefined ? lines : [table]),
    '',
    ...Object.entries(ratios).map(([name, value]) => `${name.padEnd(width)}${number(value)}`),
    ...failures,
  ].join('\n');
}

/** The machine and the versions that the figures depend on. */
export interface Environment {
  readonly machine: string;
  readonly versions: Readonly<Record<string, string>>;
}

export function environment(packages: readonly string[]): Environment {
  const machine = `${os.cpus()[0]?.model ?? 'unknown'}, ${os.availableParallelism()} threads`;
  const versionOf = (name: string) => JSON.parse(readFileSync(`node_modules/${name}/package.json`, 'utf8')).version;
  const versions = Object.fromEntries(packages.map((name) => [name, versionOf(name)]));
  return { machine, versions: { node: process.versions.node, ...versions } };
}

export function headline(what: string, { machine, versions }: Environment): string {
  const list = Object.entries(versions).map(([name, version]) => `${name} ${version}`);
  return `${what} on ${machine}; ${list.join(', ')}`;
}
