/**
 * Adapters: other services' wire formats over the same classifier, a Hono app in a file each. Answers lack what a format does not have
 * (sentences, reliability). Fields of a format without an effect here are ignored.
 */
import type { Context } from 'hono';
import type { AppEnv } from '../http/context.ts';
import type { Classification } from '../inference/answer.ts';
import type { Classifier, ClassifyRequest } from '../inference/classifier.ts';
import { type LabelNames, labelsFor, renamed } from './labels.ts';

export interface AdapterOptions {
  readonly classifier: Pick<Classifier, 'manifest'>;
  /** The app's own function, which counts. One answer a text, in order. */
  readonly classify: (requests: readonly ClassifyRequest[], context: Context<AppEnv>) => Promise<Classification[]>;
  /** The labels that the format answers with. Default: the model's. */
  readonly names?: LabelNames | undefined;
}

/**
 * One answer a text, with the format's labels.
 * @param only as `ClassifyRequest` has it.
 */
export async function answerAs(
  texts: readonly string[],
  { classifier, classify, names }: AdapterOptions,
  context: Context<AppEnv>,
  only?: number,
): Promise<Classification[]> {
  const labels = await labelsFor(names, classifier);
  const answers = await classify(
    texts.map((text) => ({ text, labels, only })),
    context,
  );
  return answers.map((answer) => renamed(answer, names));
}
