/**
 * `run(model, { text })` of Cloudflare's Workers AI for its text-classification models, so that a Worker's binding `AI` can be this Worker
 * (`worker.ts`). It answers as `@cf/huggingface/distilbert-sst-2-int8` does: NEGATIVE and POSITIVE, unless FORMAT_LABELS says otherwise.
 * https://developers.cloudflare.com/workers-ai/models/distilbert-sst-2-int8/
 */
import { MAX_BACKLOG_TOKENS, MAX_BODY_BYTES } from '../http/limits.ts';
import type { LabelScore } from '../inference/answer.ts';
import type { Classifier } from '../inference/classifier.ts';
import { type LabelNames, labelsFor, renamed } from './labels.ts';

/** Each label with its probability, in the model's order. @throws TypeError when the input has no text; OverloadedError. */
export async function runModel(
  input: unknown,
  classifier: Pick<Classifier, 'manifest' | 'classify'>,
  names?: LabelNames,
): Promise<LabelScore[]> {
  const text = (input as { text?: unknown } | null)?.text;
  if (typeof text !== 'string' || text.trim() === '')
    throw new TypeError('the input must be { text }, a string that is not empty');
  if (text.length > MAX_BODY_BYTES) throw new TypeError(`the text has more than ${MAX_BODY_BYTES} characters`);
  const own = names ?? (await theTwo(classifier));
  const labels = await labelsFor(own, classifier);
  const [answer] = await classifier.classify([{ text, labels }], { maxBacklog: MAX_BACKLOG_TOKENS });
  return answer === undefined ? [] : renamed(answer, own).scores;
}

/** The names of the replaced model's two labels, if this model has both. */
async function theTwo(classifier: Pick<Classifier, 'manifest'>): Promise<LabelNames | undefined> {
  const { labels } = await classifier.manifest();
  return ['negative', 'positive'].every((label) => labels.includes(label))
    ? new Map([
        ['negative', 'NEGATIVE'],
        ['positive', 'POSITIVE'],
      ])
    : undefined;
}
