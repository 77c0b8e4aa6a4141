import { jitteredBackoffMs } from '../../core/backoff.ts';
import { partitionOfKey } from '../../core/murmur2.ts';
import type { Clock, Random } from '../../core/ports/clock.ts';
import {
  type AppendRecord,
  type EventLog,
  type GroupLag,
  type LogRecord,
  type PartitionEnd,
  type SubscribeOptions,
  type Subscription,
  TOPIC_NAMES,
  type TopicName,
} from '../../core/ports/event-log.ts';
import type { Logger } from '../../core/ports/telemetry.ts';
import { readGroupLags } from './group-lags.ts';
import { KafkaConsumer } from './kafka-consumer.ts';
import { isSoonOver, kafkaError } from './kafka-errors.ts';
import { KafkaLink, type LinkOptions } from './kafka-link.ts';
import { PartitionAppender } from './partition-appender.ts';
import { PartitionReader } from './partition-reader.ts';

/** How often a question is put to brokers that are just agreeing on who leads or coordinates what: for some 20 s. */
const SOON_OVER_ATTEMPTS = 20;

interface KafkaLogDeps {
  readonly linkOptions: LinkOptions;
  readonly topicPrefix: string;
  readonly id: string;
  readonly partitionCount: number;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  readonly sessionTimeoutMs: number;
  readonly rebalanceTimeoutMs: number;
}

/** The event log in topics of a Kafka cluster. */
export class KafkaLog implements EventLog {
  /** which cluster, and under which prefix: no other log has it */
  readonly id: string;
  readonly partitionCount: number;
  readonly #deps: KafkaLogDeps;
  readonly #appendLink: KafkaLink;
  readonly #readLink: KafkaLink;
  readonly #appenders = new Map<string, PartitionAppender>();
  readonly #reader: PartitionReader;
  readonly #consumers = new Set<KafkaConsumer>();
  #closing: Promise<void> | null = null;

  constructor(deps: KafkaLogDeps) {
    this.#deps = deps;
    this.id = deps.id;
    this.partitionCount = deps.partitionCount;
    this.#appendLink = this.#link();
    this.#readLink = this.#link();
    this.#reader = new PartitionReader(this.#readLink);
    for (const topic of TOPIC_NAMES) {
      for (const partition of this.#partitions()) {
        const appender = new PartitionAppender(
          { ...deps, link: this.#appendLink },
          topic,
          this.#nameOf(topic),
          partition,
        );
        this.#appenders.set(`${topic}/${partition}`, appender);
      }
    }
  }

  partitionOf(account: string): number {
    return partitionOfKey(account, this.partitionCount);
  }

  async append(topic: TopicName, partition: number, records: readonly AppendRecord[]): Promise<readonly number[]> {
    const appender = this.#appenders.get(`${topic}/${partition}`);
    if (appender === undefined) throw this.#noPartition(topic, partition);
    return await appender.append(records);
  }

  /** Resolves at once: the group is joined when Kafka can be reached and the other members are ready. */
  async subscribe(options: SubscribeOptions): Promise<Subscription> {
    const consumer = new KafkaConsumer({
      ...this.#deps,
      link: this.#link(),
      options,
      groupId: `${this.#deps.topicPrefix}${options.group}`,
      nameOf: (topic) => this.#nameOf(topic),
      startOf: async (topic, partition) => (await this.ends(topic))[partition]?.start ?? 0,
      onClosed: () => this.#consumers.delete(consumer),
    });
    this.#consumers.add(consumer);
    if (this.#closing !== null) await consumer.close();
    return consumer;
  }

  async read(
    topic: TopicName,
    partition: number,
    from: number,
    limits: { readonly records?: number; readonly bytes?: number } = {},
  ): Promise<readonly LogRecord[]> {
    if (!this.#appenders.has(`${topic}/${partition}`)) throw this.#noPartition(topic, partition);
    return await this.#ask(() => this.#reader.read(this.#nameOf(topic), partition, from, limits));
  }

  async ends(topic: TopicName): Promise<readonly PartitionEnd[]> {
    return await this.#ask(async () => {
      const [starts, ends] = await Promise.all([this.#offsets(topic, true), this.#offsets(topic, false)]);
      return this.#partitions().map((partition) => {
        return { partition, start: starts.get(partition) ?? 0, end: ends.get(partition) ?? 0 };
      });
    });
  }

  async lag(): Promise<readonly GroupLag[]> {
    const { topicPrefix } = this.#deps;
    return await this.#ask(async () => {
      const committed = await readGroupLags(this.#readLink, topicPrefix, this.#partitions());
      const topics = new Set(committed.map(({ topic }) => topic));
      const ends = new Map<TopicName, ReadonlyMap<number, number>>();
      for (const topic of topics) ends.set(topic, await this.#offsets(topic, false));
      return committed.map((place) => ({ ...place, end: ends.get(place.topic)?.get(place.partition) ?? 0 }));
    });
  }

  /** Nothing to do: the brokers remove by themselves what is past its retention or erased, the latter within a day. */
  async compact(): Promise<void> {}

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    await Promise.all([...this.#consumers].map((consumer) => consumer.close()));
    await Promise.all([...this.#appenders.values()].map((appender) => appender.close()));
    await Promise.all([this.#appendLink.close(), this.#readLink.close()]);
  }

  async #offsets(topic: TopicName, fromBeginning: boolean): Promise<ReadonlyMap<number, number>> {
    const name = this.#nameOf(topic);
    const cluster = await this.#readLink.cluster();
    const partitions = this.#partitions().map((partition) => ({ partition }));
    const [found] = await cluster.fetchTopicsOffset([{ topic: name, partitions, fromBeginning }]);
    return new Map(found?.partitions.map(({ partition, offset }) => [partition, Number(offset)]));
  }

  /** After a failure the next question begins with fresh connections. Leaders of new topics, and coordinators of groups, are waited for. */
  async #ask<T>(question: () => Promise<T>): Promise<T> {
    const { clock, random, linkOptions } = this.#deps;
    for (let attempt = 0; ; attempt += 1) {
      try {
        return await question();
      } catch (error) {
        await this.#readLink.reset();
        if (!isSoonOver(error) || attempt + 1 >= SOON_OVER_ATTEMPTS) throw kafkaError(error, linkOptions.brokers);
        await clock.sleep(jitteredBackoffMs(attempt, random(), 100, 2_000));
      }
    }
  }

  #link(): KafkaLink {
    return new KafkaLink(
      this.#deps.linkOptions,
      TOPIC_NAMES.map((topic) => this.#nameOf(topic)),
    );
  }

  #nameOf(topic: TopicName): string {
    return `${this.#deps.topicPrefix}${topic}`;
  }

  #partitions(): readonly number[] {
    return Array.from({ length: this.#deps.partitionCount }, (_, partition) => partition);
  }

  #noPartition(topic: TopicName, partition: number): RangeError {
    return new RangeError(`no partition ${partition} of ${topic}: there are ${this.partitionCount}`);
  }
}
