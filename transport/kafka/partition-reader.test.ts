import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { systemClock } from '../../app/clock.ts';
import type { EventLog, LogRecord } from '../../core/ports/event-log.ts';
import { RecordingTelemetry } from '../../testing/recording-telemetry.ts';
import { describeWithParts } from '../../testing/stack/real-parts.ts';
import { KafkaLink } from './kafka-link.ts';
import { openKafkaLog } from './open-kafka-log.ts';
import { PartitionReader } from './partition-reader.ts';

const RECORDS = 3_000;

/** Each fetch asks for the leader first. */
class CountingLink extends KafkaLink {
  fetches = 0;
  override leaderIdOf(topic: string, partition: number): Promise<number> {
    this.fetches += 1;
    return super.leaderIdOf(topic, partition);
  }
}

describeWithParts('a reader on a real broker', ['kafka'], (environment) => {
  const topicPrefix = `reader-${process.pid}-${Date.now()}.`;
  const topic = `${topicPrefix}ingest`;
  const { log: logger } = new RecordingTelemetry();
  let log: EventLog;
  let link: CountingLink;

  beforeAll(async () => {
    const brokers = (environment()['KAFKA_BROKERS'] ?? '').split(',');
    log = await openKafkaLog({
      brokers,
      topicPrefix,
      partitions: 1,
      clock: systemClock,
      random: Math.random,
      log: logger,
    });
    const value = new Uint8Array(10);
    for (const half of [0, RECORDS / 2])
      await log.append(
        'ingest',
        0,
        Array.from({ length: RECORDS / 2 }, (_, n) => ({ key: `k${half + n}`, value })),
      );
    link = new CountingLink({ brokers, log: logger }, [topic]);
  });
  afterAll(async () => {
    await link.close();
    await log.close();
  });

  it('fetches what pages are taken from once, and wherever it begins gives what lies there', async () => {
    const reader = new PartitionReader(link);
    const read = (from: number, records: number): Promise<readonly LogRecord[]> =>
      reader.read(topic, 0, from, { records });
    const seen: number[] = [];
    for (let from = 0; ; ) {
      const page = await read(from, 100);
      const last = page.at(-1);
      if (last === undefined) break;
      seen.push(...page.map(({ offset }) => offset));
      from = last.offset + 1;
    }
    expect(seen).toEqual(Array.from({ length: RECORDS }, (_, n) => n));
    // 30 pages; both batches come at once, and then there is nothing more.
    expect(link.fetches).toBeLessThanOrEqual(3);
    for (const from of [10, 20, 12, 2_500, 10])
      expect((await read(from, 10)).map(({ key }) => key)).toEqual(
        Array.from({ length: 10 }, (_, n) => `k${from + n}`),
      );
    await log.append('ingest', 0, [{ key: 'new', value: null }]);
    expect((await read(RECORDS, 10)).map(({ key }) => key)).toEqual(['new']);
  });
});
