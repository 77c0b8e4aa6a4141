import { jitteredBackoffMs } from '../../core/backoff.ts';
import { messageOf } from '../../core/errors.ts';
import type { Clock, Random } from '../../core/ports/clock.ts';
import type { SubscribeOptions, Subscription, TopicName } from '../../core/ports/event-log.ts';
import type { Logger } from '../../core/ports/telemetry.ts';
import { Fetcher } from './fetcher.ts';
import { type Assigned, GroupMember } from './group-member.ts';
import type { KafkaLink } from './kafka-link.ts';
import { PartitionFeed } from './partition-feed.ts';

interface ConsumerDeps {
  /** of this consumer alone */
  readonly link: KafkaLink;
  readonly options: SubscribeOptions;
  readonly groupId: string;
  readonly nameOf: (topic: TopicName) => string;
  readonly partitionCount: number;
  readonly sessionTimeoutMs: number;
  readonly rebalanceTimeoutMs: number;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  readonly startOf: (topic: TopicName, partition: number) => Promise<number>;
  readonly onClosed: () => void;
}

const MAX_BEAT_INTERVAL_MS = 3_000;
/** How long a join that the others hold up may delay closing. */
const CLOSE_WITHIN_MS = 5_000;

/**
 * A member of a consumer group. Its heartbeats go on whatever its handlers do, since they have a timer and a connection of
 * their own. Before each new generation it gives up everything, and joins when its handlers have ended: so no partition is
 * handled by two members at once, unless a handler takes longer than the others wait, or the process stood still; then what
 * it commits is refused.
 */
export class KafkaConsumer implements Subscription {
  readonly #deps: ConsumerDeps;
  readonly #member: GroupMember;
  readonly #fetcher: Fetcher;
  readonly #closing = new AbortController();
  readonly #running: Promise<void>;
  #feeds: readonly PartitionFeed[] = [];
  #closed: Promise<void> | null = null;
  #isJoining = false;

  constructor(deps: ConsumerDeps) {
    this.#deps = deps;
    const { groupId, options, nameOf } = deps;
    this.#member = new GroupMember({ ...deps, groupId, topics: options.topics.map(nameOf) });
    this.#fetcher = new Fetcher(deps);
    this.#running = this.#run();
  }

  assignments(): readonly { readonly topic: TopicName; readonly partition: number }[] {
    const running = this.#feeds.filter((feed) => !feed.isStopping);
    return running.map(({ topicName, partition }) => ({ topic: topicName, partition }));
  }

  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    this.#closing.abort();
    // Handlers are waited for, however long they take; the others of the group, for whom a join waits, are not.
    const late = setTimeout(() => {
      if (this.#isJoining) void this.#deps.link.reset();
    }, CLOSE_WITHIN_MS);
    await this.#running;
    clearTimeout(late);
    this.#fetcher.close();
    await this.#attempt('the consumer group could not be left', () => this.#member.leave());
    await this.#deps.link.close();
    this.#deps.onClosed();
  }

  async #run(): Promise<void> {
    const { signal } = this.#closing;
    for (let failures = 0; !signal.aborted; ) {
      try {
        this.#isJoining = true;
        const assigned = await this.#member.join().finally(() => {
          this.#isJoining = false;
        });
        failures = 0;
        this.#feeds = signal.aborted ? [] : assigned.map((place) => this.#feed(place));
        await this.#beatUntilOver();
      } catch (error) {
        if (signal.aborted) break;
        await this.#backOff(failures, error);
        failures += 1;
      } finally {
        await this.#giveUpAll();
      }
    }
  }

  #feed({ topic, partition, committed }: Assigned): PartitionFeed {
    const { options, nameOf, clock, log, startOf } = this.#deps;
    const topicName = options.topics.find((name) => nameOf(name) === topic);
    if (topicName === undefined) throw new Error(`the group dealt ${topic}, which this consumer did not ask for`);
    const feed = new PartitionFeed({
      topicName,
      topic,
      partition,
      committed,
      options,
      clock,
      log,
      onHungry: () => this.#fetcher.wake(),
      commit: (nextOffset) => this.#member.commit({ topic, partition }, nextOffset),
      startOf: () => startOf(topicName, partition),
    });
    this.#fetcher.add(feed);
    return feed;
  }

  get #beatIntervalMs(): number {
    return Math.min(MAX_BEAT_INTERVAL_MS, this.#deps.sessionTimeoutMs / 3);
  }

  /** Resolves when this generation is over, or the consumer closes. */
  async #beatUntilOver(): Promise<void> {
    const { clock, sessionTimeoutMs, log, groupId } = this.#deps;
    let heardAt = clock.elapsed();
    while (!this.#closing.signal.aborted) {
      await clock.sleep(this.#beatIntervalMs, this.#closing.signal).catch(() => {});
      if (this.#closing.signal.aborted) return;
      try {
        const answer = await this.#member.heartbeat();
        heardAt = clock.elapsed();
        if (answer === 'all is lost') this.#loseAll();
        if (answer !== 'go on') return;
      } catch (error) {
        log.warn('a heartbeat failed', { group: groupId, error: messageOf(error) });
        this.#member.forgetCoordinator();
        if (clock.elapsed() - heardAt <= sessionTimeoutMs) continue;
        // By now the others have been given what this member has.
        this.#loseAll();
        throw error;
      }
    }
  }

  /** Others own the partitions already. */
  #loseAll(): void {
    this.#deps.log.warn('this consumer was silent for too long and lost its partitions', { group: this.#deps.groupId });
    for (const feed of this.#feeds) feed.release();
  }

  /** Tells every handler to stop and waits for it, while heartbeats go on: the group waits for a member that it hears. */
  async #giveUpAll(): Promise<void> {
    const feeds = this.#feeds;
    const reason = this.#closing.signal.aborted ? 'the subscription closes' : 'the group deals its partitions anew';
    const beat = setInterval(() => {
      void this.#member.heartbeat().then(
        (answer) => {
          if (answer === 'all is lost') for (const feed of feeds) feed.release();
        },
        () => this.#member.forgetCoordinator(),
      );
    }, this.#beatIntervalMs);
    try {
      await Promise.all(feeds.map((feed) => feed.stop(reason)));
    } finally {
      clearInterval(beat);
    }
    for (const feed of feeds) {
      feed.release();
      this.#fetcher.remove(feed);
    }
    this.#feeds = [];
  }

  async #backOff(failures: number, error: unknown): Promise<void> {
    const { clock, random, log, groupId, link } = this.#deps;
    const waitMs = jitteredBackoffMs(failures, random(), 200, 10_000);
    log.warn('the consumer group cannot be joined now; trying again', {
      group: groupId,
      error: messageOf(error),
      waitMs,
    });
    this.#member.forgetCoordinator();
    await link.reset();
    await clock.sleep(waitMs, this.#closing.signal).catch(() => {});
  }

  async #attempt(failure: string, work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      this.#deps.log.warn(failure, { group: this.#deps.groupId, error: messageOf(error) });
    }
  }
}
