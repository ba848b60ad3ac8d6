/** Asks an endpoint about its model and texts. All answers have to come from one version of the model. */
import { type AddressNames, endpointAddress } from '../../cli/endpoint.ts';
import { UserError } from '../../cli/errors.ts';
import { createClient, type Model, type Result, SentimentError } from '../../client/edge-sentiment.ts';

export interface Endpoint {
  readonly model: Model;
  /** One result a text, in order. Labels are always named, because an endpoint may have a default of its own. */
  readonly classify: (texts: readonly string[], labels: readonly string[]) => Promise<Result[]>;
}

/**
 * @param key for an endpoint that needs one.
 * @throws UserError when the endpoint cannot be reached or refuses; `classify` also when the model's version changes.
 */
export async function connect(given: string, key: string | undefined, names?: AddressNames): Promise<Endpoint> {
  const { url, apiKey } = endpointAddress(given, key, names);
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
        if (seen.size > 1)
          throw new UserError(
            `${url} answers with several versions: ${[...seen].join(', ')}; finish its rollout first`,
          );
        if (results.length < texts.length) {
          throw new UserError(`${url} answered only ${results.length} of ${texts.length} texts`);
        }
        return results;
      }),
  };
}

/** Turns an endpoint's refusal or absence into a UserError. */
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
