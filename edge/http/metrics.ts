/**
 * Counts what this isolate has done, in Prometheus' text format (version 0.0.4). No text, no client, and nothing that grows with the
 * traffic. A platform with many isolates has as many counts, and a new isolate starts at zero.
 */
import type { MiddlewareHandler } from 'hono';
import type { Manifest } from '../../shared/bundle.ts';
import type { Classification } from '../inference/answer.ts';
import type { Classifier } from '../inference/classifier.ts';
import { type AppEnv, routeOf } from './context.ts';

export const METRICS_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

export class Metrics {
  /** By route and status, with a space between. */
  readonly #requests = new Map<string, number>();
  /** By label; a model has at most a hundred. */
  readonly #answers = new Map<string, number>();
  readonly #counts = { texts: 0, tokens: 0, unknown: 0, truncated: 0, errors: 0, classifications: 0, seconds: 0 };

  /** @param route a pattern, of which there are few. */
  countRequest(route: string, status: number): void {
    increment(this.#requests, `${route} ${status}`);
  }

  /** The classifier, with every call counted that succeeds. */
  counting(classifier: Classifier): Classifier {
    return {
      ...classifier,
      classify: async (...call) => {
        const start = performance.now();
        const results = await classifier.classify(...call);
        this.#countClassification(results, (performance.now() - start) / 1000);
        return results;
      },
    };
  }

  #countClassification(results: readonly Classification[], seconds: number): void {
    const counts = this.#counts;
    counts.classifications++;
    counts.seconds += seconds;
    for (const { label, tokens, unknown, truncated } of results) {
      increment(this.#answers, label);
      counts.texts++;
      counts.tokens += tokens;
      counts.unknown += unknown;
      if (truncated) counts.truncated++;
    }
  }

  countError(): void {
    this.#counts.errors++;
  }

  /** @param manifest of the model, if it could be loaded. */
  toString(manifest?: Pick<Manifest, 'id' | 'version'>, reloads = 0): string {
    const { texts, tokens, unknown, truncated, errors, classifications, seconds } = this.#counts;
    const requests = [...this.#requests].map(([key, count]) => {
      const space = key.lastIndexOf(' ');
      return [labels({ route: key.slice(0, space), status: key.slice(space + 1) }), count] as const;
    });
    const answers = [...this.#answers].map(([label, count]) => [labels({ label }), count] as const);
    return [
      metric('requests_total', 'counter', 'Requests answered, by route and status', requests),
      metric('texts_total', 'counter', 'Texts classified', [['', texts]]),
      metric('answers_total', 'counter', 'Texts classified, by the label of the answer', answers),
      metric('tokens_total', 'counter', 'Tokens that the network read', [['', tokens]]),
      metric('unknown_tokens_total', 'counter', 'Tokens that are not in the vocabulary', [['', unknown]]),
      metric('truncated_texts_total', 'counter', 'Texts whose beginning was not read', [['', truncated]]),
      metric('errors_total', 'counter', 'Bugs and failed loads, each in the log', [['', errors]]),
      metric('network_reloads_total', 'counter', 'Times the network broke and was loaded again', [['', reloads]]),
      metric(
        'inference_seconds',
        'summary',
        'Time in the classifier. Always 0 on deployed Workers, whose clocks stand still while they compute',
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

/** Counts all answered requests. */
export function countRequests(metrics: Metrics): MiddlewareHandler<AppEnv> {
  return async function countRequests(context, next) {
    await next();
    metrics.countRequest(routeOf(context), context.res.status);
  };
}

const SCOPE = ' Of this isolate or process, since it started.';

/** @param samples pairs of the text after the metric's name and the value. */
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

function increment(counts: Map<string, number>, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}

/** Prometheus labels. A model's label may contain quotes and backslashes, which are escaped. */
function labels(values: Record<string, string>): string {
  return `{${Object.entries(values)
    .map(([name, value]) => `${name}="${value.replaceAll(/["\\]/g, '\\$&')}"`)
    .join(',')}}`;
}
