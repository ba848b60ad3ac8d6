/**
 * The labels of an adapter's answers: the model's, or those of the setting FORMAT_LABELS, which renames labels and may leave some out,
 * for clients that expect POSITIVE or LABEL_1.
 *
 *     FORMAT_LABELS=NEGATIVE=negative,POSITIVE=positive                         in every format
 *     FORMAT_LABELS=vllm: LABEL_0=negative, LABEL_1=positive; tei: bad=negative, good=positive
 */
import { labelProblem, labelsIn } from '../../shared/labels.ts';
import type { Classification, LabelScore } from '../inference/answer.ts';
import { type Classifier, labelsProblem } from '../inference/classifier.ts';
import { LoadError } from '../inference/loading.ts';

export const FORMATS = ['huggingface', 'tei', 'vllm', 'workers-ai'] as const;
export type Format = (typeof FORMATS)[number];

/** The model's label → the format's name for it; two labels or more. */
export type LabelNames = ReadonlyMap<string, string>;
export type FormatLabels = Readonly<Partial<Record<Format, LabelNames>>>;

/** Parses the setting. @returns undefined when it is invalid. */
export function readFormatLabels(setting: string): FormatLabels | undefined {
  const read: Partial<Record<Format, LabelNames>> = {};
  for (const part of setting.split(';')) {
    const [, format, list = ''] = /^\s*(?:([\w-]+):)?(.*)$/s.exec(part) ?? [];
    const formats = format === undefined ? FORMATS : FORMATS.filter((one) => one === format);
    const pairs = labelsIn(list).map((pair) => pair.split('=').map((side) => side.trim()));
    const isMeant = pairs.every(
      ([name = '', label = '', ...more]) => more.length === 0 && ![name, label].some(labelProblem),
    );
    const names = new Map(pairs.map(([name = '', label = '']) => [label, name]));
    const isOneToOne = names.size === pairs.length && new Set(names.values()).size === pairs.length;
    const isNamedTwice = formats.some((one) => read[one] !== undefined);
    if (!isMeant || !isOneToOne || pairs.length < 2 || formats.length === 0 || isNamedTwice) return undefined;
    for (const one of formats) read[one] = names;
  }
  return read;
}

/** The model's labels that `names` has. @throws LoadError when the model lacks one of them. */
export async function labelsFor(
  names: LabelNames | undefined,
  classifier: Pick<Classifier, 'manifest'>,
): Promise<string[] | undefined> {
  if (names === undefined) return undefined;
  const { labels } = await classifier.manifest();
  const problem = labelsProblem('FORMAT_LABELS', [...names.keys()], labels);
  if (problem !== undefined) throw new LoadError(new Error(problem));
  return [...names.keys()];
}

/** The answer with renamed labels. */
export function renamed(answer: Classification, names: LabelNames | undefined): Classification {
  const rename = <One extends LabelScore>(one: One): One => ({ ...one, label: names?.get(one.label) ?? one.label });
  return { ...rename(answer), scores: answer.scores.map(rename) };
}

/** Every label with its probability or logit, the likeliest first. On a tie, the answer comes first. */
export function ranked({ label: answer, scores, logits }: Classification, asLogits: boolean): LabelScore[] {
  const all = asLogits ? scores.map(({ label }, place) => ({ label, score: logits[place] as number })) : [...scores];
  return all.sort((a, b) => b.score - a.score || Number(b.label === answer) - Number(a.label === answer));
}
