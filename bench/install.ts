/**
 * The waiting time and CPU of a user of the package:
 *
 *     npm run bench -- install [--json]
 *
 * The time runs from an empty folder to a first answer on Node, with a warm npm cache. The CPU is that of requests to examples/worker/,
 * bundled by wrangler, in workerd: a Worker of the Free plan may take 10 ms for a request, and the first one loads the model.
 */
import { execFile } from 'node:child_process';
import { cp, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { installed, packed } from '../harness/package.ts';
import { modulesIn, startModules } from '../harness/worker.ts';
import { type Report, summarize } from './report.ts';
import { workerCpu } from './worker-cpu.ts';

const ROUNDS = 3;
const SNIPPET = "import { classify } from 'edge-sentiment';\nconsole.log((await classify('I loved it.')).label);\n";

const execute = promisify(execFile);

export async function run(): Promise<Report> {
  const tarball = await packed();
  const seconds: number[] = [];
  let folder = '';
  for (let round = 0; round < ROUNDS; round++) {
    if (folder !== '') await rm(folder, { recursive: true });
    const start = performance.now();
    folder = await installed(tarball);
    await writeFile(path.join(folder, 'first.js'), SNIPPET);
    const { stdout } = await execute(process.execPath, ['first.js'], { cwd: folder });
    seconds.push((performance.now() - start) / 1000);
    if (stdout !== 'positive\n') throw new Error(`the package answered ${stdout}`);
  }
  try {
    const out = await bundled(folder);
    const cases = [
      summarize('from an empty folder to a first answer', 's', seconds),
      ...(await workerCpu({
        'examples/worker': async () => startModules('index.js', await modulesIn(out, 'index.js')),
      })),
    ];
    return { benchmark: 'install', packages: ['onnxruntime-web', 'miniflare'], cases, ratios: {} };
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** examples/worker/ in the folder that has the package, bundled by wrangler. @returns the folder of the bundle. */
async function bundled(folder: string): Promise<string> {
  const filter = (from: string) => !from.includes('node_modules'); // whoever tried the example has others there
  await cp('examples/worker', folder, { recursive: true, filter });
  const wrangler = path.resolve('node_modules/wrangler/bin/wrangler.js');
  await execute(process.execPath, [wrangler, 'deploy', '--dry-run', '--outdir', 'out'], { cwd: folder });
  return path.join(folder, 'out');
}
