/** Converts a job's answers, NDJSON, to CSV, TSV or NDJSON, and counts them. */
import * as v from 'valibot';
import { UserError } from '../../cli/errors.ts';
import { StreamAnswer } from '../../edge/http/schema.ts';
import { tableRow } from '../../shared/files/table-row.ts';

export type TableType = 'csv' | 'tsv' | 'ndjson';

/** Counts of the answers. */
export interface Tally {
  records: number;
  /** Records whose answer is an error; `failures` has the first few. */
  failed: number;
  failures: { line: number; error: string }[];
}

const DELIMITERS = { csv: ',', tsv: '\t' } as const;
const SHOWN_FAILURES = 5;

/**
 * @param labels of the answers, in their order. A table has a score column for each.
 * @param tally is updated.
 * @throws UserError at a line that is not an answer.
 */
export async function* convert(
  body: AsyncIterable<Uint8Array>,
  type: TableType,
  labels: readonly string[],
  tally: Tally,
): AsyncGenerator<string, void> {
  if (type !== 'ndjson') {
    const scores = labels.map((label) => `score_${label}`); // the prefix keeps labels from looking like other columns or formulas
    yield tableRow(
      ['line', 'id', 'label', 'score', ...scores, 'tokens', 'unknown', 'truncated', 'reliable', 'error'],
      DELIMITERS[type],
    );
  }
  for await (const lines of linesOf(body)) {
    const converted = lines.map((line) => {
      const answer = parseAnswer(line);
      tally.records++;
      if ('error' in answer) {
        tally.failed++;
        if (tally.failures.length < SHOWN_FAILURES) tally.failures.push({ line: answer.line, error: answer.error });
      }
      if (type === 'ndjson') return `${line}\n`;
      return tableRow(fieldsOf(answer, labels), DELIMITERS[type]);
    });
    yield converted.join('');
  }
}

function fieldsOf(answer: StreamAnswer, labels: readonly string[]): unknown[] {
  const { line, id } = answer;
  if ('error' in answer) return [line, id, '', '', ...labels.map(() => ''), '', '', '', '', answer.error];
  const scores = new Map(answer.scores.map(({ label, score }) => [label, score]));
  const { label, score, tokens, unknown, truncated, reliable } = answer;
  return [line, id, label, score, ...labels.map((name) => scores.get(name)), tokens, unknown, truncated, reliable, ''];
}

function parseAnswer(line: string): StreamAnswer {
  try {
    return v.parse(StreamAnswer, JSON.parse(line));
  } catch {
    throw new UserError('The results have a line that is not an answer; check --url');
  }
}

/** The lines that each chunk completes. */
async function* linesOf(body: AsyncIterable<Uint8Array>): AsyncGenerator<string[], void> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of body) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n');
    rest = lines.pop() as string;
    yield lines;
  }
  if (rest !== '') yield [rest];
}
