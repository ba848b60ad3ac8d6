/**
 * A contender of `npm run bench -- peers` in a process of its own. It loads, answers one text, and says so; then, for each message, it answers
 * texts of a length and says what one cost.
 *
 *     node bench/peers/contender.ts <name> [model file]
 */
import { readFile } from 'node:fs/promises';
import { INPUT_IDS } from '../../train/export/onnx/opset.ts';

/** A text to answer, and as many ids for DistilBERT, whose tokenizer we lack. */
interface Sample {
  readonly text: string;
  readonly ids: readonly number[];
}

export interface Question {
  /** Tokens of a text. */
  readonly length: number;
}

/** The least CPU time of a measurement, in milliseconds. */
const ENOUGH = 100;
const FIRST: Sample = { text: 'A wonderful film. I loved every minute of it!', ids: [101, 1037, 6919, 2143, 102] };

async function open(name: string, file: string | undefined): Promise<(sample: Sample) => unknown> {
  if (name === 'nothing') return () => undefined;
  if (name === 'ours') {
    const { MODEL_FOLDER } = await import('../../edge/runtime/shipped.ts');
    const { readBundle } = await import('../../edge/runtime/files.ts');
    const { createClassifier } = await import('../../edge/inference/classifier.ts');
    const { loadTuned } = await import('../tuned.ts');
    const loadNetwork = await loadTuned();
    const classifier = createClassifier({ readBundle: () => readBundle(MODEL_FOLDER), loadNetwork });
    return ({ text }) => classifier.classify([text]);
  }
  if (file !== undefined) {
    const { ort } = await import('../../harness/onnxruntime.ts');
    const session = await ort.InferenceSession.create(await readFile(file));
    return ({ ids }) =>
      session.run({ [INPUT_IDS]: new ort.Tensor('int64', BigInt64Array.from(ids, BigInt), [1, ids.length]) });
  }
  const { WORD_LISTS } = await import('../../train/evaluation/scorecard/word-lists.ts');
  const list = WORD_LISTS[name];
  if (list === undefined) throw new Error(`no contender "${name}"`);
  const { classify } = list();
  return ({ text }) => classify([text]);
}

/** Milliseconds of CPU a text. */
async function measure(answer: (sample: Sample) => unknown, { length }: Question): Promise<number> {
  const { textOf } = await import('../texts.ts');
  const samples = Array.from({ length: 50 }, (): Sample => {
    const ids = Array.from({ length }, () => Math.floor(Math.random() * 30_522));
    return { text: textOf(length), ids };
  });
  let answered = 0;
  const start = process.threadCpuUsage();
  for (;;) {
    await answer(samples[answered % samples.length] as Sample);
    answered++;
    const { user, system } = process.threadCpuUsage(start);
    const spent = (user + system) / 1000;
    if (spent >= ENOUGH) return spent / answered;
  }
}

const [name = '', file] = process.argv.slice(2);
const answer = await open(name, file);
await answer(FIRST);
process.send?.({});
process.on('message', async (question: Question) => process.send?.(await measure(answer, question)));
