/**
 * What this isolate has done, in Prometheus' text format (version 0.0.4). Counts only: no text, no client, and nothing
 * that grows with the traffic. A platform that runs many isolates has as many counts, and a new one starts from zero.
 */
import type { MiddlewareHandler } from 'hono';
import type { Manifest } from '../../shared/bundle.ts';
import type { Classification } from '../inference/classifier.ts';
import { type AppEnv, routeOf } from './context.ts';

export const METRICS_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

export class Metrics {
  /** By `labels()` of route and status. */
  readonly #requests = new Map<string, number>();
  readonly #counts = { texts: 0, tokens: 0, unknown: 0, truncated: 0, errors: 0, classifications: 0, seconds: 0 };

  /** @param route its pattern, of which there are few. */
  countRequest(route: string, status: number): void {
    const key = labels({ route, status: `${status}` });
    this.#requests.set(key, (this.#requests.get(key) ?? 0) + 1);
  }

  /** One call of the classifier, which took that long. */
  countClassification(results: readonly Classification[], seconds: number): void {
    const counts = this.#counts;
    counts.classifications++;
    counts.seconds += seconds;
    for (const { tokens, unknown, truncated } of results) {
      counts.texts++;
      counts.tokens += tokens;
      counts.unknown += unknown;
      if (truncated) counts.truncated++;
    }
  }

  countError(): void {
    this.#counts.errors++;
  }

  /** @param manifest of the model that is served, where it could be loaded. */
  toString(manifest?: Pick<Manifest, 'id' | 'version'>): string {
    const { texts, tokens, unknown, truncated, errors, classifications, seconds } = this.#counts;
    const requests = [...this.#requests].map(([key, value]): [string, number] => [key, value]);
    return [
      metric('requests_total', 'counter', 'Requests answered, by route and status', requests),
      metric('texts_total', 'counter', 'Texts classified', [['', texts]]),
      metric('tokens_total', 'counter', 'Tokens that the network read', [['', tokens]]),
      metric('unknown_tokens_total', 'counter', 'Tokens among those that are not in the vocabulary', [['', unknown]]),
      metric('truncated_texts_total', 'counter', 'Texts whose beginning was not read', [['', truncated]]),
      metric('errors_total', 'counter', 'Bugs and failed loads, each of which is in the log', [['', errors]]),
      metric(
        'inference_seconds',
        'summary',
        'Time in the classifier. Deployed Workers stop their clocks while they compute, so there it says 0',
        [
          ['_sum', seconds],
          ['_count', classifications],
        ],
      ),
      ...(manifest
        ? [
            metric('model_info', 'gauge', 'The model served', [
              [labels({ model: manifest.id, version: manifest.version }), 1],
            ]),
          ]
        : []),
    ].join('');
  }
}

/** Counts the requests that are answered, whatever the answer. */
export function countRequests(metrics: Metrics): MiddlewareHandler<AppEnv> {
  return async function countRequests(context, next) {
    await next();
    metrics.countRequest(routeOf(context), context.res.status);
  };
}

const SCOPE = ' Of this isolate or process, since it started.';

/** @param samples of each, what follows the metric's name, and the value. */
function metric(
  name: string,
  type: 'counter' | 'gauge' | 'summary',
  help: string,
  samples: readonly (readonly [string, number])[],
): string {
  const full = `edge_sentiment_${name}`;
  const lines = samples.map(([rest, value]) => `${full}${rest} ${value}\n`);
  return `# HELP ${full} ${help}.${type === 'gauge' ? '' : SCOPE}\n# TYPE ${full} ${type}\n${lines.join('')}`;
}

/** The values need no escaping: they are patterns of routes, statuses, and names of models. */
function labels(values: Record<string, string>): string {
  return `{${Object.entries(values)
    .map(([name, value]) => `${name}="${value}"`)
    .join(',')}}`;
}
