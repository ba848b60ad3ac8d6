/**
 * Long texts: how much of a text to read, and from where. For texts of more than 400 tokens, the accuracy and the CPU of the first, the last and
 * the middle 400, 800 and 1,600 tokens, and of the whole. SETS names a folder of files, a text a line, as `<name>.positive.txt` and `<name>.negative.txt`.
 */
import { readdir, readFile } from 'node:fs/promises';
import { UsageError } from '../cli/errors.ts';
import { createClassifier } from '../edge/inference/classifier.ts';
import { loadNetwork, readBundle } from '../edge/runtime/files.ts';
import { type Token, tokenize } from '../shared/tokenizer.ts';
import { type Case, type Report, summarize } from './report.ts';

const LENGTHS = [400, 800, 1_600];
const WHOLE = 4_096;
const FROM = ['first', 'last', 'middle'] as const;

/** The first, middle or last `count` tokens, as text. */
function part(text: string, tokens: readonly Token[], from: (typeof FROM)[number], count: number): string {
  const spare = Math.max(0, tokens.length - count);
  const start = { first: 0, last: spare, middle: spare >> 1 }[from];
  const [first, last] = [tokens[start], tokens[Math.min(tokens.length, start + count) - 1]];
  return first && last ? text.slice(first.start, last.end) : text;
}

export async function run(): Promise<Report> {
  const folder = process.env['SETS'];
  if (folder === undefined) throw new UsageError('windows needs SETS=<folder of texts>: see bench/windows.ts');
  const names = (await readdir(folder))
    .filter((name) => name.endsWith('.positive.txt'))
    .map((name) => name.slice(0, -13));
  const classifier = createClassifier({
    readBundle: () => readBundle(new URL('../model/', import.meta.url)),
    loadNetwork,
    labels: ['negative', 'positive'],
    maxTokens: WHOLE,
  });
  await classifier.ready();
  const cases: Case[] = [];
  for (const name of names) {
    const texts: { text: string; label: string; tokens: readonly Token[] }[] = [];
    for (const label of ['negative', 'positive']) {
      for (const text of (await readFile(`${folder}/${name}.${label}.txt`, 'utf8')).split('\n')) {
        const tokens = tokenize(text);
        if (tokens.length > (LENGTHS[0] as number)) texts.push({ text, label, tokens });
      }
    }
    if (texts.length === 0) continue;
    const variants = [
      ...LENGTHS.flatMap((count) => FROM.map((from) => [from, count] as const)),
      ['first', WHOLE] as const,
    ];
    for (const [from, count] of variants) {
      const title = count === WHOLE ? `${name}, whole` : `${name}, ${from} ${count}`;
      const before = process.cpuUsage();
      let right = 0;
      for (let at = 0; at < texts.length; at += 16) {
        const some = texts.slice(at, at + 16);
        const answers = await classifier.classify(some.map(({ text, tokens }) => part(text, tokens, from, count)));
        right += answers.filter(({ label }, place) => label === some[place]?.label).length;
      }
      const { user, system } = process.cpuUsage(before);
      cases.push({ ...summarize(title, '% right', [(100 * right) / texts.length]), runs: texts.length });
      cases.push({
        ...summarize(title, 'ms of CPU a text', [(user + system) / 1000 / texts.length]),
        runs: texts.length,
      });
    }
  }
  return { benchmark: 'windows', packages: ['onnxruntime-web'], cases, ratios: {} };
}
