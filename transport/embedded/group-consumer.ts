import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { messageOf } from '../../core/errors.ts';
import type { SubscribeOptions, Subscription, TopicName } from '../../core/ports/event-log.ts';
import type { Logger } from '../../core/ports/telemetry.ts';
import type { GroupStore, Ownership } from './group-store.ts';
import { PartitionFeed } from './partition-feed.ts';
import type { Page } from './partition-table.ts';
import { thisProcess } from './process-identity.ts';

const MAX_BEAT_INTERVAL_MS = 3_000;
const RETRY_MS = 200;

interface ConsumerDeps {
  readonly options: SubscribeOptions;
  readonly store: GroupStore;
  readonly sessionTimeoutMs: number;
  readonly log: Logger | undefined;
  readonly page: (topic: TopicName, partition: number, from: number, maxRecords: number, maxBytes: number) => Page;
  readonly onAppended: (topic: TopicName, partition: number, wake: () => void) => () => void;
  /** tells the group's other consumers in this process; those in others see it when they poll */
  readonly onGroupChanged: () => void;
  readonly onClosed: () => void;
}

/** A member of a consumer group: keeps its session alive, and a feed for every partition that it owns. */
export class GroupConsumer implements Subscription {
  readonly #deps: ConsumerDeps;
  readonly #feeds = new Map<string, PartitionFeed>();
  #memberId: string | null = null;
  #seenEpoch = -1;
  #stepping: Promise<void> | null = null;
  #stepAgain = false;
  #timer: NodeJS.Timeout | undefined;
  #closing: Promise<void> | null = null;

  constructor(deps: ConsumerDeps) {
    this.#deps = deps;
  }

  get group(): string {
    return this.#deps.options.group;
  }

  /** Joins the group. @throws LogUnavailableError, and then the consumer is not to be used. */
  async start(): Promise<void> {
    // Looks that are asked for meanwhile wait: two at once would act on each other's outdated answers.
    this.#stepping = this.#join().then(() => this.#step());
    try {
      await this.#stepping;
    } finally {
      this.#stepping = null;
    }
    this.#beatLater();
    if (this.#stepAgain) this.look();
  }

  assignments(): readonly { readonly topic: TopicName; readonly partition: number }[] {
    const running = [...this.#feeds.values()].filter((feed) => !feed.isStopping);
    return running.map(({ ownership: { topic, partition } }) => ({ topic, partition }));
  }

  /** Looks at the group again if it has changed since this member last did. */
  lookIfChanged(): void {
    try {
      if (this.#deps.store.epoch(this.group) === this.#seenEpoch) return;
    } catch {
      // The log cannot be read now; a look tries until it can.
    }
    this.look();
  }

  /** Looks at the group, now or when the present look has ended. */
  look(): void {
    if (this.#closing !== null) return;
    this.#stepAgain = true;
    this.#stepping ??= this.#stepUntilQuiet();
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    clearTimeout(this.#timer);
    await this.#stepping;
    const beat = setInterval(() => void this.#beat(), this.#beatIntervalMs);
    try {
      const memberId = this.#memberId ?? '';
      await Promise.all(
        [...this.#feeds.values()].map((feed) => this.#giveUp(memberId, feed, 'the subscription closes')),
      );
    } finally {
      clearInterval(beat);
    }
    await this.#attempt('the group could not be left', async () => {
      if (this.#memberId !== null) await this.#deps.store.leave(this.group, this.#memberId);
    });
    this.#deps.onClosed();
    this.#deps.onGroupChanged();
  }

  get #beatIntervalMs(): number {
    return Math.min(MAX_BEAT_INTERVAL_MS, this.#deps.sessionTimeoutMs / 3);
  }

  #beatLater(): void {
    if (this.#closing !== null) return;
    this.#timer = setTimeout(() => {
      this.look();
      this.#beatLater();
    }, this.#beatIntervalMs);
  }

  async #beat(): Promise<void> {
    await this.#attempt('a heartbeat failed', async () => {
      if (this.#memberId !== null) await this.#deps.store.beat(this.#memberId);
    });
  }

  async #stepUntilQuiet(): Promise<void> {
    while (this.#stepAgain && this.#closing === null) {
      this.#stepAgain = false;
      const done = await this.#attempt('the group could not be looked at', () => this.#step());
      if (!done) await delay(RETRY_MS);
    }
    this.#stepping = null;
  }

  async #join(): Promise<void> {
    const memberId = randomUUID();
    await this.#deps.store.join(this.group, { id: memberId, topics: this.#deps.options.topics }, thisProcess());
    this.#memberId = memberId;
    this.#deps.onGroupChanged();
  }

  async #step(): Promise<void> {
    if (this.#memberId === null) await this.#join();
    const memberId = this.#memberId ?? '';
    const standing = await this.#deps.store.step(this.group, memberId);
    if (standing === null) {
      await this.#loseAll();
      this.#stepAgain = true;
      return;
    }
    this.#seenEpoch = standing.epoch;
    this.#dropUnowned([...standing.keep, ...standing.giveUp]);
    for (const ownership of standing.keep) this.#feed(memberId, ownership);
    for (const { topic, partition } of standing.giveUp) {
      const feed = this.#feeds.get(`${topic}/${partition}`);
      if (feed === undefined) await this.#deps.store.release(this.group, memberId, topic, partition);
      else if (!feed.isStopping) void this.#giveUp(memberId, feed, 'another consumer takes the partition');
    }
    if (standing.changed) this.#deps.onGroupChanged();
  }

  #feed(memberId: string, ownership: Ownership): void {
    const { topic, partition } = ownership;
    const name = `${topic}/${partition}`;
    if (this.#feeds.has(name)) return; // it runs, or it stops and will be released: then the partition is claimed afresh
    const feed = new PartitionFeed({
      ownership,
      options: this.#deps.options,
      log: this.#deps.log,
      page: (from, maxRecords, maxBytes) => this.#deps.page(topic, partition, from, maxRecords, maxBytes),
      onAppended: (wake) => this.#deps.onAppended(topic, partition, wake),
      commit: (nextOffset) => this.#deps.store.commit(this.group, memberId, ownership, nextOffset),
      onFenced: () => this.look(),
    });
    this.#feeds.set(name, feed);
  }

  /** Stops feeds whose partition is not, or not any more in this generation, this member's: say, log.db was replaced. */
  #dropUnowned(owned: readonly Ownership[]): void {
    for (const [name, feed] of this.#feeds) {
      const { topic, partition, generation } = feed.ownership;
      const isOwned = owned.some((o) => o.topic === topic && o.partition === partition && o.generation === generation);
      if (isOwned || feed.isStopping) continue;
      feed.release();
      void feed.stop('the partition has another owner').then(() => {
        if (this.#feeds.get(name) === feed) this.#feeds.delete(name);
        this.look();
      });
    }
  }

  /** Stops the feed and gives its partition back, so that another member can take it. */
  async #giveUp(memberId: string, feed: PartitionFeed, reason: string): Promise<void> {
    const { topic, partition } = feed.ownership;
    await feed.stop(reason);
    feed.release();
    await this.#attempt('a partition could not be given back', () =>
      this.#deps.store.release(this.group, memberId, topic, partition),
    );
    // Meanwhile the member may have been taken for dead, and have a newer feed of the partition under a new name.
    const name = `${topic}/${partition}`;
    if (this.#feeds.get(name) === feed) this.#feeds.delete(name);
    this.#deps.onGroupChanged();
    this.look();
  }

  /** This member was taken for dead. It starts anew only when its old handlers have ended: one batch a partition at a time. */
  async #loseAll(): Promise<void> {
    this.#deps.log?.warn('this consumer was silent for too long and lost its partitions', { group: this.group });
    this.#memberId = null;
    const feeds = [...this.#feeds.values()];
    for (const feed of feeds) feed.release();
    await Promise.all(feeds.map((feed) => feed.stop('the session of this consumer timed out')));
    this.#feeds.clear();
  }

  /** Resolves to whether it worked; a failure is logged, and everything here is tried again with the next beat. */
  async #attempt(failure: string, work: () => Promise<void>): Promise<boolean> {
    try {
      await work();
      return true;
    } catch (error) {
      this.#deps.log?.warn(failure, { group: this.group, error: messageOf(error) });
      return false;
    }
  }
}
