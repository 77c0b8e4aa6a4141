import type { AppendRecord, Batch, EventLog, LogRecord, TopicName } from '../../core/ports/event-log.ts';

/** One log, fresh for each test. */
export interface EventLogHarness {
  readonly log: EventLog;
  /** One more client of the same log, as another process would have it. */
  another(): Promise<EventLog>;
  /** Closes the client and opens another one in its place. */
  reopen(log: EventLog): Promise<EventLog>;
  /** Moves the clock of all clients forward, by which the log judges retention. */
  advance(ms: number): Promise<void>;
  /** Keeps the client's heartbeats away from the others for longer than a session, while its handlers go on. */
  freeze(log: EventLog): Promise<void>;
  /** Closes every client, and removes the log. */
  dispose(): Promise<void>;
}

/** What an adapter may be unable to show in tests. */
export const EVENT_LOG_CAPABILITIES = [
  /** freeze works */
  'fencing',
  /** advance works, and retention acts within compact() */
  'retention',
  /** tombstones act within compact() */
  'prompt-erasure',
  /** a partition is given up and taken over without its former owner handling on */
  'cooperative-rebalance',
] as const;

export type EventLogCapability = (typeof EVENT_LOG_CAPABILITIES)[number];

export interface EventLogSuite {
  /** The present test's. */
  readonly harness: () => EventLogHarness;
  readonly supports: (capability: EventLogCapability) => boolean;
}

export const PARTITIONS = 3;

const WAIT_MS = 180_000;
const LOOK_EVERY_MS = 5;

/** Waits for a condition, never for a time. */
export async function until(what: string, condition: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = performance.now() + WAIT_MS;
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error(`waited in vain until ${what}`);
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
  }
}

export function record(key: string, text: string | null = key): AppendRecord {
  return { key, value: text === null ? null : new TextEncoder().encode(text) };
}

export function records(prefix: string, count: number): AppendRecord[] {
  return Array.from({ length: count }, (_, i) => record(`${prefix}${i}`));
}

export function textOf({ value }: LogRecord): string | null {
  return value === null ? null : new TextDecoder().decode(value);
}

export function keysOf(list: readonly LogRecord[]): string[] {
  return list.map(({ key }) => key);
}

/** Every record of a partition, read in pages. */
export async function readAll(log: EventLog, topic: TopicName, partition: number): Promise<LogRecord[]> {
  const all: LogRecord[] = [];
  for (;;) {
    const page = await log.read(topic, partition, (all.at(-1)?.offset ?? -1) + 1);
    if (page.length === 0) return all;
    all.push(...page);
  }
}

/** What handlers were given, in order, with a view of each partition. */
export class Seen {
  readonly batches: Batch[] = [];
  readonly add = (batch: Batch): void => void this.batches.push(batch);

  keys(topic: TopicName, partition: number): string[] {
    return this.batches.filter((b) => b.topic === topic && b.partition === partition).flatMap((b) => keysOf(b.records));
  }

  get count(): number {
    return this.batches.reduce((sum, batch) => sum + batch.records.length, 0);
  }
}

/** The offset after a batch: what is committed when all of it has its effect. */
export function after(batch: Batch): number {
  return (batch.records.at(-1)?.offset ?? -1) + 1;
}
