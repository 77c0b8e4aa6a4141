import { setTimeout } from 'node:timers/promises';
import { createRecordCodec } from '../codec/avsc/record-codec.ts';
import { accountName } from '../core/keys.ts';
import type { AppliedSnapshot } from '../core/ledger.ts';
import type { Clock } from '../core/ports/clock.ts';
import type { LogRecord } from '../core/ports/event-log.ts';
import type { KnownItem, LedgerView } from '../core/ports/ledger-view.ts';
import type { Decoded } from '../core/ports/schema-codec.ts';
import type { RunDeps, RunLimits } from '../producers/run-deps.ts';
import { RECORD_NAMES, type RecordName, type RecordTypes } from '../schemas/generated/records.ts';
import { SCHEMAS } from '../schemas/schemas.ts';
import { MemoryEventLog } from './memory-log/memory-event-log.ts';
import { MemoryMetadataStore } from './memory-metadata/memory-metadata-store.ts';
import { RecordingTelemetry } from './recording-telemetry.ts';

/** The machine's time, which a test may set forward. */
export class ShiftedClock implements Clock {
  aheadMs = 0;

  now(): number {
    return Date.now() + this.aheadMs;
  }

  elapsed(): number {
    return performance.now();
  }

  async sleep(ms: number, signal?: AbortSignal): Promise<void> {
    await setTimeout(ms, undefined, signal === undefined ? {} : { signal });
  }
}

/** A ledger that holds what a test puts into it. */
export class FakeLedger implements LedgerView {
  readonly rows = new Map<string, KnownItem>();
  last: AppliedSnapshot | null = null;

  async known(_scope: unknown, itemIds: readonly string[]): Promise<ReadonlyMap<string, KnownItem>> {
    return new Map([...this.rows].filter(([itemId]) => itemIds.includes(itemId)));
  }

  async extraOf(): Promise<string | null> {
    return null;
  }

  async applied(): Promise<AppliedSnapshot | null> {
    return this.last;
  }
}

const QUICK: RunLimits = {
  leaseMs: 3000,
  waitMs: 20_000,
  pollMs: 5,
  appendAttempts: 4,
  batchBytes: 900_000,
  batchRecords: 500,
};

/** What a producer works with, in memory, and what it wrote. */
export class ProducerWorld implements RunDeps {
  readonly clock = new ShiftedClock();
  readonly log = new MemoryEventLog({ clock: this.clock });
  readonly codec = createRecordCodec(SCHEMAS, {
    idOf: (record) => RECORD_NAMES.indexOf(record),
    schemaOf: (id) => SCHEMAS[RECORD_NAMES[id] ?? 'Outcome'],
  });
  readonly metadata = new MemoryMetadataStore();
  readonly telemetry = new RecordingTelemetry();
  readonly instance = 'here';
  readonly limits = QUICK;
  readonly ledger = new FakeLedger();
  random: () => number;

  constructor(seed = 1) {
    this.random = mulberry32(seed);
  }

  /** All records of an account in `ingest`, in order, with their keys. */
  async ingest(account = { provider: 'tiktok', user: 'me' }): Promise<(Decoded & { readonly key: string })[]> {
    const records = await this.partition(account);
    return records.map(({ key, value }) => ({ ...this.codec.decode(value ?? new Uint8Array()), key }));
  }

  async ingestOf<N extends RecordName>(type: N): Promise<RecordTypes[N][]> {
    const records = await this.ingest();
    return records.filter((record) => record.type === type).map(({ value }) => value as RecordTypes[N]);
  }

  private async partition(account: { provider: string; user: string }): Promise<LogRecord[]> {
    const all: LogRecord[] = [];
    for (let from = 0; ; from = (all.at(-1)?.offset ?? 0) + 1) {
      const records = await this.log.read('ingest', this.log.partitionOf(accountName(account)), from);
      if (records.length === 0) return all;
      all.push(...records);
    }
  }
}

/** Seeded, uniform in [0, 1). */
export function mulberry32(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
