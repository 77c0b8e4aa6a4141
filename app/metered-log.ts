import type { EventLog, SubscribeOptions } from '../core/ports/event-log.ts';
import type { Metrics } from '../core/ports/telemetry.ts';

/**
 * Counts what goes through a log, by OpenTelemetry's names for messaging.
 *
 * @param system what the log is on: `kafka`, or `hoardarr` where it is embedded
 */
export function meterLog(log: EventLog, metrics: Metrics, topicPrefix: string, system = 'hoardarr'): EventLog {
  const destination = (topic: string): Record<string, string> => ({
    messaging_system: system,
    messaging_destination_name: `${topicPrefix}${topic}`,
  });
  return {
    partitionCount: log.partitionCount,
    partitionOf: (account) => log.partitionOf(account),
    read: (topic, partition, from, limits) => log.read(topic, partition, from, limits),
    ends: (topic) => log.ends(topic),
    lag: () => log.lag(),
    compact: () => log.compact(),
    close: () => log.close(),
    async append(topic, partition, records) {
      const since = performance.now();
      const offsets = await log.append(topic, partition, records);
      metrics.observe('messaging_client_operation_duration_seconds', (performance.now() - since) / 1000, {
        ...destination(topic),
        messaging_operation_name: 'send',
      });
      metrics.count('messaging_client_sent_messages', records.length, destination(topic));
      return offsets;
    },
    subscribe: (options) => log.subscribe(meterHandler(options, metrics, destination)),
  };
}

function meterHandler(
  options: SubscribeOptions,
  metrics: Metrics,
  destination: (topic: string) => Record<string, string>,
): SubscribeOptions {
  return {
    ...options,
    async handler(batch) {
      const labels = { ...destination(batch.topic), messaging_consumer_group_name: options.group };
      metrics.count('messaging_client_consumed_messages', batch.records.length, labels);
      const since = performance.now();
      await options.handler(batch);
      metrics.observe('messaging_process_duration_seconds', (performance.now() - since) / 1000, labels);
    },
  };
}
