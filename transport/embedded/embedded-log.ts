import { messageOf } from '../../core/errors.ts';
import { partitionOfKey } from '../../core/murmur2.ts';
import type { Clock } from '../../core/ports/clock.ts';
import {
  type AppendRecord,
  type GroupLag,
  type LogRecord,
  type PartitionEnd,
  type SubscribeOptions,
  type Subscription,
  TOPIC_NAMES,
  type TopicName,
} from '../../core/ports/event-log.ts';
import type { LogEnds, MovableLog } from '../../core/ports/movable-log.ts';
import type { Logger } from '../../core/ports/telemetry.ts';
import { Appender } from './appender.ts';
import { Compactor, type Retention } from './compactor.ts';
import { GroupConsumer } from './group-consumer.ts';
import { GroupStore } from './group-store.ts';
import type { LogDatabase } from './log-database.ts';
import { Move } from './move.ts';
import { PartitionTable } from './partition-table.ts';
import { WakeUps } from './wake-ups.ts';

const DEFAULT_READ_RECORDS = 500;
const DEFAULT_READ_BYTES = 4 * 1_048_576;

interface EmbeddedLogDeps {
  readonly db: LogDatabase;
  readonly clock: Clock;
  readonly partitionCount: number;
  readonly log: Logger | undefined;
  readonly retention: Retention;
  readonly sessionTimeoutMs: number;
  readonly pollIntervalMs: number;
}

/** The event log in one SQLite file. */
export class EmbeddedLog implements MovableLog {
  readonly partitionCount: number;
  readonly #deps: EmbeddedLogDeps;
  readonly #tables = new Map<string, PartitionTable>();
  readonly #groups: GroupStore;
  readonly #appender: Appender;
  readonly #compactor: Compactor;
  readonly #move: Move;
  readonly #consumers = new Set<GroupConsumer>();
  readonly #wakeUps: WakeUps;
  #compacting: Promise<void> = Promise.resolve();
  #closing: Promise<void> | null = null;

  constructor(deps: EmbeddedLogDeps) {
    this.#deps = deps;
    this.partitionCount = deps.partitionCount;
    const { db, partitionCount, sessionTimeoutMs, retention } = deps;
    const now = (): number => deps.clock.now();
    for (const topic of TOPIC_NAMES) {
      for (let partition = 0; partition < partitionCount; partition += 1) {
        this.#tables.set(`${topic}/${partition}`, new PartitionTable(db, topic, partition));
      }
    }
    this.#move = new Move({ db, tables: [...this.#tables.values()], now });
    this.#groups = new GroupStore({ db, partitionCount, sessionTimeoutMs, now });
    this.#wakeUps = new WakeUps(db, deps.pollIntervalMs, () => this.#lookAtGroups());
    this.#appender = new Appender({
      db,
      now,
      check: () => this.#move.check(),
      onAppended: (tables) => this.#wakeUps.wake(tables),
    });
    this.#compactor = new Compactor({ db, tables: [...this.#tables.values()], retention, now });
  }

  get id(): string {
    return this.#move.id;
  }

  movedTo(): string | null {
    return this.#move.movedTo();
  }

  hold(forMs: number): Promise<void> {
    return this.#move.hold(forMs);
  }

  resume(): Promise<void> {
    return this.#move.resume();
  }

  leave(to: string, ends: LogEnds): Promise<boolean> {
    return this.#move.leave(to, ends);
  }

  partitionOf(account: string): number {
    return partitionOfKey(account, this.partitionCount);
  }

  async append(topic: TopicName, partition: number, records: readonly AppendRecord[]): Promise<readonly number[]> {
    return await this.#appender.append(this.#table(topic, partition), records);
  }

  async subscribe(options: SubscribeOptions): Promise<Subscription> {
    const consumer = new GroupConsumer({
      options,
      store: this.#groups,
      sessionTimeoutMs: this.#deps.sessionTimeoutMs,
      log: this.#deps.log,
      page: (topic, partition, from, maxRecords, maxBytes) =>
        this.#deps.db.read(() => this.#table(topic, partition).page(from, maxRecords, maxBytes)),
      onAppended: (topic, partition, wake) => this.#wakeUps.listen(this.#table(topic, partition), wake),
      onGroupChanged: () => this.#lookAtGroups(options.group),
      onClosed: () => {
        this.#consumers.delete(consumer);
        if (this.#consumers.size === 0) this.#wakeUps.stop();
      },
    });
    this.#consumers.add(consumer);
    this.#wakeUps.start();
    try {
      await consumer.start();
    } catch (error) {
      await consumer.close();
      throw error;
    }
    if (this.#closing !== null) await consumer.close();
    return consumer;
  }

  async read(
    topic: TopicName,
    partition: number,
    from: number,
    limits: { readonly records?: number; readonly bytes?: number } = {},
  ): Promise<readonly LogRecord[]> {
    const table = this.#table(topic, partition);
    const { records = DEFAULT_READ_RECORDS, bytes = DEFAULT_READ_BYTES } = limits;
    for (let at = from; ; ) {
      const page = this.#deps.db.read(() => table.page(at, records, bytes));
      if (page.records.length > 0 || page.atEnd) return page.records;
      at = page.next;
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  async ends(topic: TopicName): Promise<readonly PartitionEnd[]> {
    const sql = 'SELECT start FROM progress WHERE topic = ? AND partition = ?';
    const startOf = this.#deps.db.prepare<[string, number], { start: number }>(sql);
    return this.#tablesOf(topic).map((table) =>
      this.#deps.db.read(() => ({
        partition: table.partition,
        start: table.start(startOf.get(topic, table.partition)?.start ?? 0),
        end: table.end(),
      })),
    );
  }

  async lag(): Promise<readonly GroupLag[]> {
    return this.#groups.commits().map((commit) => ({
      ...commit,
      end: this.#deps.db.read(() => this.#table(commit.topic, commit.partition).end()),
    }));
  }

  /** One at a time; a call that comes in meanwhile runs after, for what was appended since. */
  compact(): Promise<void> {
    const run = this.#compacting.then(() => this.#compactor.run());
    this.#compacting = run.catch((error: unknown) => {
      this.#deps.log?.warn('the event log could not be compacted', { error: messageOf(error) });
    });
    return run;
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    await Promise.all([...this.#consumers].map((consumer) => consumer.close()));
    await this.#appender.close();
    this.#compactor.stop();
    await this.#compacting;
    this.#wakeUps.stop();
    this.#deps.db.db.close();
  }

  #lookAtGroups(group?: string): void {
    for (const consumer of this.#consumers) {
      if (group === undefined || consumer.group === group) consumer.lookIfChanged();
    }
  }

  #table(topic: TopicName, partition: number): PartitionTable {
    const table = this.#tables.get(`${topic}/${partition}`);
    if (table === undefined)
      throw new RangeError(`no partition ${partition} of ${topic}: there are ${this.partitionCount}`);
    return table;
  }

  #tablesOf(topic: TopicName): readonly PartitionTable[] {
    return [...this.#tables.values()].filter((table) => table.topic === topic);
  }
}
