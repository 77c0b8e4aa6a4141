import { accountName, scopeName } from '../../core/keys.ts';
import { type HistoryEntry, type LedgerRow, lastSeenAt, newLedgerRow, newScopeRow } from '../../core/ledger.ts';
import type { ItemStore } from '../../core/ports/item-store.ts';
import type { Source } from './source.ts';

/** Answers are given a moment before they are written down. */
const WRITTEN_WITHIN_MS = 2_000;
const EXPORT_DATED_TO_MS = 999;
const COLLECTIONS: Readonly<Record<string, string>> = { github: 'starred', reddit: 'saved', tiktok: 'favorites' };

/** What became of the removals of a history. */
export interface Removals {
  true: number;
  wrong: number;
  /** by an export that was made up: in the trash, explained, and undone by the next honest one */
  forged: number;
}

/** Knows what is true at the source, and looks at the collection after every step. */
export class Oracle {
  readonly violations: string[] = [];
  readonly reached: Record<string, number> = {};
  readonly removals: Removals = { true: 0, wrong: 0, forged: 0 };
  readonly scope: string;
  readonly account: string;
  /** moments of exports that were made up, ms */
  readonly forgedAsOf = new Set<number>();
  /** items that a person decided about: what becomes of them is theirs */
  readonly decidedByPerson = new Set<string>();
  readonly #source: Source;
  readonly #judged = new Map<string, number>();

  constructor(source: Source) {
    this.#source = source;
    const account = { provider: source.provider, user: 'me' };
    this.account = accountName(account);
    this.scope = scopeName({ ...account, collection: COLLECTIONS[source.provider] ?? '' });
  }

  get ids(): readonly string[] {
    return Array.from({ length: this.#source.items }, (_, n) => this.#source.idOf(n));
  }

  reach(what: string): void {
    this.reached[what] = (this.reached[what] ?? 0) + 1;
  }

  violate(what: string): void {
    this.violations.push(what);
  }

  async rows(store: ItemStore): Promise<readonly LedgerRow[]> {
    const rows = await store.rows(this.scope, this.ids);
    return this.ids.map((id) => rows.get(id) ?? newLedgerRow(id));
  }

  /** Judges every removal that happened since the last look. */
  async judge(store: ItemStore, now: number): Promise<void> {
    const scope = (await store.scope(this.scope)) ?? newScopeRow(this.scope);
    for (const row of await this.rows(store)) {
      if (row.state !== 'trash' || this.#judged.get(row.itemId) === row.decided) continue;
      this.#judged.set(row.itemId, row.decided);
      const entry = (await store.history(this.scope, row.itemId)).findLast(({ event }) => event.startsWith('remov'));
      if (entry === undefined) this.violate(`nothing explains why ${row.itemId} was removed`);
      else this.#judgeRemoval(row, entry, lastSeenAt(row, scope) ?? 0, now);
    }
  }

  #judgeRemoval(row: LedgerRow, entry: HistoryEntry, shownAt: number, now: number): void {
    const { truth } = this.#source;
    if (entry.author.startsWith('person:')) {
      this.reach('a person approved a removal');
      return;
    }
    const evidence = JSON.parse(entry.evidence) as { readonly askedAt?: string; readonly asOf?: string | null };
    const told = evidence.askedAt ?? evidence.asOf;
    if (told === undefined || told === null) {
      this.violate(`the removal of ${row.itemId} rests on nothing: ${entry.evidence}`);
      return;
    }
    const at = Date.parse(told);
    const since = evidence.askedAt === undefined ? at : at - WRITTEN_WITHIN_MS;
    // Exports are dated to the second, and taken at some moment of it.
    const until = evidence.askedAt === undefined ? at + EXPORT_DATED_TO_MS : at;
    if (evidence.askedAt === undefined && this.forgedAsOf.has(at)) {
      this.removals.forged++;
      return;
    }
    if (truth.wasSavedThroughout(row.itemId, since, until)) {
      this.removals.wrong++;
      this.violate(`wrong removal of ${row.itemId}: it was saved at ${told} (${entry.reason})`);
      return;
    }
    if (row.pinned) this.violate(`${row.itemId} was removed, though a person pinned it`);
    if (shownAt > at && truth.wasSavedThroughout(row.itemId, shownAt, now))
      this.violate(`${row.itemId} was removed by what was seen before it was shown again`);
    this.removals.true++;
    this.reach(evidence.askedAt === undefined ? 'removed by absence' : 'removed by verdict');
  }

  /** When the faults have ended and everything came to rest: the collection is what the source holds. */
  async judgeEnd(store: ItemStore): Promise<void> {
    const rows = await this.rows(store);
    for (const [n, row] of rows.entries()) {
      if (this.decidedByPerson.has(row.itemId)) continue;
      await this.#judgeItem(store, n, row);
    }
  }

  async #judgeItem(store: ItemStore, n: number, row: LedgerRow): Promise<void> {
    const { itemId, state } = row;
    const isSaved = this.#source.truth.isSaved(itemId);
    if (!isSaved) {
      if (state === 'active' || state === 'held') this.violate(`missed removal of ${itemId}`);
      return;
    }
    if (this.#source.isExcused(n)) return;
    if (state !== 'active') {
      this.violate(`lost item ${itemId}: ${state}`);
      return;
    }
    const stored = await store.item(this.scope, itemId);
    const text = JSON.stringify(stored?.content ?? null);
    if (!text.includes(this.#source.markOf(n))) this.violate(`lost edit of ${itemId}: ${text.slice(0, 200)}`);
  }
}
