import { FencedError } from '../../core/errors.ts';
import type { Clock } from '../../core/ports/clock.ts';
import type { Batch, EventLog, SubscribeOptions, Subscription, TopicName } from '../../core/ports/event-log.ts';

/** The log as its consumers see it. */
export interface ConsumedLog extends Pick<EventLog, 'read'> {
  readonly clock: Clock;
  readonly redeliveryMs: number;
  committed(group: string, topic: TopicName, partition: number): number;
  commit(group: string, topic: TopicName, partition: number, nextOffset: number): void;
}

interface Assignment {
  readonly topic: TopicName;
  readonly partition: number;
  readonly lost: AbortController;
  /** the group went on without this consumer, which does not know it yet */
  isOver: boolean;
  next: number;
  /** of its handler, one after the other */
  failures: number;
  /** resolves when there may be something to read */
  wake: () => void;
  done: Promise<void>;
}

const MAX_REDELIVERY_MS = 10_000;
/** How long an evicted process may take to learn of it, as with Kafka. */
const BEAT_MS = 3_000;
const BATCH_RECORDS = 500;
const BATCH_BYTES = 1024 * 1024;

/** One consumer of a group: reads each of its partitions in a loop of its own. */
export class MemoryConsumer implements Subscription {
  readonly options: SubscribeOptions;
  readonly #log: ConsumedLog;
  readonly #leave: () => Promise<void>;
  #assigned: Assignment[] = [];
  /** what the group took away without asking, as long as this consumer does not know it */
  #lost: Assignment[] = [];
  /** resolves when nothing works any more of all that was taken away so far */
  #ended: Promise<unknown> = Promise.resolve();
  #evicted: { readonly promise: Promise<void>; readonly resolve: () => void } = newSignal();

  constructor(log: ConsumedLog, options: SubscribeOptions, leave: () => Promise<void>) {
    this.#log = log;
    this.options = options;
    this.#leave = leave;
  }

  assignments(): readonly { readonly topic: TopicName; readonly partition: number }[] {
    return this.#assigned.map(({ topic, partition }) => ({ topic, partition }));
  }

  /** It left the group for good, though it may not have got to the end of that. */
  isClosed = false;

  async close(): Promise<void> {
    this.isClosed = true;
    await this.revokeAll();
    await this.#leave();
  }

  wake(topic: TopicName, partition: number): void {
    for (const assignment of this.#assigned) {
      if (assignment.topic === topic && assignment.partition === partition) assignment.wake();
    }
  }

  /** Takes everything away, and resolves when no handler runs any more. */
  async revokeAll(): Promise<void> {
    const assigned = [...this.#lost.splice(0), ...this.#assigned];
    this.#assigned = [];
    this.#end(assigned);
    await Promise.race([this.#ended, this.#evicted.promise]);
  }

  #end(assigned: readonly Assignment[]): void {
    for (const assignment of assigned) {
      assignment.lost.abort(new FencedError('the partition was taken away'));
      assignment.wake();
    }
    const end = async (): Promise<void> => {
      await Promise.all(assigned.map(({ done }) => done));
      for (const { topic, partition } of assigned) await this.options.onRevoked?.(topic, partition);
    };
    this.#ended = Promise.all([this.#ended, end()]);
  }

  /**
   * As for a process that does not answer: others get the partitions, while what it works on goes on when it wakes up, and learns
   * of it by its first commit, or its next heartbeat.
   */
  evict(): void {
    this.#lost.push(...this.#assigned);
    this.#evicted.resolve();
    for (const assignment of this.#assigned) {
      assignment.isOver = true;
      assignment.wake();
    }
    this.#assigned = [];
  }

  /** The process is awake again. Resolves when nothing works any more of what was taken away meanwhile. */
  async noticeEviction(): Promise<void> {
    await this.#log.clock.sleep(BEAT_MS);
    this.#end(this.#lost.splice(0));
    await this.#ended;
  }

  comeBack(): void {
    this.#evicted = newSignal();
  }

  async assign(places: readonly { readonly topic: TopicName; readonly partition: number }[]): Promise<void> {
    this.#assigned = places.map(({ topic, partition }) => {
      const assignment = {
        topic,
        partition,
        next: 0,
        failures: 0,
        wake: () => {},
        lost: new AbortController(),
        isOver: false,
        done: Promise.resolve(),
      };
      return assignment;
    });
    for (const assignment of this.#assigned) assignment.done = this.#consume(assignment);
  }

  async #consume(assignment: Assignment): Promise<void> {
    const { topic, partition, lost } = assignment;
    const from = await this.options.onAssigned?.(topic, partition);
    assignment.next = from ?? this.#committed(assignment);
    while (!lost.signal.aborted && !assignment.isOver) {
      // Made before reading, so that nothing that comes meanwhile is missed.
      const more = new Promise<void>((resolve) => {
        assignment.wake = resolve;
      });
      if (!(await this.#deliver(assignment))) await more;
    }
  }

  /** False where there was nothing to read. */
  async #deliver(assignment: Assignment): Promise<boolean> {
    const { topic, partition, lost } = assignment;
    const { maxBatchRecords: records = BATCH_RECORDS, maxBatchBytes: bytes = BATCH_BYTES } = this.options;
    const read = await this.#log.read(topic, partition, assignment.next, { records, bytes });
    const last = read.at(-1);
    if (last === undefined || lost.signal.aborted) return false;
    const batch: Batch = {
      topic,
      partition,
      records: read,
      signal: lost.signal,
      commit: async (nextOffset) => {
        if (assignment.isOver) lost.abort(new FencedError('the partition was taken away'));
        if (lost.signal.aborted) throw new FencedError('the partition was taken away');
        this.#log.commit(this.options.group, topic, partition, nextOffset);
      },
    };
    try {
      await this.options.handler(batch);
      assignment.next = last.offset + 1;
      assignment.failures = 0;
    } catch {
      if (assignment.isOver) return true;
      assignment.next = this.#committed(assignment);
      const waitMs = Math.min(MAX_REDELIVERY_MS, this.#log.redeliveryMs * 2 ** assignment.failures++);
      await this.#log.clock.sleep(waitMs, lost.signal).catch(() => {});
    }
    return true;
  }

  #committed({ topic, partition }: Assignment): number {
    return this.#log.committed(this.options.group, topic, partition);
  }
}

function newSignal(): { readonly promise: Promise<void>; readonly resolve: () => void } {
  let resolve = (): void => undefined;
  const promise = new Promise<void>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}
