/** Everything that is fuzzed. A reader of what strangers send belongs in this list. */
import { archives, packed } from './archive.ts';
import { bundle, index, vocabulary } from './bundles.ts';
import { http } from './http.ts';
import { image } from './images.ts';
import { records } from './jobs.ts';
import { chunks, encodings, parameters, tags } from './requests.ts';
import { ndjson } from './streams.ts';
import { agreed, tables, written } from './tables.ts';
import type { Target } from './target.ts';
import { evidence, tokenizer } from './texts.ts';

export const TARGETS: readonly Target[] = [
  tokenizer,
  evidence,
  vocabulary,
  index,
  bundle,
  image,
  chunks,
  encodings,
  parameters,
  tags,
  ndjson,
  records,
  archives,
  packed,
  tables,
  agreed,
  written,
  http,
];
