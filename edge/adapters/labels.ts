/**
 * The labels that an adapter answers with: the model's, or those of the setting FORMAT_LABELS, which names them anew and may leave
 * some out, so that a client that waits for POSITIVE or LABEL_1 gets it.
 *
 *     FORMAT_LABELS=NEGATIVE=negative,POSITIVE=positive                         in every format
 *     FORMAT_LABELS=vllm: LABEL_0=negative, LABEL_1=positive; tei: bad=negative, good=positive
 */
import { labelProblem, labelsIn } from '../../shared/labels.ts';
import type { Classification, Classifier, LabelScore } from '../inference/classifier.ts';
import { LoadError } from '../inference/loading.ts';

export const FORMATS = ['huggingface', 'tei', 'vllm', 'workers-ai'] as const;
export type Format = (typeof FORMATS)[number];

/** By the model's label, the name that a format has for it: two labels or more. */
export type LabelNames = ReadonlyMap<string, string>;
export type FormatLabels = Readonly<Partial<Record<Format, LabelNames>>>;

/** The setting, read. Undefined when it cannot be meant. */
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
    if (!isMeant || formats.length === 0 || names.size < pairs.length || new Set(names.values()).size < 2)
      return undefined;
    for (const one of formats) read[one] = names;
  }
  return read;
}

/** The model's labels among which to choose, for `names`. @throws LoadError when it lacks one of them. */
export async function labelsFor(
  names: LabelNames | undefined,
  classifier: Pick<Classifier, 'manifest'>,
): Promise<string[] | undefined> {
  if (names === undefined) return undefined;
  const { labels } = await classifier.manifest();
  const missing = [...names.keys()].find((label) => !labels.includes(label));
  if (missing === undefined) return [...names.keys()];
  const own = labels.map((label) => JSON.stringify(label)).join(', ');
  throw new LoadError(
    new Error(`the setting FORMAT_LABELS names ${JSON.stringify(missing)}, but the model's labels are ${own}`),
  );
}

/** The same answer, with the names for its labels. */
export function renamed(answer: Classification, names: LabelNames | undefined): Classification {
  const rename = <One extends LabelScore>(one: One): One => ({ ...one, label: names?.get(one.label) ?? one.label });
  return { ...rename(answer), scores: answer.scores.map(rename) };
}

/** Every label with its probability, or its logit, the likeliest first. Where some tie, the answer is before the others. */
export function ranked({ label: answer, scores, logits }: Classification, asLogits: boolean): LabelScore[] {
  const all = asLogits ? scores.map(({ label }, place) => ({ label, score: logits[place] as number })) : [...scores];
  return all.sort((a, b) => b.score - a.score || Number(b.label === answer) - Number(a.label === answer));
}
