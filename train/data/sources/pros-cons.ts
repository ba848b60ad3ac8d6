/**
 * Pros and cons of products, as their reviewers listed them: one `<Pros>…</Pros>` or `<Cons>…</Cons>` a line, escaped as XML.
 *
 * Used: all entries except "none" and the like. Entries such as "battery life" are not opinions by themselves, so a label rules out only
 * the opposite; entries under both labels are left out, as in every source.
 */
import path from 'node:path';
import { refuseLine } from '../../../cli/input.ts';
import { githubFile } from '../download.ts';
import { NLTK_DATA, type Source, type SourceText } from './source.ts';
import { linesOf, type TextFile, textsIn } from './text.ts';

const ARCHIVE = githubFile(NLTK_DATA, 'packages/corpora/pros_cons.zip', {
  name: 'pros_cons.zip',
  bytes: 746_276,
  sha256: 'b5bca541ba5b2e614cde2213ddcca027416f6997067c90e45c173bf55c6fade8',
});

export const prosCons: Source = {
  name: 'pros-cons',
  domain: 'products',
  licence: 'CC BY 4.0',
  credit: 'Ganapathibhotla and Liu, Mining Opinions in Comparative Sentences, Coling 2008',
  files: [ARCHIVE],
  says: 'polarity',
  read: async (folder) => {
    const files = await textsIn(path.join(folder, ARCHIVE.name), (name) => /^Integrated(Pros|Cons)\.txt$/.test(name));
    return files.flatMap((file) => [...parse(file)]);
  },
};

const ENTRY = /^<(Pros|Cons)>(.*)<\/\1>$/;
const NOTHING =
  /^\W*(none|nothing|nada|nil|zero|n\/?a|no (pros|cons)|see (above|below)|(have ?n.?t|can.?t|could ?n.?t) (found|find|think))\b/i;

function* parse(file: TextFile): Generator<SourceText> {
  for (const { number, text } of linesOf(file)) {
    const [, kind, content = ''] =
      ENTRY.exec(text) ?? refuseLine(file.location, number, 'neither <Pros>…</Pros> nor <Cons>…</Cons>');
    const phrase = decodeEntities(content).trim();
    if (!/\p{L}/u.test(phrase) || NOTHING.test(phrase)) continue;
    yield {
      id: `pros-cons/${kind}:${number}`,
      text: phrase,
      label: kind === 'Pros' ? 'positive' : 'negative',
    };
  }
}

const NAMED: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

/** The entities that XML itself has. */
function decodeEntities(text: string): string {
  return text.replace(/&(?:#(\d{1,6})|(amp|lt|gt|quot|apos));/g, (_, code, name) =>
    name === undefined ? String.fromCodePoint(Number(code)) : (NAMED[name] as string),
  );
}
