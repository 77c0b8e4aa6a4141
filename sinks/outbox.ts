import { jitteredBackoffMs } from '../core/backoff.ts';
import { messageOf } from '../core/errors.ts';
import type { Clock, Random } from '../core/ports/clock.ts';
import type { AppendRecord, EventLog, TopicName } from '../core/ports/event-log.ts';
import type { ItemStore, OutboxEntry } from '../core/ports/item-store.ts';
import type { LogFields, Logger } from '../core/ports/telemetry.ts';

const ENTRIES_A_ROUND = 250;

/**
 * Sends what the sink owes, until it is acknowledged (law 10). A send that may or may not have been written is repeated with
 * another key suffix; copies are known by the event id inside.
 */
export class OutboxSender {
  readonly #log: EventLog;
  readonly #store: ItemStore;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #logger: Logger;
  #running: Promise<void> | null = null;
  readonly #owns: (partition: number) => boolean;
  #again = false;
  #stopped = new AbortController();

  constructor(deps: {
    readonly log: EventLog;
    readonly store: ItemStore;
    readonly clock: Clock;
    readonly random: Random;
    readonly logger: Logger;
    readonly owns: (partition: number) => boolean;
  }) {
    this.#log = deps.log;
    this.#store = deps.store;
    this.#clock = deps.clock;
    this.#random = deps.random;
    this.#logger = deps.logger;
    this.#owns = deps.owns;
  }

  /** There may be something to send. Returns at once. */
  kick(): void {
    this.#again = true;
    this.#running ??= this.#run().finally(() => {
      this.#running = null;
    });
  }

  /** Resolves when the outbox is empty, or the sender was stopped. */
  async drain(): Promise<void> {
    this.kick();
    while (this.#running !== null) await this.#running;
  }

  async stop(): Promise<void> {
    this.#stopped.abort();
    while (this.#running !== null) await this.#running;
  }

  async #run(): Promise<void> {
    let failures = 0;
    while (this.#again && !this.#stopped.signal.aborted) {
      this.#again = false;
      const obstacle = await this.#sendAll();
      if (obstacle === null) {
        failures = 0;
        continue;
      }
      this.#again = true;
      this.#logger.warn('what the sink owes could not be sent; it is tried again', { ...obstacle, attempt: failures });
      await this.#clock
        .sleep(jitteredBackoffMs(failures++, this.#random()), this.#stopped.signal)
        .catch(() => undefined);
    }
  }

  /** What was in the way, or null when nothing was. */
  async #sendAll(): Promise<LogFields | null> {
    const refusals = new Map<number, string>();
    try {
      while (!this.#stopped.signal.aborted && (await this.#sendRound(refusals)));
    } catch (error) {
      return { error: messageOf(error) };
    }
    const [error] = refusals.values();
    return error === undefined ? null : { error, partitions: [...refusals.keys()] };
  }

  /**
   * True when there may be more. A partition that takes nothing is noted in `refusals`, and left out of further rounds: it
   * holds up nobody else.
   */
  async #sendRound(refusals: Map<number, string>): Promise<boolean> {
    const entries = await this.#owed(refusals);
    if (entries.length === 0) return false;
    for (const { topic, partition, entries: sent } of groupByPartition(this.#log, entries)) {
      if (refusals.has(partition)) continue;
      try {
        const records = sent.map((entry) => this.#toRecord(entry));
        await this.#log.append(topic, partition, records);
      } catch (error) {
        refusals.set(partition, messageOf(error));
        continue;
      }
      await this.#store.acknowledge(sent.map((entry) => entry.id));
    }
    return true;
  }

  /** The first entries that are ours to send. Another sink sends what its partitions owe, and may stand still meanwhile. */
  async #owed(refusals: ReadonlyMap<number, string>): Promise<readonly OutboxEntry[]> {
    return await this.#store.outbox(ENTRIES_A_ROUND, (account) => {
      const partition = this.#log.partitionOf(account);
      return this.#owns(partition) && !refusals.has(partition);
    });
  }

  #toRecord(entry: OutboxEntry): AppendRecord {
    if (entry.value === null) return { key: entry.key, value: null };
    const suffix = Math.floor(this.#random() * 2 ** 40).toString(36);
    return { key: `${entry.key}~${suffix}`, value: entry.value };
  }
}

interface Group {
  readonly topic: TopicName;
  readonly partition: number;
  readonly entries: OutboxEntry[];
}

function groupByPartition(log: EventLog, entries: readonly OutboxEntry[]): Iterable<Group> {
  const groups = new Map<string, Group>();
  for (const entry of entries) {
    const partition = log.partitionOf(entry.account);
    const name = `${entry.topic} ${partition}`;
    const group = groups.get(name) ?? { topic: entry.topic, partition, entries: [] };
    group.entries.push(entry);
    groups.set(name, group);
  }
  return groups.values();
}
