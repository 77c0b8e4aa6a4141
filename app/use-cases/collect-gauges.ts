import { readRateLimits } from '../../producers/http/rate-budget.ts';
import type { App } from '../app.ts';
import { readAccounts } from './accounts.ts';

/** Sets the gauges that are read from the log and the store, just before they are shown. */
export async function collectGauges(app: App): Promise<void> {
  const { metrics } = app.telemetry;
  for (const name of [
    'hoardarr_consumer_lag_records',
    'hoardarr_items',
    'hoardarr_held_items',
    'hoardarr_converged',
    'hoardarr_dead_letter_records',
    'hoardarr_rate_limit_remaining_requests',
    'hoardarr_needs_reauth',
  ])
    metrics.resetGauge(name);
  const destination = (topic: string): string => `${app.config.topicPrefix}${topic}`;
  for (const { group, topic, partition, committed, end } of await app.log.lag()) {
    const labels = {
      messaging_consumer_group_name: group,
      messaging_destination_name: destination(topic),
      messaging_destination_partition_id: String(partition),
    };
    metrics.gauge('hoardarr_consumer_lag_records', Math.max(0, end - committed), labels);
  }
  for (const { scope, active, held, trash, purged, stub } of await app.store.totals()) {
    for (const [state, count] of Object.entries({ active, held, trash, purged, stub }))
      metrics.gauge('hoardarr_items', count, { scope, state });
    metrics.gauge('hoardarr_held_items', held, { scope });
  }
  for (const { scope, converged } of await app.store.scopes())
    if (converged !== null) metrics.gauge('hoardarr_converged', converged ? 1 : 0, { scope });
  for (const { partition, start, end } of await app.log.ends('dead-letter'))
    metrics.gauge('hoardarr_dead_letter_records', end - start, { partition: String(partition) });
  for (const { provider, resource, remaining } of await readRateLimits(app.metadata, app.clock.now()))
    if (remaining !== null) metrics.gauge('hoardarr_rate_limit_remaining_requests', remaining, { provider, resource });
  for (const { provider, user, credentialKind, needsReauth } of await readAccounts(app))
    if (credentialKind !== null) metrics.gauge('hoardarr_needs_reauth', needsReauth ? 1 : 0, { provider, user });
}
