import { afterEach, beforeEach, expect, it } from '@jest/globals';
import kafkajs, { type Admin } from 'kafkajs';
import { systemClock } from '../../app/clock.ts';
import type { EventLog } from '../../core/ports/event-log.ts';
import { keysOf, readAll, record, records, Seen, textOf, until } from '../../testing/contracts/event-log-harness.ts';
import { RecordingTelemetry } from '../../testing/recording-telemetry.ts';
import { describeWithParts } from '../../testing/stack/real-parts.ts';
import { recordsOf } from './fetch-response.ts';
import { fetchFrom } from './fetcher.ts';
import { KafkaLink, kafkaClient, type LinkOptions } from './kafka-link.ts';
import { openKafkaLog } from './open-kafka-log.ts';

const COMPACTED_WITHIN_MS = 120_000;

describeWithParts('what a real broker removes', ['kafka'], (environment) => {
  let topicPrefix: string;
  let options: LinkOptions;
  let admin: Admin;
  let telemetry: RecordingTelemetry;
  let log: EventLog;

  beforeEach(async () => {
    topicPrefix = `compaction-${process.pid}-${Date.now()}.`;
    const brokers = (environment()['KAFKA_BROKERS'] ?? '').split(',');
    telemetry = new RecordingTelemetry();
    options = { brokers, log: telemetry.log };
    log = await openKafkaLog({ ...options, topicPrefix, partitions: 1, clock: systemClock, random: Math.random });
    admin = kafkaClient(options).admin();
    await admin.connect();
    // In earnest it takes up to a day.
    const configEntries = Object.entries({
      'cleanup.policy': 'compact',
      'segment.ms': '100',
      'max.compaction.lag.ms': '100',
      'min.cleanable.dirty.ratio': '0.01',
      'max.message.bytes': '1114112',
    }).map(([name, value]) => ({ name, value }));
    const resource = { type: kafkajs.ConfigResourceTypes.TOPIC, name: `${topicPrefix}ingest`, configEntries };
    await admin.alterConfigs({ validateOnly: false, resources: [resource] });
  });

  afterEach(async () => {
    await log.close();
    await admin.disconnect();
  });

  /** Segments are closed, and so open to the cleaner, when something is written after their time. */
  async function untilCompacted(what: string, isDone: () => Promise<boolean>): Promise<void> {
    const deadline = performance.now() + COMPACTED_WITHIN_MS;
    while (!(await isDone())) {
      if (performance.now() > deadline) throw new Error(`the broker did not compact until ${what}`);
      await log.append('ingest', 0, [record('filler')]);
      await systemClock.sleep(200);
    }
  }

  it(
    'erases what a tombstone names and nothing else, and is read to the end from 0',
    async () => {
      await log.append('ingest', 0, records('k', 900));
      const erased = records('k', 900).flatMap(({ key }, i) => (i % 3 === 0 ? [key] : []));
      await log.append(
        'ingest',
        0,
        erased.map((key) => record(key, null)),
      );
      const left = async (): Promise<number> =>
        (await readAll(log, 'ingest', 0)).filter(({ key, value }) => value !== null && key !== 'filler').length;
      await untilCompacted('the values are gone', async () => (await left()) === 600);
      const seen = new Seen();
      await log.subscribe({ group: 'g', topics: ['ingest'], handler: async (batch) => seen.add(batch) });
      const kept = records('k', 900).flatMap(({ key }) => (erased.includes(key) ? [] : [key]));
      await until('the consumer has every key', () => {
        const values = seen.batches
          .flatMap((batch) => batch.records)
          .filter((r) => textOf(r)?.startsWith('k') === true);
        return values.map(({ key }) => key).join() === kept.join();
      });
    },
    COMPACTED_WITHIN_MS,
  );

  it('goes on at the oldest record where time has removed what was not read, and says so', async () => {
    await log.append('commands', 0, records('k', 10));
    await admin.deleteTopicRecords({ topic: `${topicPrefix}commands`, partitions: [{ partition: 0, offset: '6' }] });
    expect(keysOf(await log.read('commands', 0, 0))).toEqual(['k6', 'k7', 'k8', 'k9']);
    expect(await log.ends('commands')).toEqual([{ partition: 0, start: 6, end: 10 }]);
    const seen = new Seen();
    await log.subscribe({ group: 'g', topics: ['commands'], handler: async (batch) => seen.add(batch) });
    await until('the rest came', () => seen.keys('commands', 0).join() === 'k6,k7,k8,k9');
    expect(telemetry.lines).toContainEqual(
      expect.objectContaining({ level: 'warn', message: 'records were removed before they were read' }),
    );
  });

  it(
    'ends with every key also where idempotent producers of others left batches without records',
    async () => {
      const topic = `${topicPrefix}ingest`;
      for (const round of ['first', 'second']) {
        const producer = kafkaClient(options).producer({ idempotent: true, maxInFlightRequests: 1 });
        await producer.connect();
        for (let batch = 0; batch < 9; batch += 1) {
          const messages = records('k', 900).slice(batch * 100, batch * 100 + 100);
          await producer.send({ topic, messages: messages.map(({ key }) => ({ key, value: round, partition: 0 })) });
        }
        await producer.disconnect();
      }
      const values = async (): Promise<(string | null)[]> =>
        (await readAll(log, 'ingest', 0)).filter(({ key }) => key !== 'filler').map(textOf);
      await untilCompacted('the first round is gone', async () => (await values()).length === 900);
      expect(new Set(await values())).toEqual(new Set(['second']));
      // The trap is there: a batch that takes offsets and has no record.
      const link = new KafkaLink(options, [topic]);
      const nodeId = await link.leaderIdOf(topic, 0);
      const wanted = { topic, partition: 0, from: 0, maxBytes: 61 };
      const [fetched] = await fetchFrom(link, nodeId, [wanted], 0);
      await link.close();
      const { records: none, next } = await recordsOf(fetched?.bytes ?? Buffer.alloc(0), 0);
      expect(none).toEqual([]);
      expect(next).toBeGreaterThan(0);
    },
    COMPACTED_WITHIN_MS,
  );
});
