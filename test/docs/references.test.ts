/** Every path, link, npm script and flag that README and docs name exists. */
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readdir, readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { main as bench } from '../../bench/cli.ts';
import { main as soak } from '../../bench/soak.ts';
import { main as bulk } from '../../client/bulk/cli.ts';
import { main as train } from '../../train/cli.ts';
import { run } from '../fixtures/command.ts';
import { main as fuzz } from '../fuzz/cli.ts';

const FOLDERS = 'bench|cli|client|docs|edge|harness|model|onnx|shared|test|train|types|\\.ci|\\.github';
const SOURCE_PATH = new RegExp(`(?<![\\w./-])(?:${FOLDERS})/[\\w./-]*\\w/?`, 'g');
/** Paths in the official archive of reviews, which are not ours. */
const ARCHIVE_PATH = /^(?:train|test)\/(?:pos|neg|unsup)\b/;

/** Flags of Deno and wrangler. */
const FOREIGN_FLAGS = new Set(['allow-read', 'env', 'host', 'port']);
const COMMANDS = ['train', 'evaluate', 'predict', 'compare', 'diff', 'export', 'scorecard', 'sources'];

const sources = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], { encoding: 'utf8' })
  .split('\n')
  .filter((file) => /\.(ts|js|css|html|toml|yml)$/.test(file) && existsSync(file));
const names = new Set(sources.map((file) => path.basename(file)));

const pages = [
  'README.md',
  'CONTRIBUTING.md',
  'SECURITY.md',
  'model/README.md',
  'package/README.md',
  'package/recipes.md',
  'examples/worker/README.md',
  ...(await readdir('docs', { recursive: true })).filter((name) => name.endsWith('.md')).map((name) => `docs/${name}`),
];
const texts = new Map(await Promise.all(pages.map(async (page) => [page, await readFile(page, 'utf8')] as const)));
const textOf = (page: string) => texts.get(page) as string;

async function exists(file: string): Promise<boolean> {
  return stat(file).then(
    () => true,
    () => false,
  );
}

/** GitHub's anchor of a heading. */
function anchorOf(heading: string): string {
  return heading
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
    .trim()
    .replaceAll(/\s/g, '-');
}

function anchorsIn(markdown: string): string[] {
  return [...markdown.matchAll(/^#{1,6} +(.+)$/gm)].map(([, heading = '']) => anchorOf(heading));
}

describe.each(pages)('%s', (page) => {
  it('names paths that exist', async () => {
    const named = [...textOf(page).matchAll(SOURCE_PATH)]
      .map(([match]) => match)
      .filter((name) => !ARCHIVE_PATH.test(name));
    const missing = [];
    for (const name of new Set(named)) if (!(await exists(name))) missing.push(name);
    expect(missing).toEqual([]);
  });

  it('links to files and headings that exist', async () => {
    const broken = [];
    for (const [, link = ''] of textOf(page).matchAll(/\]\((?!https?:|mailto:)([^)\s]+)\)/g)) {
      const [file = '', anchor] = link.split('#');
      const target = file === '' ? page : path.posix.join(path.posix.dirname(page), file);
      if (!(await exists(target))) broken.push(link);
      else if (anchor !== undefined && !anchorsIn(await readFile(target, 'utf8')).includes(anchor)) broken.push(link);
    }
    expect(broken).toEqual([]);
  });

  it('names npm scripts that exist', async () => {
    const { scripts } = JSON.parse(await readFile('package.json', 'utf8'));
    const named = [...textOf(page).matchAll(/npm run (?:--silent )?(?:--prefix \S+ )?([a-z][\w:-]*)/g)];
    expect(named.map(([, name = '']) => name).filter((name) => !(name in scripts))).toEqual([]);
  });
});

it('all source files that comments and pages name exist', async () => {
  const missing = [];
  for (const file of [...sources, ...pages]) {
    const text = await readFile(file, 'utf8');
    for (const [, name = ''] of text.matchAll(/`([\w./-]+\.(?:ts|js|css))`/g)) {
      if (!names.has(name) && !sources.some((source) => `/${source}`.endsWith(`/${name.replace(/^(\.\.?\/)+/, '')}`))) {
        missing.push(`${file}: ${name}`);
      }
    }
  }
  expect(missing).toEqual([]);
});

describe('the flags that README and docs name', () => {
  /** By command, from what it says of itself. */
  const known = new Map<string, Set<string>>();

  beforeAll(async () => {
    const helps = [
      ...COMMANDS.map(async (name) => [name, await run(train, [name, '--help'])] as const),
      ...Object.entries({ bulk, soak, fuzz, bench }).map(
        async ([name, main]) => [name, await run(main, ['--help'])] as const,
      ),
    ];
    for (const [name, { stdout }] of await Promise.all(helps)) {
      known.set(name, new Set([...stdout.matchAll(/^ {2}--([a-z][\w-]*)/gm)].map(([, flag = '']) => flag)));
    }
  });

  it('belong to the command that they follow', () => {
    const wrong = [];
    for (const [page, text] of texts) {
      for (const [line, name = '', rest = ''] of text.matchAll(/npm run (?:--silent )?([\w:-]+) -- ([^`\n|&#]*)/g)) {
        const flags = known.get(name);
        if (flags === undefined) continue;
        for (const [, flag = ''] of rest.matchAll(/(?<!\S)--([a-z][\w-]*)/g)) {
          if (!flags.has(flag)) wrong.push(`${page}: ${line}`);
        }
      }
    }
    expect(wrong).toEqual([]);
  });

  it('belong to some command if they stand alone', () => {
    const all = new Set([...known.values()].flatMap((flags) => [...flags]));
    const unknown = [];
    for (const [page, text] of texts) {
      for (const [, flag = ''] of text.matchAll(/`--([a-z][\w-]*)/g)) {
        if (!all.has(flag) && !FOREIGN_FLAGS.has(flag)) unknown.push(`${page}: --${flag}`);
      }
    }
    expect(unknown).toEqual([]);
  });
});

it('Git ignores what the commands of README and docs write into this folder', () => {
  const written = [...texts.values()].flatMap((text) =>
    [...text.matchAll(/(?:--outfile=|--outdir |--out )([\w-]+\/[\w./-]*)/g)].map(([, file = '']) => file),
  );
  expect(written).toEqual(expect.arrayContaining(['site/sentiment.js', 'runs/mine']));
  const ignored = execFileSync('git', ['check-ignore', ...new Set(written)], { encoding: 'utf8' });
  expect(ignored.trimEnd().split('\n').sort()).toEqual([...new Set(written)].sort());
});
