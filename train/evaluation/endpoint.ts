/** An endpoint that is asked for what it serves, and for its answers, as long as they are all of one version. */
import { UserError } from '../../cli/errors.ts';
import { createClient, type Model, type Result, SentimentError } from '../../client/edge-sentiment.ts';

export interface Endpoint {
  readonly model: Model;
  /** One result a text, in order, from the labels that are named: without them, an endpoint answers with those of its own setting. */
  readonly classify: (texts: readonly string[], labels: readonly string[]) => Promise<Result[]>;
}

/**
 * @param apiKey for an endpoint that needs one.
 * @throws UserError when there is none, it refuses, or its version changes on the way; `classify` rejects with the same.
 */
export async function connect(url: string, apiKey: string | undefined): Promise<Endpoint> {
  const seen = new Set<string>();
  const client = createClient({
    url,
    ...(apiKey !== undefined && { apiKey }),
    fetch: async (to, init) => {
      const response = await fetch(to, init);
      seen.add(response.headers.get('x-model-version') ?? 'none');
      return response;
    },
  });
  return {
    model: await asking(url, () => client.model()),
    classify: (texts, labels) =>
      asking(url, async () => {
        const results: Result[] = [];
        for await (const answer of client.stream(texts.map((text) => ({ text, labels })))) {
          if ('error' in answer) throw new UserError(`${url}: ${answer.error}`);
          results.push(answer);
        }
        // What is measured has to be one version.
        if (seen.size > 1) throw new UserError(`${url} answers with several versions: ${[...seen].join(', ')}`);
        if (results.length < texts.length) throw new UserError(`${url} answered ${results.length} of ${texts.length}`);
        return results;
      }),
  };
}

/** What an endpoint refuses, and that there is none, is the user's to mend. */
async function asking<T>(url: string, ask: () => Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch (error) {
    if (error instanceof SentimentError) throw new UserError(`${url}: ${error.message}`);
    if (!(error instanceof TypeError) || error.cause === undefined) throw error;
    const { code, message } = error.cause as NodeJS.ErrnoException;
    throw new UserError(`${url} cannot be reached (${code ?? message})`);
  }
}
