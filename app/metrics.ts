import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { Metrics } from '../core/ports/telemetry.ts';

type Labels = Readonly<Record<string, string>>;

/**
 * Help texts by the name that code counts with. Names of message metrics are those of OpenTelemetry's messaging conventions
 * (https://opentelemetry.io/docs/specs/semconv/messaging/messaging-metrics/), as Prometheus writes them.
 */
export const METRIC_HELP: Readonly<Record<string, string>> = {
  messaging_client_sent_messages: 'Records appended to the event log',
  messaging_client_consumed_messages: 'Records given to consumers of the event log',
  messaging_client_operation_duration_seconds: 'Time of one append to the event log',
  messaging_process_duration_seconds: 'Time of handling one batch',
  hoardarr_consumer_lag_records: 'Records behind the end of the log',
  hoardarr_items: 'Items by scope and state',
  hoardarr_held: 'Removals held by the sink or a person',
  hoardarr_held_items: 'Removals that wait for a person or a newer snapshot',
  hoardarr_converged: '1 where both sides held the same set when last compared, 0 where not',
  hoardarr_removed: 'Items removed, by who decided',
  hoardarr_purged: 'Items erased, by who decided',
  hoardarr_dead_letters: 'Records that went to the dead letters, by stage',
  hoardarr_dead_letter_records: 'Dead letters that are kept now',
  hoardarr_enriched_records: 'Records passed on with their embedding',
  hoardarr_pending_late_vectors: 'Items that wait for a vector since the embedder failed',
  hoardarr_produced_records: 'Records that runs of producers wrote to ingest, by provider',
  hoardarr_provider_requests: 'Requests to providers, by class of status; none: no answer came',
  hoardarr_rate_limit_wait_seconds: 'Time waited for rate limits of providers',
  hoardarr_rate_limit_remaining_requests: 'Requests that the rate budget has left, of the credential that has fewest',
  hoardarr_syncs: 'Syncs that ended, by how: done, aborted, needs_reauth',
  hoardarr_recheck_answers: 'What providers answered about single items',
  hoardarr_needs_reauth: '1 where an account has to be connected again, else 0',
  hoardarr_notifications: 'Notifications, by whether the receiver took them',
  hoardarr_runs_settled: 'Runs of producers of which everything was applied',
  hoardarr_items_applied: 'Rows changed by the sink',
  hoardarr_embedding_requests: 'Requests to the embedder',
  hoardarr_embedding_tokens: 'Tokens that the embedder counted',
  hoardarr_embedding_tokens_saved: 'Tokens of texts whose vector was there already, estimated from their length',
  hoardarr_embedded_texts: 'Texts that the embedder made a vector of',
  hoardarr_embedding_cache_hits: 'Texts whose vector was in the cache',
  hoardarr_embedding_cache_misses: 'Texts whose vector was not in the cache',
};

const DURATION_BUCKETS_S = [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10, 60];

/** The metrics port on prom-client. A metric comes into being when it is first used, with the labels of that use. */
export class PrometheusMetrics implements Metrics {
  readonly registry = new Registry();
  readonly #counters = new Map<string, Made<Counter>>();
  readonly #gauges = new Map<string, Made<Gauge>>();
  readonly #histograms = new Map<string, Made<Histogram>>();

  count(name: string, amount = 1, labels: Labels = {}): void {
    const made = getOrMake(
      this.#counters,
      name,
      labels,
      () => new Counter(this.#options(`${name}_total`, name, labels)),
    );
    made.metric.inc(shared(made, labels), amount);
  }

  gauge(name: string, value: number, labels: Labels = {}): void {
    const made = getOrMake(this.#gauges, name, labels, () => new Gauge(this.#options(name, name, labels)));
    made.metric.set(shared(made, labels), value);
  }

  observe(name: string, value: number, labels: Labels = {}): void {
    const options = { ...this.#options(name, name, labels), buckets: DURATION_BUCKETS_S };
    const made = getOrMake(this.#histograms, name, labels, () => new Histogram(options));
    made.metric.observe(shared(made, labels), value);
  }

  /** Forgets all values of a gauge, so that what is gone is not shown any more. */
  resetGauge(name: string): void {
    this.#gauges.get(name)?.metric.reset();
  }

  #options(
    name: string,
    help: string,
    labels: Labels,
  ): { name: string; help: string; labelNames: string[]; registers: Registry[] } {
    const labelNames = Object.keys(labels);
    return { name, help: METRIC_HELP[help] ?? help.replaceAll('_', ' '), labelNames, registers: [this.registry] };
  }
}

interface Made<M> {
  readonly metric: M;
  readonly labelNames: readonly string[];
}

function getOrMake<M>(known: Map<string, Made<M>>, name: string, labels: Labels, make: () => M): Made<M> {
  const found = known.get(name);
  if (found !== undefined) return found;
  const made = { metric: make(), labelNames: Object.keys(labels) };
  known.set(name, made);
  return made;
}

/** prom-client throws at a label that it was not told of, and counting must never break what is counted. */
function shared({ labelNames }: Made<unknown>, labels: Labels): Record<string, string> {
  return Object.fromEntries(labelNames.map((name) => [name, labels[name] ?? '']));
}
