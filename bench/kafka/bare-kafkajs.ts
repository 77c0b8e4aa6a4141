import kafkajs, { type Consumer, type Kafka } from 'kafkajs';
import type { LogRecord, TopicName } from '../../core/ports/event-log.ts';
import { cpuMs } from '../measure.ts';
import { waitFor } from '../stack.ts';
import { type KafkaPlace, openBenchLog } from './run-on-kafka.ts';

export interface BareResult {
  /** from the first record produced to the last one consumed */
  readonly ms: number;
  readonly cpuMs: number;
}

const BATCH_RECORDS = 500;
const PARTITION = 0;
const ACKS_ALL = -1;

/** Produce, consume and produce, consume: with kafkajs alone, in one process, the records that the pipeline wrote there. */
export async function bareKafkajs(place: KafkaPlace): Promise<BareResult> {
  const log = await openBenchLog(place);
  const ingest = await everyRecord(log, 'ingest');
  const enriched = await everyRecord(log, 'enriched');
  await log.close();
  const client = new kafkajs.Kafka({ brokers: [...place.brokers], logLevel: kafkajs.logLevel.ERROR });
  const names = { first: `${place.topicPrefix}bare-first`, second: `${place.topicPrefix}bare-second` };
  const admin = client.admin();
  await admin.connect();
  const topics = Object.values(names).map((topic) => ({ topic, numPartitions: 1, replicationFactor: 1 }));
  await admin.createTopics({ waitForLeaders: true, topics });
  await admin.disconnect();
  return await move(client, names, ingest, enriched);
}

async function move(
  client: Kafka,
  names: { readonly first: string; readonly second: string },
  ingest: readonly LogRecord[],
  enriched: readonly LogRecord[],
): Promise<BareResult> {
  const producer = client.producer({ createPartitioner: kafkajs.Partitioners.DefaultPartitioner, idempotent: false });
  await producer.connect();
  const send = async (topic: string, records: readonly LogRecord[]): Promise<void> => {
    const messages = records.map(({ key, value, headers }) => {
      return { key, value: value && Buffer.from(value), headers, partition: PARTITION };
    });
    await producer.send({ topic, acks: ACKS_ALL, compression: kafkajs.CompressionTypes.GZIP, messages });
  };
  let consumed = 0;
  let passedOn = 0;
  const consumers = [
    await consume(client, names.first, async (count) => {
      const records = enriched.slice(passedOn, passedOn + count);
      passedOn += count;
      for (let from = 0; from < records.length; from += BATCH_RECORDS) {
        await send(names.second, records.slice(from, from + BATCH_RECORDS));
      }
    }),
    await consume(client, names.second, async (count) => void (consumed += count)),
  ];
  const since = performance.now();
  const cpuSince = cpuMs();
  for (let from = 0; from < ingest.length; from += BATCH_RECORDS) {
    await send(names.first, ingest.slice(from, from + BATCH_RECORDS));
  }
  await waitFor(async () => consumed >= Math.min(ingest.length, enriched.length));
  const result = { ms: performance.now() - since, cpuMs: cpuMs() - cpuSince };
  await Promise.all([...consumers.map((consumer) => consumer.disconnect()), producer.disconnect()]);
  return result;
}

/** Calls back with how many records came; committed as kafkajs does it. Resolves when the group is joined. */
async function consume(client: Kafka, topic: string, onRecords: (count: number) => Promise<void>): Promise<Consumer> {
  const consumer = client.consumer({ groupId: topic });
  await consumer.connect();
  await consumer.subscribe({ topic, fromBeginning: true });
  const joined = new Promise<void>((resolve) => void consumer.on(consumer.events.GROUP_JOIN, () => resolve()));
  await consumer.run({ eachBatch: async ({ batch }) => await onRecords(batch.messages.length) });
  await joined;
  return consumer;
}

async function everyRecord(log: Awaited<ReturnType<typeof openBenchLog>>, topic: TopicName): Promise<LogRecord[]> {
  const all: LogRecord[] = [];
  for (const { partition, end } of await log.ends(topic)) {
    for (let from = 0; from < end; ) {
      const page = await log.read(topic, partition, from);
      if (page.length === 0) break;
      // Copied, since a record is a view of all that came with it.
      all.push(...page.map((record) => ({ ...record, value: record.value && Buffer.from(record.value) })));
      from = (page.at(-1)?.offset ?? from) + 1;
    }
  }
  return all;
}
