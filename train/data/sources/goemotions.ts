/**
 * GoEmotions, its 28 emotions grouped: comments on Reddit, rows of text, label numbers with commas between them, and id.
 *
 * Used: rows with one label, other than "ambiguous" (surprise, confusion, curiosity, realization), which is neither good nor bad.
 */
import path from 'node:path';
import { refuseLine } from '../../../cli/input.ts';
import { quoted } from '../../../shared/quoted.ts';
import { githubFile } from '../download.ts';
import type { Opinion, Source, SourceText } from './source.ts';
import { readText, rowsOf, type TextFile } from './text.ts';

const COMMIT = ['RhiM1/GoEmotions-pytorch', '2dbab0f6344e916a919aab324f4125247cb18465'] as const;

const TRAIN = githubFile(COMMIT, 'data/group/train.tsv', {
  name: 'goemotions/train.tsv',
  bytes: 3_479_404,
  sha256: 'f6e6059e336d17ae31496857cd5883a41934df50261ef74bc3eedc2ef9f701c8',
});
/** For choosing between models. */
export const GOEMOTIONS_DEV = githubFile(COMMIT, 'data/group/dev.tsv', {
  name: 'goemotions/dev.tsv',
  bytes: 434_098,
  sha256: 'e2d7cae65ffdc8df4d457c33695ab1f000eaef9beaadbce8276043802a3ba8ee',
});
export const GOEMOTIONS_TEST = githubFile(COMMIT, 'data/group/test.tsv', {
  name: 'goemotions_test.tsv',
  bytes: 431_822,
  sha256: 'aff79328e20b30a8177fef46a2b8f79ea6165d7e2760f4d3625d3ca9e906f89f',
});

/** As labels.txt beside the files has them. */
const LABELS: readonly (Opinion | 'ambiguous')[] = ['ambiguous', 'negative', 'neutral', 'positive'];

export const goEmotions: Source = {
  name: 'goemotions',
  domain: 'comments',
  licence: 'Apache-2.0',
  credit: 'Demszky et al., GoEmotions: A Dataset of Fine-Grained Emotions, ACL 2020',
  files: [TRAIN],
  says: 'all',
  read: async (folder) => readGoEmotions(path.join(folder, TRAIN.name)),
};

export async function readGoEmotions(location: string): Promise<SourceText[]> {
  return [...parse(await readText(location))];
}

function* parse(file: TextFile): Generator<SourceText> {
  for (const { number, fields } of rowsOf(file, 3)) {
    const [text, numbers, id] = fields as [string, string, string];
    const labels = numbers.split(',').map((one) => {
      return (
        LABELS[one === '' ? -1 : Number(one)] ?? refuseLine(file.location, number, `${quoted(numbers)} is not a label`)
      );
    });
    const [label] = labels;
    if (labels.length === 1 && label !== undefined && label !== 'ambiguous') {
      yield { id: `goemotions/${id}`, text, label };
    }
  }
}
