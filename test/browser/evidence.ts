/**
 * The evidence, for a server that does not give it yet: what `POST /v1/sentiment` with `"evidence": true` is agreed to answer.
 * A server that does is asked, and this can go.
 */
import { loadNetwork } from '../../edge/network.ts';
import { loadRuntime, readBundle } from '../../edge/runtime/node.ts';
import { openBundle } from '../../shared/bundle.ts';
import { UNKNOWN_ID } from '../../shared/vocabulary.ts';
import { evidenceOf } from '../../train/evidence.ts';
import { reference } from '../runtimes/behaviour.ts';
import type { Page } from './browser.ts';

export async function withEvidence(page: Page): Promise<void> {
  await page.route('**/v1/sentiment', async (route) => {
    const response = await route.fetch();
    if (response.status() !== 422) return route.fulfill({ response });
    const { text } = route.request().postDataJSON();
    const body = JSON.stringify({ model: 'stub', results: [await answerOf(text)] });
    await route.fulfill({ status: 200, contentType: 'application/json', body });
  });
}

const bundle = await openBundle(await readBundle(new URL('../../model/', import.meta.url)));
const network = await loadNetwork(await loadRuntime(), bundle.model, bundle.manifest);

async function answerOf(text: string) {
  const [result] = await reference.classify([text]);
  const [found] = await evidenceOf(network, bundle, [text]);
  let logit = found?.base ?? 0;
  const tokens = found?.words.map((word) => {
    logit += word.evidence;
    return { ...word, logit, known: bundle.vocabulary.idOf(word.text) !== UNKNOWN_ID };
  });
  return { ...result, evidence: { bias: found?.base, tokens } };
}
