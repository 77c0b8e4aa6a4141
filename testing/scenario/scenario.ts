import { DEFAULT_FOLD_SETTINGS, type FoldSettings } from '../../core/fold/effects.ts';
import { embeddableText } from '../../core/item-text.ts';
import { accountName, recordKey, type Scope, scopeName } from '../../core/keys.ts';
import type { LedgerRow } from '../../core/ledger.ts';
import type { OutboxEntry } from '../../core/ports/item-store.ts';
import type { Decoded } from '../../core/ports/schema-codec.ts';
import { textHashOf } from '../../core/text-hash.ts';
import type { Decision, RawItem } from '../../schemas/generated/records.ts';
import { BatchApplier } from '../../sinks/apply-batch.ts';
import type { BatchRecord } from '../../sinks/batch-record.ts';
import { Convergence } from '../../sinks/convergence.ts';
import { Owed } from '../../sinks/owed.ts';
import { MemoryItemStore } from '../memory-store/memory-item-store.ts';
import { readingLog } from '../reading-log.ts';
import { RecordingTelemetry } from '../recording-telemetry.ts';
import { ObjectCodec } from './object-codec.ts';
import { type RunDetail, type ScenarioRecord, ScenarioRun } from './scenario-run.ts';

/** A sink in memory: what it has read, and what it is. */
export interface ScenarioSink {
  readonly store: MemoryItemStore;
  readonly applier: BatchApplier;
  /** index in `ingest` of the next record to read */
  read: number;
}

/**
 * One account and its `ingest`, with the real fold and a store in memory, without transport, codec and processor: histories
 * are written record by record, and `settle` lets everything happen that they cause.
 */
export class Scenario {
  readonly scope: Scope;
  readonly ingest: ScenarioRecord[] = [];
  /** nobody executes them */
  readonly commands: Decoded[] = [];
  /** how many of them the log does not keep any more */
  forgottenCommands = 0;
  /** records of `ingest` that come from elsewhere, and are not read */
  unread = 0;
  readonly outcomes: Decoded[] = [];
  readonly codec = new ObjectCodec();
  readonly settings: FoldSettings;
  sink: ScenarioSink;
  /** ms since the epoch; moves only when a test moves it */
  now = Date.UTC(2026, 0, 1);
  fence = 0;
  #events = 0;

  constructor(options: { readonly scope?: Scope; readonly settings?: Partial<FoldSettings> } = {}) {
    this.scope = options.scope ?? { provider: 'tiktok', user: 'me', collection: 'favorites' };
    this.settings = { ...DEFAULT_FOLD_SETTINGS, ...options.settings };
    this.sink = this.newSink();
  }

  get scopeName(): string {
    return scopeName(this.scope);
  }

  newSink(rebuilding = false): ScenarioSink {
    const store = new MemoryItemStore();
    const deps = {
      store,
      owed: new Owed(this.codec),
      settings: this.settings,
      rebuilding,
      pause: async () => undefined,
      now: () => this.now,
      deadLetter: async (_: number, error: string) => {
        throw new Error(error);
      },
    };
    return { store, applier: new BatchApplier(deps, 0, { position: -1, nextOffset: 0 }), read: 0 };
  }

  /** Begins a run of a producer: SyncStarted is in the log. */
  run(mode: 'delta' | 'full' | 'import' | 'recheck' | 'backfill' = 'import', detail: RunDetail = {}): ScenarioRun {
    return new ScenarioRun(this, ++this.fence, mode, detail);
  }

  append(
    decoded: Decoded | null,
    slot: string,
    eventId: string,
    copy: { readonly suffix?: string; readonly first?: ScenarioRecord; readonly key?: string } = {},
  ): ScenarioRecord {
    const position = this.ingest.length;
    const key = copy.key ?? recordKey(this.scope, this.scope.collection, slot, eventId, copy.suffix ?? '');
    const { first } = copy;
    const otherKeys = first === undefined ? [] : [...first.otherKeys, first.key];
    const record = { position, key, decoded, first: first?.first ?? position, otherKeys };
    this.ingest.push(record);
    return record;
  }

  nextEvent(): string {
    return `e${this.#events++}`;
  }

  /** Keys that got a tombstone. */
  erased(): string[] {
    return this.ingest.filter(({ decoded }) => decoded === null).map(({ key }) => key);
  }

  async row(itemId: string, sink = this.sink): Promise<LedgerRow | undefined> {
    return (await sink.store.rows(this.scopeName, [itemId])).get(itemId);
  }

  /** Ids in the collection with this state, in order. */
  async idsOf(state: LedgerRow['state'], sink = this.sink): Promise<string[]> {
    const rows = await sink.store.glance(this.scopeName, null, 1_000_000);
    return rows.filter((row) => row.state === state).map((row) => row.itemId);
  }

  /** A person decides on what the sink shows now. */
  async person(itemId: string, operation: Decision['operation']): Promise<ScenarioRecord> {
    const row = await this.row(itemId);
    if (row === undefined) throw new Error(`there is no ${itemId} to decide on`);
    const eventId = this.nextEvent();
    const basisSeen = operation === 'approve' ? row.basisSeen : this.sink.applier.progress.position;
    const value: Decision = {
      eventId,
      at: this.now,
      ...this.scope,
      itemId,
      operation,
      author: 'person:me',
      basisDecided: row.decided,
      basisSeen,
      reason: 'asked for',
      snapshotId: null,
      syncId: null,
      personOnly: false,
      firstId: null,
      firstAt: null,
      url: null,
      savedAt: row.savedAt,
      evidence: '{}',
    };
    return this.append({ type: 'Decision', value }, itemId, eventId);
  }

  /** Lets the sink read up to `count` records in one batch. */
  async read(count = Number.POSITIVE_INFINITY, sink = this.sink, rebuilding = false): Promise<void> {
    const due = this.ingest.slice(sink.read, sink.read + count);
    sink.read += due.length;
    await sink.applier.apply(due.map((record) => toBatchRecord(record)));
    if (!rebuilding) return;
    for (const entry of await sink.store.outbox(1)) throw new Error(`a rebuild owes ${entry.id}`);
  }

  /** Sends what the sink owes. */
  async publish(count = Number.POSITIVE_INFINITY, sink = this.sink): Promise<number> {
    const entries = (await sink.store.outbox(Number.MAX_SAFE_INTEGER)).slice(0, count);
    for (const entry of entries) this.#send(entry);
    await sink.store.acknowledge(entries.map((entry) => entry.id));
    return entries.length;
  }

  /** Until nothing is unread and nothing is owed. Commands stay in `commands` for the test to take. */
  async settle(): Promise<void> {
    for (let round = 0; round < 100; round++) {
      await this.read();
      if ((await this.publish()) === 0 && this.sink.read === this.ingest.length) return this.#compare();
    }
    throw new Error('the scenario does not come to rest');
  }

  /** Law 8: a fresh generation, folded up to where the sink is. */
  async rebuild(): Promise<ScenarioSink> {
    const fresh = this.newSink(true);
    await this.read(this.sink.read, fresh, true);
    return fresh;
  }

  /** What compaction leaves of the log: all but the records whose key got a tombstone. */
  compacted(): readonly ScenarioRecord[] {
    const erased = new Set(this.ingest.filter((record) => record.decoded === null).map((record) => record.key));
    return this.ingest.filter((record) => record.decoded === null || !erased.has(record.key));
  }

  async #compare(): Promise<void> {
    const convergence = new Convergence({
      store: this.sink.store,
      log: readingLog(() => ({
        commands: this.commands.length,
        forgottenCommands: this.forgottenCommands,
        ingest: this.ingest.length + this.unread,
      })),
      logger: new RecordingTelemetry().log,
      owed: new Owed(this.codec),
      clock: { now: () => this.now, elapsed: () => this.now, sleep: async () => undefined },
    });
    await convergence.resume(0, (account) => account === accountName(this.scope));
    await convergence.settle(0, this.sink.applier.progress);
    await this.publish();
  }

  #send(entry: OutboxEntry): void {
    if (entry.topic === 'commands' && entry.value !== null) this.commands.push(this.codec.decode(entry.value));
    else if (entry.topic === 'outcomes' && entry.value !== null) this.outcomes.push(this.codec.decode(entry.value));
    else
      this.append(entry.value === null ? null : this.codec.decode(entry.value), '', '', {
        key: entry.value === null ? entry.key : `${entry.key}~${this.ingest.length}`,
      });
  }
}

function toBatchRecord(record: ScenarioRecord): BatchRecord {
  const { position, decoded, key, first, otherKeys } = record;
  if (decoded === null) return { kind: 'empty', offset: position, position };
  const enriched: Decoded = decoded.type === 'RawItem' ? enrich(decoded.value) : decoded;
  return {
    kind: 'input',
    input: { offset: position, position, first, key, otherKeys, decoded: enriched },
  };
}

/** As the processor would, with a vector that tells the text. */
function enrich(item: RawItem): Decoded {
  const text = embeddableText(item);
  const textHash = text === null ? null : textHashOf(text);
  const vector = textHash === null ? null : Buffer.from(textHash.slice(0, 32), 'hex');
  return {
    type: 'EnrichedItem',
    value: {
      item,
      textHash,
      vector,
      model: textHash === null ? null : 'test',
      dimensions: textHash === null ? null : 4,
      textTruncated: false,
    },
  };
}
