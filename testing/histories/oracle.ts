import { carriesContent } from '../../core/item-text.ts';
import type { LedgerRow } from '../../core/ledger.ts';
import type { Decision } from '../../schemas/generated/records.ts';
import type { HistoryLog } from './log.ts';
import type { Producers } from './producers.ts';
import { indexOf, itemIdOf } from './subject.ts';
import { type HistoryRecord, type Proof, tickOf } from './types.ts';
import type { World } from './world.ts';

interface Wish {
  /** what the person saw, position */
  readonly known: number;
  readonly operation: Decision['operation'] | 'mixed';
  readonly at: number;
  readonly purge: boolean;
}

/** Knows what is true at the source and what people asked for, and says when the collection does not do them justice. */
export class Oracle {
  readonly violations: string[] = [];
  readonly reached: Record<string, number> = {};
  readonly wishes = new Map<number, Wish>();
  /** items for which two decisions of people crossed, or one was lost */
  readonly mixed = new Set<number>();
  readonly purges: { readonly x: number; readonly at: number }[] = [];
  /** item → tick of the observation that its last removal rests on */
  readonly #removedAsOf = new Map<number, number>();
  /** item → tick at which a record that was taken showed it as saved */
  readonly #shownAt = new Map<number, number>();
  readonly #world: World;
  readonly #proof: Proof;
  #producers: Producers | null = null;

  constructor(world: World, proof: Proof) {
    this.#world = world;
    this.#proof = proof;
  }

  knows(producers: Producers): void {
    this.#producers = producers;
  }

  reach(what: string): void {
    this.reached[what] = (this.reached[what] ?? 0) + 1;
  }

  violate(what: string): void {
    this.violations.push(what);
  }

  /** A record was applied: every row that it changed must have changed for a reason. */
  judgeStep(record: HistoryRecord, before: readonly LedgerRow[], after: readonly LedgerRow[]): void {
    after.forEach((row, x) => {
      const was = before[x];
      if (was === undefined) return;
      this.#noteShown(record, row, x);
      if (record.decoded?.type === 'Decision') {
        if (indexOf(record.decoded.value.itemId) === x) this.#judgeDecision(record, record.decoded.value, was, row, x);
      } else if (was.state !== null && was.state !== 'active' && row.state === 'active') this.#judgeRevival(record, x);
    });
  }

  #noteShown({ decoded, position }: HistoryRecord, row: LedgerRow, x: number): void {
    if (decoded?.type !== 'RawItem' || !decoded.value.sighting || row.seen !== position) return;
    if (indexOf(decoded.value.itemId) === x) this.#shownAt.set(x, tickOf(decoded.value.at));
  }

  #judgeDecision(record: HistoryRecord, decision: Decision, was: LedgerRow, row: LedgerRow, x: number): void {
    if (row.decided !== record.position) return;
    const asOf = this.#observedBy(decision);
    if (['remove', 'hold', 'approve'].includes(decision.operation)) this.#removedAsOf.set(x, asOf);
    if (decision.operation === 'remove' && row.state === 'trash') {
      const savedAt = this.#world.saved.get(x);
      if (savedAt !== undefined && savedAt <= asOf) this.violate('wrong removal');
      const shownAt = this.#shownAt.get(x) ?? -1;
      if (savedAt !== undefined && savedAt <= shownAt && shownAt > asOf)
        this.violate('removed by what was observed before it was shown');
      if (was.personOnly && was.state === 'held') this.violate('guard passed');
      if (was.pinned) this.violate("person's decision undone: pinned item removed");
    }
    if (decision.operation === 'approve' && row.state === 'trash' && was.state !== 'held')
      this.violate("person's decision undone: approved what was not held");
    if (was.blocked && !row.blocked && decision.operation !== 'allow') this.violate("person's decision undone: block");
    if (was.blocked && decision.operation === 'restore') this.violate("person's decision undone: restored over purge");
    if (decision.operation === 'purge') {
      this.purges.push({ x, at: record.position });
      this.reach('purge acted');
    }
    this.reach(`${decision.operation} acted`);
  }

  /** Tick up to which the source was known when the decision was made. */
  #observedBy(decision: Decision): number {
    const evidence = JSON.parse(decision.evidence) as { askedAt?: string };
    if (evidence.askedAt !== undefined) return tickOf(Date.parse(evidence.askedAt));
    return this.#producers?.observed.get(decision.snapshotId ?? '') ?? Number.POSITIVE_INFINITY;
  }

  /** What was removed comes back only if it was saved since then, and was seen since then. */
  #judgeRevival(record: HistoryRecord, x: number): void {
    this.reach('revived');
    // A known limit: without dates in the file the moment it speaks of is only a lower bound.
    if (this.#proof === 'absence' && this.#producers?.datedExports !== true) return;
    const removed = this.#removedAsOf.get(x) ?? -1;
    const { decoded } = record;
    if (decoded === null || decoded.type === 'EnrichedItem') return;
    const observed =
      decoded.type === 'SnapshotEnd'
        ? (this.#producers?.observed.get(decoded.value.snapshotId) ?? 0)
        : tickOf(decoded.value.at);
    const savedSince = this.#world.saved.has(x) || (this.#world.unsavedAt.get(x) ?? -1) >= removed;
    if (observed < removed || !savedSince) this.violate('resurrection');
  }

  wish(x: number, operation: Decision['operation'], row: LedgerRow, position: number, applied: number): void {
    const wish = this.wishes.get(x);
    const purging = wish?.purge === true && !row.blocked;
    const unread = wish !== undefined && (wish.at > applied || purging);
    const stays = operation === 'purge' || (wish?.purge === true && operation !== 'allow') ? 'purge' : 'mixed';
    this.wishes.set(x, {
      known: applied,
      operation: unread ? stays : operation,
      at: position,
      purge: operation === 'purge' || (purging && operation !== 'allow'),
    });
  }

  /** After faults have ended and everything has settled. */
  judgeItem(x: number, row: LedgerRow, body: string | null): void {
    const { saved, deleted, unfetchable, content } = this.#world;
    const wish = this.wishes.get(x);
    const undone = (what: string): void => this.violate(`person's decision undone: ${what}`);
    if (wish?.operation === 'mixed' || this.mixed.has(x)) return;
    if (wish?.operation === 'purge') {
      if (!row.blocked || row.state !== 'purged') undone('purge');
      return;
    }
    const excused =
      deleted.has(x) || row.hidden || this.purges.some((purge) => purge.x === x && purge.at > (wish?.known ?? -1));
    const keeps = wish?.operation === 'restore' || wish?.operation === 'reject';
    if (keeps && !(row.pinned && row.state === 'active') && !excused) return undone('pin');
    if (wish?.operation === 'unpin' && row.pinned) return undone('unpin');
    if (row.blocked) return wish?.operation === 'allow' ? undone('allow') : this.violate('blocked without wish');
    if (row.pinned) return;
    if (!saved.has(x)) {
      if (row.state === 'active' || row.state === 'held') this.violate('missed removal');
      return;
    }
    if (deleted.has(x)) {
      if (row.state !== 'purged') this.violate('author-deleted item not purged');
      return;
    }
    if (row.state === 'purged' && row.hidden && unfetchable.has(x)) return;
    if (row.state !== 'active') return this.violate('lost item');
    if (unfetchable.has(x)) return;
    if (row.hidden) return this.violate('hidden though shown');
    if (body !== content[x]) this.violate(body === null ? 'lost content' : 'lost edit');
  }

  /** Law 7: no record of a purged item is left that is older than its purge, nor any of an item that is purged now. */
  judgeErasure(log: HistoryLog, rows: readonly LedgerRow[]): void {
    for (const purge of this.purges) {
      const purged = rows[purge.x]?.state === 'purged';
      for (const topic of [log.ingest, log.enriched]) {
        for (const { decoded, position } of topic) {
          const holds =
            decoded?.type === 'RawItem' && carriesContent(decoded.value) && decoded.value.itemId === itemIdOf(purge.x);
          if (holds && (position < purge.at || purged)) return this.violate('erased text is still in the log');
        }
      }
    }
    for (const row of rows)
      if (row.state === 'purged' && (row.contentHash !== '' || row.vectorHash !== ''))
        this.violate('purged item has content');
  }
}
