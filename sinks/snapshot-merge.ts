import { absentNeedsWork, type Finding, listedNeedsWork, type SnapshotEntry } from '../core/fold/merge.ts';
import { contestedKinds, DOCUMENT_HASH_LENGTH } from '../core/fold/snapshot.ts';
import { kindOf } from '../core/keys.ts';
import { inCollection, type LedgerGlance, type ScopeRow } from '../core/ledger.ts';
import type { ItemStore, StagedChunk } from '../core/ports/item-store.ts';
import { SetDigest } from '../core/set-digest.ts';
import type { SnapshotEnd } from '../schemas/generated/records.ts';
import { ControlIds } from './control-ids.ts';

/** Rows in one read of the ledger: small enough that other accounts hardly wait. */
const GLANCE_ROWS = 4_000;

export interface MergeResult {
  /** rows that the snapshot changes or may change, in order of id */
  readonly findings: readonly Finding[];
  readonly count: number;
  readonly digest: string;
  /** see Tally */
  readonly unlisted: number;
  /** of the kinds that the snapshot covers: of others it says nothing, so that they must not weigh in (law 4) */
  readonly scopeCount: number;
  readonly overlap: number;
  /** the same by kind of id, and how many ids are listed of it */
  readonly byKind: ReadonlyMap<string, KindCount>;
  /** ids of the snapshot, as controls for a recheck */
  readonly controls: readonly string[];
}

export interface KindCount {
  listed: number;
  scopeCount: number;
  overlap: number;
}

/**
 * Compares a staged snapshot with the ledger, both in order of id, a page at a time, so that 1,000,000 ids need no memory of
 * their own. The digest of the snapshot is that of the snapshot last applied, plus what came, minus what went.
 */
export class SnapshotMerge {
  readonly #store: ItemStore;
  readonly #scope: ScopeRow;
  readonly #end: SnapshotEnd;
  readonly #pause: () => Promise<void>;
  readonly #findings: Finding[] = [];
  readonly #digest: SetDigest;
  readonly #contested: readonly string[];
  readonly #controls: ControlIds;
  #count = 0;
  #unlisted = 0;
  readonly #byKind = new Map<string, KindCount>();

  constructor(store: ItemStore, scope: ScopeRow, end: SnapshotEnd, pause: () => Promise<void>) {
    this.#store = store;
    this.#scope = scope;
    this.#end = end;
    this.#pause = pause;
    this.#digest = new SetDigest(scope.listedDigest);
    this.#contested = contestedKinds(scope, end);
    this.#controls = new ControlIds(end.snapshotId, end.count);
  }

  async run(): Promise<MergeResult> {
    if (this.#end.digestOnly) await this.#compareWithListed();
    else await this.#mergeChunks(this.#scope.staged?.sorted === true ? this.#sortedPages() : this.#allSorted());
    return {
      findings: this.#findings,
      count: this.#count,
      digest: this.#digest.toString(),
      unlisted: this.#unlisted,
      scopeCount: sumOf(this.#byKind, 'scopeCount'),
      overlap: sumOf(this.#byKind, 'overlap'),
      byKind: this.#byKind,
      controls: this.#controls.ids,
    };
  }

  /** What the snapshot lists, a page at a time; in order of id only where its chunks are. */
  async *listed(): AsyncGenerator<readonly Pick<SnapshotEntry, 'itemId' | 'savedAt'>[]> {
    if (!this.#end.digestOnly) yield* this.#sortedPages();
    else for await (const rows of this.#ledgerPages()) yield rows.filter(({ listed }) => listed);
  }

  async #compareWithListed(): Promise<void> {
    for await (const rows of this.#ledgerPages()) {
      for (const row of rows)
        this.#see(row, row.listed ? { itemId: row.itemId, documentHash: '', savedAt: null } : null);
    }
  }

  async #mergeChunks(pages: AsyncIterable<readonly SnapshotEntry[]>): Promise<void> {
    const ledger = this.#ledgerPages()[Symbol.asyncIterator]();
    let rows: readonly LedgerGlance[] = [];
    let next = 0;
    const refill = async (): Promise<void> => {
      const page = await ledger.next();
      rows = page.done === true ? [] : page.value;
      next = 0;
    };
    await refill();
    let last: string | null = null;
    for await (const entries of pages) {
      for (const entry of entries) {
        if (entry.itemId === last) continue;
        last = entry.itemId;
        let row = rows[next];
        while (row !== undefined && row.itemId < entry.itemId) {
          this.#see(row, null);
          if (++next >= rows.length) await refill();
          row = rows[next];
        }
        if (row?.itemId !== entry.itemId) {
          this.#see(null, entry);
          continue;
        }
        this.#see(row, entry);
        if (++next >= rows.length) await refill();
      }
    }
    for (; rows.length > 0; await refill()) for (; next < rows.length; next++) this.#see(rows[next] ?? null, null);
  }

  #see(row: LedgerGlance | null, entry: SnapshotEntry | null): void {
    const kind = kindOf((row ?? entry)?.itemId ?? '');
    const isCovered = row !== null && this.#end.kinds.includes(kind);
    const inScope = isCovered && inCollection(row.state);
    const counted = this.#countOf(kind);
    if (inScope) counted.scopeCount++;
    if (entry === null) {
      if (row?.listed === true) this.#digest.remove(row.itemId);
      if (row !== null && absentNeedsWork(row, isCovered)) this.#findings.push({ itemId: row.itemId, entry: null });
      return;
    }
    this.#count++;
    counted.listed++;
    this.#controls.see(entry.itemId, row !== null && isSound(row));
    if (inScope) counted.overlap++;
    if (row?.listed !== true) {
      if (this.#contested.includes(kind)) this.#unlisted++;
      this.#digest.add(entry.itemId);
    }
    if (listedNeedsWork(row, entry)) this.#findings.push({ itemId: entry.itemId, entry });
  }

  #countOf(kind: string): KindCount {
    let counted = this.#byKind.get(kind);
    if (counted === undefined) {
      counted = { listed: 0, scopeCount: 0, overlap: 0 };
      this.#byKind.set(kind, counted);
    }
    return counted;
  }

  async *#ledgerPages(): AsyncGenerator<readonly LedgerGlance[]> {
    let after: string | null = null;
    for (;;) {
      const page: readonly LedgerGlance[] = await this.#store.glance(this.#scope.scope, after, GLANCE_ROWS);
      const lastRow = page.at(-1);
      if (lastRow === undefined) return;
      yield page;
      after = lastRow.itemId;
      await this.#pause();
    }
  }

  async *#sortedPages(): AsyncGenerator<readonly SnapshotEntry[]> {
    for (let index = 0; index < (this.#scope.staged?.chunks ?? 0); index++) {
      const chunk = await this.#store.chunk(this.#scope.scope, this.#end.snapshotId, index);
      if (chunk === null) throw new Error(`chunk ${index} of snapshot ${this.#end.snapshotId} was staged and is gone`);
      yield entriesOf(chunk);
      await this.#pause();
    }
  }

  /** For producers that list in another order than that of the ids. */
  async *#allSorted(): AsyncGenerator<readonly SnapshotEntry[]> {
    const all: SnapshotEntry[] = [];
    for await (const entries of this.#sortedPages()) for (const entry of entries) all.push(entry);
    yield all.sort((a, b) => (a.itemId < b.itemId ? -1 : a.itemId > b.itemId ? 1 : 0));
  }
}

function sumOf(counts: ReadonlyMap<string, KindCount>, name: keyof KindCount): number {
  let sum = 0;
  for (const count of counts.values()) sum += count[name];
  return sum;
}

/** It was shown before, and still counts as shown: so the source ought to say that it is saved. */
function isSound({ state, listed, hidden, content, deletedBy }: LedgerGlance): boolean {
  return state === 'active' && listed && !hidden && content === 'full' && deletedBy === null;
}

function entriesOf(chunk: StagedChunk): readonly SnapshotEntry[] {
  return chunk.itemIds.map((itemId, i) => {
    const savedAt = chunk.savedAt[i] ?? -1;
    return {
      itemId,
      documentHash: chunk.documentHashes.slice(i * DOCUMENT_HASH_LENGTH, (i + 1) * DOCUMENT_HASH_LENGTH),
      savedAt: savedAt < 0 ? null : savedAt,
    };
  });
}
