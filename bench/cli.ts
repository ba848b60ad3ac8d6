/** `npm run bench -- <name> [--json]` runs the file of that name. */
const BENCHMARKS = ['train', 'cold', 'infer', 'serve', 'bulk'];

const name = process.argv[2] ?? '';
if (BENCHMARKS.includes(name)) {
  await import(`./${name}.ts`);
} else {
  process.stderr.write(`usage: npm run bench -- ${BENCHMARKS.join(' | ')} [--json]\n`);
  process.exitCode = 2;
}
