import { setTimeout as delay } from 'node:timers/promises';
import kafkajs, { type Admin, type ITopicConfig } from 'kafkajs';
import { ServerRefusalError } from '../../core/errors.ts';
import { RETENTION_MS, TOMBSTONE_RETENTION_MS, TOPIC_NAMES, type TopicName } from '../../core/ports/event-log.ts';
import { isMoved, protocolTypeOf } from './kafka-errors.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const MEBIBYTE = 1_048_576;
/** What a batch has beside its records' keys, headers and values. */
const OVERHEAD_BYTES = 65_536;

/** Key, headers and value together. `dead-letter` takes more, since it adds headers to records that were at their limit. */
export const MAX_RECORD_BYTES: Readonly<Record<TopicName, number>> = {
  ingest: MEBIBYTE,
  enriched: MEBIBYTE,
  commands: MEBIBYTE,
  outcomes: MEBIBYTE,
  'dead-letter': 2 * MEBIBYTE,
};

/** Kept for ever, but for what a tombstone erases; the records of the others go with time. */
const KEPT_FOR_EVER: Readonly<Record<string, string>> = {
  'cleanup.policy': 'compact',
  'retention.ms': '-1',
  'max.compaction.lag.ms': String(DAY_MS),
  'delete.retention.ms': String(TOMBSTONE_RETENTION_MS),
};

/** Settings as docs/running-on-kafka.md lists them. The policy decides what is lost, so it is verified. */
const SETTINGS: Readonly<Record<TopicName, Readonly<Record<string, string>>>> = {
  ingest: KEPT_FOR_EVER,
  enriched: KEPT_FOR_EVER,
  commands: { 'cleanup.policy': 'delete', 'retention.ms': String(RETENTION_MS.commands), 'segment.ms': String(DAY_MS) },
  outcomes: { 'cleanup.policy': 'delete', 'retention.ms': String(RETENTION_MS.outcomes), 'segment.ms': String(DAY_MS) },
  // Dead letters of purged items are erased too (law 7).
  'dead-letter': {
    'cleanup.policy': 'compact,delete',
    'retention.ms': String(RETENTION_MS['dead-letter']),
    'max.compaction.lag.ms': String(DAY_MS),
    'segment.ms': String(DAY_MS),
  },
};

const UNCLEAN = 'unclean.leader.election.enable';
/** As kafkajs reads them back: a broker that packs them anew in another way would make the log unreadable. */
const READABLE: ReadonlySet<string> = new Set(['producer', 'gzip', 'uncompressed']);
const COMPRESSION = 'compression.type';
const VERIFIED = [
  'cleanup.policy',
  'retention.ms',
  'max.message.bytes',
  'min.insync.replicas',
  UNCLEAN,
  COMPRESSION,
] as const;
const DEFAULT_PARTITIONS = 4;
const MAX_REPLICAS = 3;
/** Of a topic with more replicas, so many have to have a record before it counts as written: then losing one broker loses none. */
const ENOUGH_INSYNC = 2;
const LOOK_EVERY_MS = 100;
const MAX_LOOKS = 300;

/** Whether records of the topic are removed by time, which Kafka takes from their timestamps. */
export function isKeptForATime(topic: TopicName): boolean {
  return SETTINGS[topic]['retention.ms'] !== '-1';
}

/**
 * Creates the topics that are missing and verifies all of them.
 *
 * @param partitions wanted; undefined: whatever the topics have, 4 for new ones
 * @returns the partition count, the same for every topic
 * @throws ServerRefusalError that names the setting and what to do, where a topic would lose records or take none, or partitions differ
 */
export async function prepareTopics(admin: Admin, prefix: string, partitions: number | undefined): Promise<number> {
  const nameOf = (topic: TopicName): string => `${prefix}${topic}`;
  const present = new Set(await admin.listTopics());
  const names = TOPIC_NAMES.map(nameOf);
  const existing = names.filter((name) => present.has(name));
  let shapes = await shapesOf(admin, existing);
  let count = countOf(shapes, partitions);
  if (existing.length < names.length) {
    const missing = TOPIC_NAMES.filter((topic) => !present.has(nameOf(topic)));
    const { brokers } = await admin.describeCluster();
    const topics = missing.map((topic) => newTopic(topic, nameOf(topic), count, brokers.length));
    await create(admin, topics);
    // Another process may have been first, and made them in its own way.
    shapes = await shapesOf(admin, names);
    count = countOf(shapes, partitions);
  }
  await verify(admin, nameOf, shapes);
  return count;
}

function countOf(shapes: ReadonlyMap<string, Shape>, partitions: number | undefined): number {
  const count = partitions ?? [...shapes.values()][0]?.partitions ?? DEFAULT_PARTITIONS;
  for (const [name, found] of shapes) {
    if (found.partitions === count) continue;
    throw new ServerRefusalError(
      `${name} has ${found.partitions} partitions instead of ${count}, which cannot change: an account would be in two of them. ${
        partitions === undefined
          ? 'Give every topic of this prefix the same number.'
          : 'Set HOARDARR_TOPIC_PREFIX to one whose topics are not there yet.'
      }`,
    );
  }
  return count;
}

interface Shape {
  readonly partitions: number;
  /** of the partition that has the fewest */
  readonly replicas: number;
}

function newTopic(topic: TopicName, name: string, count: number, brokers: number): ITopicConfig {
  const replicationFactor = Math.min(MAX_REPLICAS, brokers);
  const settings = {
    ...SETTINGS[topic],
    'max.message.bytes': String(MAX_RECORD_BYTES[topic] + OVERHEAD_BYTES),
    'min.insync.replicas': String(leastInsync(replicationFactor)),
    [UNCLEAN]: 'false',
    [COMPRESSION]: 'producer',
  };
  const configEntries = Object.entries(settings).map(([key, value]) => ({ name: key, value }));
  return { topic: name, numPartitions: count, replicationFactor, configEntries };
}

/** Of three, one may be away; where there are two, either may. */
function leastInsync(replicas: number): number {
  return Math.min(ENOUGH_INSYNC, Math.max(1, replicas - 1));
}

async function create(admin: Admin, topics: ITopicConfig[]): Promise<void> {
  let errors = await creationErrors(admin, topics);
  // Clusters may forbid topics to set these. Their defaults are what they have to be, and what they are there is verified.
  if (errors.some((one) => protocolTypeOf(one) === 'POLICY_VIOLATION'))
    errors = await creationErrors(admin, topics.map(withoutOptional));
  const [error] = errors;
  if (error !== undefined) throw error;
  await untilServed(
    admin,
    topics.map(({ topic }) => topic),
  );
}

/** Why topics could not be made; that another process was first is no reason. */
async function creationErrors(admin: Admin, topics: ITopicConfig[]): Promise<readonly Error[]> {
  try {
    await admin.createTopics({ topics, waitForLeaders: false });
    return [];
  } catch (error) {
    const errors = (error as { readonly errors?: readonly Error[] }).errors ?? [error as Error];
    return errors.filter((one) => protocolTypeOf(one) !== 'TOPIC_ALREADY_EXISTS');
  }
}

function withoutOptional({ configEntries = [], ...topic }: ITopicConfig): ITopicConfig {
  return { ...topic, configEntries: configEntries.filter(({ name }) => name !== UNCLEAN && name !== COMPRESSION) };
}

/**
 * A broker learns later than the controller that a topic is there, and later again that it leads a partition of it. kafkajs
 * would wait for leaders to be named, and fail where the topic is not known yet.
 */
async function untilServed(admin: Admin, topics: string[]): Promise<void> {
  await untilKnown(async () => {
    await admin.fetchTopicMetadata({ topics });
    for (const topic of topics) await admin.fetchTopicOffsets(topic);
  });
}

async function untilKnown<T>(ask: () => Promise<T>): Promise<T> {
  for (let looks = 1; ; looks++) {
    try {
      return await ask();
    } catch (error) {
      if (!isMoved(error) || looks === MAX_LOOKS) throw error;
    }
    await delay(LOOK_EVERY_MS);
  }
}

async function shapesOf(admin: Admin, names: string[]): Promise<ReadonlyMap<string, Shape>> {
  if (names.length === 0) return new Map();
  // Another process may be making them at this moment: then they are listed before they are known.
  const { topics } = await untilKnown(() => admin.fetchTopicMetadata({ topics: names }));
  return new Map(
    topics.map(({ name, partitions }) => {
      const replicas = Math.min(...partitions.map((partition) => partition.replicas.length));
      return [name, { partitions: partitions.length, replicas }];
    }),
  );
}

async function verify(
  admin: Admin,
  nameOf: (topic: TopicName) => string,
  shapes: ReadonlyMap<string, Shape>,
): Promise<void> {
  const asked = TOPIC_NAMES.map((topic) => {
    return { type: kafkajs.ConfigResourceTypes.TOPIC, name: nameOf(topic), configNames: [...VERIFIED] };
  });
  const { resources } = await untilKnown(() => admin.describeConfigs({ includeSynonyms: false, resources: asked }));
  for (const topic of TOPIC_NAMES) {
    const entries = resources.find(({ resourceName }) => resourceName === nameOf(topic))?.configEntries ?? [];
    for (const { configName, configValue } of entries) {
      const problem = problemWith(topic, shapes.get(nameOf(topic))?.replicas ?? 1, configName, configValue);
      if (problem === null) continue;
      throw new ServerRefusalError(`${configName} of ${nameOf(topic)} is '${configValue}', but ${problem}`);
    }
  }
}

/** A clause that says what the setting has to be, and why; null where it will do. */
function problemWith(topic: TopicName, replicas: number, name: string, value: string): string | null {
  const wanted = SETTINGS[topic][name];
  if (name === 'cleanup.policy') {
    const same = value.split(',').toSorted().join() === wanted?.split(',').toSorted().join();
    return same ? null : `has to be '${wanted}': else records that count are lost, or erased ones stay`;
  }
  if (name === 'retention.ms' && isKeptForATime(topic)) {
    const enough = value === '-1' || Number(value) >= Number(wanted);
    return enough ? null : `has to be at least ${wanted}: else records go before they are read`;
  }
  if (name === 'max.message.bytes') {
    const least = MAX_RECORD_BYTES[topic] + OVERHEAD_BYTES;
    return Number(value) >= least ? null : `has to be at least ${least}: else large records are refused`;
  }
  if (name === 'min.insync.replicas') {
    if (Number(value) > replicas)
      return `has to be at most ${replicas}, as many as it has replicas: else Kafka refuses every record`;
    const least = leastInsync(replicas);
    return Number(value) >= least
      ? null
      : `has to be at least ${least} of its ${replicas} replicas: else a record that counts as written goes with one broker`;
  }
  if (name === COMPRESSION && !READABLE.has(value))
    return "has to be 'producer': else the broker packs records in a way that cannot be read here";
  if (name === UNCLEAN && value !== 'false')
    return "has to be 'false': else a replica that lacks records may become the leader";
  return null;
}
