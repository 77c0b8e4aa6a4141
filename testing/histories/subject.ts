import { FencedError } from '../../core/errors.ts';
import { DEFAULT_FOLD_SETTINGS, type FoldSettings } from '../../core/fold/effects.ts';
import { embeddableText } from '../../core/item-text.ts';
import { accountName, scopeName } from '../../core/keys.ts';
import { type LedgerRow, newLedgerRow } from '../../core/ledger.ts';
import type { OutboxEntry, PartitionProgress } from '../../core/ports/item-store.ts';
import type { Decoded } from '../../core/ports/schema-codec.ts';
import { textHashOf } from '../../core/text-hash.ts';
import { BatchApplier } from '../../sinks/apply-batch.ts';
import type { BatchRecord } from '../../sinks/batch-record.ts';
import { Convergence } from '../../sinks/convergence.ts';
import { Owed } from '../../sinks/owed.ts';
import { UnitOfWork } from '../../sinks/unit-of-work.ts';
import { MemoryItemStore } from '../memory-store/memory-item-store.ts';
import { readingLog } from '../reading-log.ts';
import { RecordingTelemetry } from '../recording-telemetry.ts';
import type { ObjectCodec } from '../scenario/object-codec.ts';
import type { HistoryLog } from './log.ts';
import { type HistoryRecord, HOUR, ITEM_COUNT, SCOPE, TICK_MS } from './types.ts';

const SETTINGS: FoldSettings = {
  ...DEFAULT_FOLD_SETTINGS,
  guardItems: 2,
  guardShare: 0.25,
  secondVerdictMs: 2 * TICK_MS,
  secondDeletionMs: HOUR * TICK_MS,
};

/** Thrown in the middle of a commit, as if the process had been killed there. */
export class Killed extends Error {}

/** The sink under test: the real fold and loop over a store in memory. */
export class Subject {
  readonly store: MemoryItemStore;
  readonly codec: ObjectCodec;
  applier: BatchApplier;
  readonly #rebuilding: boolean;

  constructor(codec: ObjectCodec, rebuilding = false, store = new MemoryItemStore()) {
    this.codec = codec;
    this.store = store;
    this.#rebuilding = rebuilding;
    this.applier = this.newApplier({ position: -1, nextOffset: 0 });
  }

  newApplier(progress: PartitionProgress): BatchApplier {
    const deps = {
      store: this.store,
      owed: new Owed(this.codec),
      settings: SETTINGS,
      rebuilding: this.#rebuilding,
      stepRows: 2,
      pause: async () => undefined,
      deadLetter: async (_offset: number, error: string): Promise<void> => {
        throw new Error(`the sink refused a record: ${error}`);
      },
    };
    return new BatchApplier(deps, 0, progress);
  }

  /** As after a restart: what the process knew is gone, what the store knows is there. */
  async restart(): Promise<void> {
    this.applier = this.newApplier(await this.store.progress(0));
  }

  /** Law 8: a fresh generation, folded from `ingest` up to where this one is. */
  async rebuilt(log: HistoryLog): Promise<Subject> {
    const fresh = new Subject(this.codec, true);
    const upTo = this.applier.progress.position;
    const records = log.ingest
      .filter((record) => record.position <= upTo)
      .map((record) =>
        log.poisoned.has(record.position) ? { ...record, decoded: null, poison: true as const } : record,
      );
    if (records.length > 0) await fresh.apply(records);
    return fresh;
  }

  /** After a rebuild: the offset in `enriched` from where it is to read. */
  async goOnAt(nextOffset: number): Promise<void> {
    const expected = await this.store.progress(0);
    const nothing = new UnitOfWork(this.store).changeSet(0, expected, { position: expected.position, nextOffset });
    await this.store.commit(nothing);
    await this.restart();
  }

  async apply(records: readonly HistoryRecord[], applier = this.applier): Promise<'applied' | 'fenced' | 'killed'> {
    try {
      await applier.apply(records.map(toBatchRecord));
      return 'applied';
    } catch (error) {
      if (!(error instanceof FencedError || error instanceof Killed)) throw error;
      if (applier === this.applier) await this.restart();
      return error instanceof Killed ? 'killed' : 'fenced';
    }
  }

  async rows(): Promise<readonly LedgerRow[]> {
    const ids = Array.from({ length: ITEM_COUNT }, (_, x) => itemIdOf(x));
    const rows = await this.store.rows(scopeName(SCOPE), ids);
    return ids.map((id) => rows.get(id) ?? newLedgerRow(id));
  }

  async body(x: number): Promise<string | null> {
    return (await this.store.item(scopeName(SCOPE), itemIdOf(x)))?.content?.title ?? null;
  }

  async takeOutbox(count: number, acknowledge: boolean): Promise<readonly OutboxEntry[]> {
    const entries = (await this.store.outbox(1_000_000)).slice(0, count);
    if (acknowledge) await this.store.acknowledge(entries.map((entry) => entry.id));
    return entries;
  }

  async compare(now: number): Promise<boolean | null> {
    const convergence = new Convergence({
      store: this.store,
      log: readingLog(() => ({ commands: 1, forgottenCommands: 0, ingest: 0 })),
      logger: new RecordingTelemetry().log,
      owed: new Owed(this.codec),
      clock: { now: () => now, elapsed: () => now, sleep: async () => undefined },
    });
    await convergence.resume(0, (account) => account === accountName(SCOPE));
    await convergence.settle(0, this.applier.progress);
    await this.restart();
    return (await this.store.scope(scopeName(SCOPE)))?.converged ?? null;
  }

  /** What a rebuild must give too (law 8), with the history that explains it (law 11). */
  async view(): Promise<string> {
    const rows = (await this.rows()).filter((row) => row.state !== null || row.blocked || row.hidden);
    const shown = [];
    for (const row of rows) {
      const { itemId, state, pinned, blocked, hidden, contentHash, vectorHash } = row;
      const history = (await this.store.history(scopeName(SCOPE), itemId)).map(
        (entry) => `${entry.event} #${entry.position}`,
      );
      shown.push({ itemId, state, pinned, blocked, hidden, contentHash, vectorHash, history });
    }
    return JSON.stringify(shown);
  }
}

/** Items 0 to 3 are posts, 4 and 5 comments, so that a snapshot may cover one kind only. */
export function itemIdOf(x: number): string {
  return `${x < 4 ? 't3' : 't1'}_${x}`;
}

export function indexOf(itemId: string): number {
  return Number(itemId.slice(3));
}

function toBatchRecord(record: HistoryRecord): BatchRecord {
  const { offset, position, decoded, key, first, firstKey } = record;
  if (record.poison === true) return { kind: 'marker', offset, position, key };
  if (decoded === null) return { kind: 'empty', offset, position };
  return {
    kind: 'input',
    input: { offset, position, first, key, otherKeys: firstKey === null ? [] : [firstKey], decoded: enrich(decoded) },
  };
}

function enrich(decoded: Decoded): Decoded {
  if (decoded.type !== 'RawItem') return decoded;
  const item = decoded.value;
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
