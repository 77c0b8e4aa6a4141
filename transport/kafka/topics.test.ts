import { afterEach, beforeEach, expect, it } from '@jest/globals';
import kafkajs, { type Admin } from 'kafkajs';
import { systemClock } from '../../app/clock.ts';
import { ServerRefusalError } from '../../core/errors.ts';
import { TOPIC_NAMES } from '../../core/ports/event-log.ts';
import { until } from '../../testing/contracts/event-log-harness.ts';
import { RecordingTelemetry } from '../../testing/recording-telemetry.ts';
import { describeWithParts } from '../../testing/stack/real-parts.ts';
import { kafkaClient } from './kafka-link.ts';
import { prepareTopics } from './topics.ts';

const UNCLEAN = 'unclean.leader.election.enable';

describeWithParts('topics on a real broker', ['kafka'], (environment) => {
  let prefix: string;
  let admin: Admin;

  beforeEach(async () => {
    prefix = `topics-${process.pid}-${systemClock.now()}.`;
    const brokers = (environment()['KAFKA_BROKERS'] ?? '').split(',');
    admin = kafkaClient({ brokers, log: new RecordingTelemetry().log }).admin();
    await admin.connect();
  });
  afterEach(() => admin.disconnect());

  const settingsOf = async (topic: string): Promise<Record<string, string>> => {
    const resource = { type: kafkajs.ConfigResourceTypes.TOPIC, name: `${prefix}${topic}` };
    const { resources } = await admin.describeConfigs({ includeSynonyms: false, resources: [resource] });
    const entries = resources[0]?.configEntries ?? [];
    return Object.fromEntries(entries.map(({ configName, configValue }) => [configName, configValue]));
  };
  const alter = async (topic: string, name: string, value: string): Promise<void> => {
    // The request replaces every setting.
    const now = { ...(await settingsOf(topic)), [name]: value };
    const names = ['cleanup.policy', 'retention.ms', 'max.message.bytes', name];
    const configEntries = [...new Set(names)].map((one) => ({ name: one, value: now[one] ?? '' }));
    const resource = { type: kafkajs.ConfigResourceTypes.TOPIC, name: `${prefix}${topic}`, configEntries };
    await admin.alterConfigs({ validateOnly: false, resources: [resource] });
    await until(`${name} is changed`, async () => (await settingsOf(topic))[name] === value);
  };

  it('are made once, with what keeps their records', async () => {
    expect(await prepareTopics(admin, prefix, 2)).toBe(2);
    expect(await prepareTopics(admin, prefix, undefined)).toBe(2);
    const { topics } = await admin.fetchTopicMetadata({ topics: TOPIC_NAMES.map((topic) => `${prefix}${topic}`) });
    expect(topics.map(({ partitions }) => partitions.length)).toEqual([2, 2, 2, 2, 2]);
    expect(await settingsOf('ingest')).toMatchObject({
      'cleanup.policy': 'compact',
      'retention.ms': '-1',
      'max.compaction.lag.ms': '86400000',
      'delete.retention.ms': '2592000000',
      'min.insync.replicas': '1',
    });
    expect(await settingsOf('commands')).toMatchObject({ 'cleanup.policy': 'delete', 'retention.ms': '604800000' });
  });

  it('are refused where the broker would pack their records in a way that nobody here can read', async () => {
    await prepareTopics(admin, prefix, 1);
    expect((await settingsOf('ingest'))['compression.type']).toBe('producer');
    await alter('ingest', 'compression.type', 'zstd');
    await expect(prepareTopics(admin, prefix, 1)).rejects.toThrow(
      `compression.type of ${prefix}ingest is 'zstd', but has to be 'producer'`,
    );
    await alter('ingest', 'compression.type', 'gzip');
    expect(await prepareTopics(admin, prefix, 1)).toBe(1);
  });

  it('are made by one of several that start together', async () => {
    const counts = await Promise.all([1, 2, 3].map(() => prepareTopics(admin, prefix, 3)));
    expect(counts).toEqual([3, 3, 3]);
  });

  /** Another process makes the topics after this one has seen that they are missing. */
  const whileOthersMake = (before: () => Promise<unknown>): Admin => ({
    ...admin,
    async createTopics(options) {
      await before();
      return await admin.createTopics(options);
    },
  });

  it('are verified where another process makes them meanwhile', async () => {
    const lossy = whileOthersMake(async () => {
      const configEntries = [{ name: 'cleanup.policy', value: 'delete' }];
      const topics = [{ topic: `${prefix}ingest`, numPartitions: 2, replicationFactor: 1, configEntries }];
      await admin.createTopics({ topics, waitForLeaders: false });
    });
    await expect(prepareTopics(lossy, prefix, 2)).rejects.toThrow(
      `cleanup.policy of ${prefix}ingest is 'delete', but has to be 'compact'`,
    );
  });

  it('have as many partitions as another process gives them meanwhile', async () => {
    const late = whileOthersMake(() => prepareTopics(admin, prefix, 3));
    expect(await prepareTopics(late, prefix, undefined)).toBe(3);
    prefix += 'again.';
    await expect(prepareTopics(late, prefix, 2)).rejects.toThrow('has 3 partitions instead of 2');
  });

  it.each([
    ['does without a setting that a policy of the cluster forbids, where the default will do', 1, null],
    ['is told where a policy forbids more than that', 2, 'POLICY_VIOLATION'],
  ])('%s', async (_name, refusals, type) => {
    let refused = 0;
    const strict: Admin = {
      ...admin,
      async createTopics(options) {
        if (refused++ === refusals) return await admin.createTopics(options);
        const violation = Object.assign(new Error('forbidden'), { type: 'POLICY_VIOLATION' });
        throw Object.assign(new Error('Topic creation errors'), { errors: [violation] });
      },
    };
    const prepared = prepareTopics(strict, prefix, 1);
    if (type !== null) {
      await expect(prepared).rejects.toMatchObject({ type });
      return;
    }
    expect(await prepared).toBe(1);
    const resource = { type: kafkajs.ConfigResourceTypes.TOPIC, name: `${prefix}ingest` };
    const { resources } = await admin.describeConfigs({ includeSynonyms: false, resources: [resource] });
    const unclean = resources[0]?.configEntries.find(({ configName }) => configName === UNCLEAN);
    expect(unclean).toMatchObject({ configValue: 'false', isDefault: true });
  });

  it('are waited for where a broker learns later than the controller that they are there', async () => {
    const unknown = Object.assign(new Error('This server does not host this topic-partition'), {
      type: 'UNKNOWN_TOPIC_OR_PARTITION',
    });
    let asked = 0;
    const late: Admin = {
      ...admin,
      async createTopics(options) {
        const made = await admin.createTopics({ ...options, waitForLeaders: false });
        if (options.waitForLeaders !== false) throw unknown;
        return made;
      },
      async fetchTopicMetadata(options) {
        asked++;
        if (asked <= 3) throw unknown;
        return await admin.fetchTopicMetadata(options);
      },
    };
    expect(await prepareTopics(late, prefix, 2)).toBe(2);
    expect(asked).toBeGreaterThan(3);
    expect(await prepareTopics(admin, prefix, undefined)).toBe(2);
  });

  it('are waited for where another process is making them, so that they are listed before they are known', async () => {
    await prepareTopics(admin, prefix, 2);
    const unknown = Object.assign(new Error('There is no leader'), { type: 'LEADER_NOT_AVAILABLE' });
    const failed = new Set<string>();
    const failingOnce = async <T>(name: string, ask: () => Promise<T>): Promise<T> => {
      if (failed.has(name)) return await ask();
      failed.add(name);
      throw unknown;
    };
    const late: Admin = {
      ...admin,
      fetchTopicMetadata: (options) => failingOnce('metadata', () => admin.fetchTopicMetadata(options)),
      describeConfigs: (options) => failingOnce('configs', () => admin.describeConfigs(options)),
    };
    expect(await prepareTopics(late, prefix, undefined)).toBe(2);
    expect([...failed]).toEqual(['metadata', 'configs']);
  });

  it.each([
    [3, '1', 'has to be at least 2 of its 3 replicas'],
    [5, '1', 'has to be at least 2 of its 5 replicas'],
    [3, '2', null],
    [2, '1', null],
    [5, '3', null],
    [3, '4', 'has to be at most 3, as many as it has replicas'],
  ])('with %i replicas of which %s has to have a record: %s', async (replicas, least, words) => {
    await prepareTopics(admin, prefix, 1);
    // The broker of this test stands alone, so that more replicas can only be told of.
    const several: Admin = {
      ...admin,
      async fetchTopicMetadata(options) {
        const { topics } = await admin.fetchTopicMetadata(options);
        const nodes = Array.from({ length: replicas }, (_, n) => n);
        return {
          topics: topics.map((topic) => {
            return { ...topic, partitions: topic.partitions.map((each) => ({ ...each, replicas: nodes })) };
          }),
        };
      },
      async describeConfigs(options) {
        const described = await admin.describeConfigs(options);
        const resources = described.resources.map((resource) => {
          const configEntries = resource.configEntries.map((entry) =>
            entry.configName === 'min.insync.replicas' ? { ...entry, configValue: least } : entry,
          );
          return { ...resource, configEntries };
        });
        return { ...described, resources };
      },
    };
    const prepared = prepareTopics(several, prefix, undefined);
    if (words === null) expect(await prepared).toBe(1);
    else await expect(prepared).rejects.toThrow(words);
  });

  it('keep the number of their partitions', async () => {
    await prepareTopics(admin, prefix, 3);
    await expect(prepareTopics(admin, prefix, 4)).rejects.toThrow(
      /has 3 partitions instead of 4, which cannot change.*HOARDARR_TOPIC_PREFIX/,
    );
    const outcomes = `${prefix}outcomes`;
    await admin.createPartitions({ topicPartitions: [{ topic: outcomes, count: 5 }] });
    await until('the broker knows of them', async () => {
      const { topics } = await admin.fetchTopicMetadata({ topics: [outcomes] });
      return topics[0]?.partitions.length === 5;
    });
    await expect(prepareTopics(admin, prefix, undefined)).rejects.toThrow(ServerRefusalError);
  });

  it.each([
    ['ingest', 'cleanup.policy', 'delete', "has to be 'compact'"],
    ['enriched', 'cleanup.policy', 'compact,delete', "has to be 'compact'"],
    ['commands', 'retention.ms', '1000', 'has to be at least 604800000'],
    ['dead-letter', 'max.message.bytes', '1000', 'has to be at least 2162688'],
    ['outcomes', UNCLEAN, 'true', "has to be 'false'"],
    ['commands', 'min.insync.replicas', '2', 'has to be at most 1, as many as it has replicas'],
  ])('are refused where %s has the %s %s', async (topic, name, value, words) => {
    await prepareTopics(admin, prefix, 1);
    await alter(topic, name, value);
    await expect(prepareTopics(admin, prefix, undefined)).rejects.toThrow(
      `${name} of ${prefix}${topic} is '${value}', but ${words}`,
    );
  });
});
