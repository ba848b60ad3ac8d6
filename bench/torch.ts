/** PyTorch's training step (`torch.py`), for `npm run bench -- train --torch`. PYTHON names another interpreter than `python3`. */
import { spawn } from 'node:child_process';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { UserError } from '../cli/errors.ts';
import type { Config } from '../train/config.ts';
import type { Example } from '../train/data/examples.ts';

export interface Torch {
  readonly version: string;
  /** Milliseconds of a step. */
  readonly step: (examples: readonly Example[]) => Promise<number>;
  readonly stop: () => void;
}

/** @throws UserError when Python has no PyTorch. */
export async function startTorch(
  config: Config,
  threads: number,
  python = process.env['PYTHON'] ?? 'python3',
): Promise<Torch> {
  const { vocabularySize: vocabulary, embeddingUnits: embedding, units, learningRate: rate } = config;
  const shapes = JSON.stringify({ vocabulary, embedding, units, rate, threads });
  const child = spawn(python, [path.join(import.meta.dirname, 'torch.py'), shapes], {
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  child.on('error', () => {}); // then there is no line either
  child.stdin.on('error', () => {});
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const answer = async (): Promise<unknown> => {
    const { done, value } = await lines.next();
    if (!done) return JSON.parse(value);
    throw new UserError(`${python} cannot run PyTorch; install it (pip install torch), or leave out --torch`);
  };
  return {
    version: String(await answer()),
    step: async (examples) => {
      child.stdin.write(`${JSON.stringify(examples.map(({ ids }) => [...ids]))}\n`);
      return Number(await answer());
    },
    stop: () => void child.kill(),
  };
}
