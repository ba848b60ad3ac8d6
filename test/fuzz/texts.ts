/** Texts → tokens → ids → an answer that accounts for every token. */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import fc from 'fast-check';
import { reference } from '../../harness/reference.ts';
import { encode } from '../../shared/encoding.ts';
import { tokenize } from '../../shared/tokenizer.ts';
import { START_ID, UNKNOWN_ID, Vocabulary } from '../../shared/vocabulary.ts';
import { anyText } from './arbitraries.ts';
import { target } from './target.ts';

const vocabulary = Vocabulary.parse(await readFile('model/vocabulary.txt', 'utf8'));
const words = vocabulary.toString().trimEnd().split('\n').slice(3);
const { maxTokens } = await reference.manifest();

export const tokenizer = target({
  name: 'tokenizer',
  inputs: fc.record({ text: anyText, after: anyText, maxTokens: fc.integer({ min: 1, max: 20 }) }),
  holds: ({ text, after, maxTokens }) => {
    const tokens = tokenize(text);
    let free = 0;
    for (const { text: folded, start, end } of tokens) {
      assert(start >= free && end > start && folded !== '', 'tokens are in order, apart, and not empty');
      const part = text.slice(start, end);
      assert.deepEqual(tokenize(part), [{ text: folded, start: 0, end: part.length }], 'a token’s part is the token');
      const isName = ['<url>', '<email>', '<user>'].includes(folded);
      if (!isName)
        assert.deepEqual(tokenize(folded), [{ text: folded, start: 0, end: folded.length }], 'a token is itself');
      free = end;
    }
    assert(free <= text.length, 'tokens are in the text');
    const folded = (some: string) => tokenize(some).map((token) => token.text);
    const plain = text.replaceAll('<', ''); // markup goes on from one line to the next
    assert.deepEqual(folded(`${plain}\n${after}`), [...folded(plain), ...folded(after)], 'a line end separates');

    const { ids, tokens: read, unknown, truncated } = encode(tokens, vocabulary, maxTokens);
    assert.deepEqual(read, tokens.slice(-maxTokens), 'the last tokens are read');
    assert.equal(ids.length, Math.min(tokens.length + 1, maxTokens));
    assert.equal(ids.includes(START_ID), tokens.length < maxTokens, 'START is there when there is room');
    assert(ids.every((id) => id >= START_ID && id < vocabulary.size));
    assert.equal(unknown, ids.filter((id) => id === UNKNOWN_ID).length);
    assert.equal(truncated, tokens.length > maxTokens);
  },
});

/** From a character to more words than the network reads, in letters that it knows and in any others. */
const review = fc.oneof(
  { weight: 3, arbitrary: anyText },
  {
    weight: 1,
    arbitrary: fc
      .tuple(
        fc.array(fc.oneof(fc.constantFrom(...words.slice(0, 9_000)), anyText), { maxLength: 12 }),
        fc.constantFrom(1, 3, maxTokens),
      )
      .map(([some, times]) => `${some.join(' ')} `.repeat(times).slice(0, 10_000)),
  },
);

const own = (await reference.manifest()).labels;
const request = fc.record({
  text: review,
  labels: fc.option(fc.shuffledSubarray(own, { minLength: 2 }), { nil: undefined }),
  evidence: fc.constant(true),
});

export const evidence = target({
  name: 'evidence',
  inputs: fc.array(request, { minLength: 1, maxLength: 3 }),
  holds: async (requests) => {
    const answers = await reference.classify(requests);
    const plain = answers.map(({ evidence: _, ...rest }) => rest);
    const unexplained = requests.map(({ text, labels }) => ({ text, labels }));
    assert.deepEqual(plain, await reference.classify(unexplained), 'evidence changes no answer');
    for (const [index, { text, labels = own }] of requests.entries()) {
      const answer = answers[index] ?? assert.fail('no answer');
      const { label, score, scores, logits, tokens, unknown, truncated, evidence } = answer;
      assert.deepEqual(new Set(scores.map((one) => one.label)), new Set(labels), 'the labels are those asked for');
      assert(Math.abs(scores.reduce((sum, one) => sum + one.score, 0) - 1) <= 1e-9, 'the scores add up to 1');
      assert(evidence !== undefined && score === Math.max(...scores.map((one) => one.score)));
      assert.equal(scores.find((one) => one.label === label)?.score, score);
      for (const [place, logit] of logits.entries()) {
        const changes = evidence.tokens.map((token) => token.evidence[place] as number);
        const sum = changes.reduce((total, change) => total + change, evidence.bias[place] as number);
        assert(Math.abs(sum - logit) <= 1e-9 * Math.max(1, Math.abs(logit)), 'the evidences add up to the logit');
      }
      assert.equal(evidence.tokens.length, tokens);
      assert.equal(evidence.tokens.filter(({ known }) => !known).length, unknown);
      const all = tokenize(text);
      const places = evidence.tokens.map(({ start, end }) => [start, end]);
      assert.deepEqual(places, tokens === 0 ? [] : all.slice(-maxTokens).map(({ start, end }) => [start, end]));
      for (const token of evidence.tokens) assert.equal(token.text, text.slice(token.start, token.end));
      assert.equal(truncated, all.length > maxTokens);
      assert(unknown < tokens || logits.every((logit) => logit === 0), 'what knows no word has no opinion');
    }
    const [alone] = await reference.classify(requests.slice(0, 1));
    for (const [place, logit] of (alone?.logits ?? [Number.NaN]).entries()) {
      assert(Math.abs(logit - (answers[0]?.logits[place] ?? 0)) <= 1e-4, 'a batch changes no answer');
    }
  },
});
