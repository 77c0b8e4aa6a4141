import { Effects } from '../core/fold/effects.ts';
import {
  type AccountRow,
  type LedgerRow,
  newAccountRow,
  newLedgerRow,
  newScopeRow,
  type RunRow,
  type ScopeRow,
} from '../core/ledger.ts';
import type {
  ChangeSet,
  ItemChange,
  ItemContent,
  ItemStore,
  OutboxEntry,
  PartitionProgress,
  StagedChunk,
  StoredVector,
} from '../core/ports/item-store.ts';

import { SetDigest } from '../core/set-digest.ts';

/** An item that a batch works on, with what of it is to be written. */
export interface Draft {
  readonly scope: string;
  readonly row: LedgerRow;
  dirty: boolean;
  content?: ItemContent | null;
  vector?: StoredVector | null;
  eraseHistory?: boolean;
  /** what its flag was before a snapshot that is being applied moved it, together with the digest of its scope */
  wasListed?: boolean;
}

/**
 * Rows that a batch reads and changes, loaded in bulk and written as one ChangeSet. Not for use by two batches at once.
 */
export class UnitOfWork {
  readonly effects = new Effects();
  readonly events: string[] = [];
  readonly chunks: StagedChunk[] = [];
  readonly discardChunks: string[] = [];
  readonly outbox: OutboxEntry[] = [];
  readonly #store: ItemStore;
  readonly #drafts = new Map<string, Map<string, Draft>>();
  readonly #scopes = new Map<string, ScopeRow>();
  readonly #accounts = new Map<string, AccountRow>();
  readonly #runs = new Map<string, RunRow | null>();
  readonly #known = new Map<string, boolean>();
  readonly #dirty = { scopes: new Set<ScopeRow>(), accounts: new Set<AccountRow>(), runs: new Set<RunRow>() };

  constructor(store: ItemStore) {
    this.#store = store;
  }

  /** Loads the rows that are not loaded yet, in one call a scope. */
  async loadItems(scope: string, itemIds: Iterable<string>): Promise<void> {
    const drafts = this.#draftsOf(scope);
    const missing = [...new Set(itemIds)].filter((id) => !drafts.has(id));
    if (missing.length === 0) return;
    const rows = await this.#store.rows(scope, missing);
    for (const itemId of missing) {
      drafts.set(itemId, { scope, row: rows.get(itemId) ?? newLedgerRow(itemId), dirty: false });
    }
  }

  /** Loads which events are known already; those of this unit are. */
  async loadEvents(eventIds: readonly string[]): Promise<void> {
    const missing = eventIds.filter((id) => !this.#known.has(id));
    if (missing.length === 0) return;
    const known = await this.#store.knownEvents(missing);
    for (const id of missing) this.#known.set(id, known.has(id));
  }

  /** True the first time; afterwards the event is known, also to later batches. */
  isNewEvent(eventId: string): boolean {
    if (this.#known.get(eventId) === true) return false;
    this.#known.set(eventId, true);
    this.events.push(eventId);
    return true;
  }

  isKnownEvent(eventId: string): boolean {
    return this.#known.get(eventId) === true;
  }

  /** Drops what this batch added to an item's history from records that are erased now. */
  forgetHistory(scope: string, itemId: string): void {
    const { history } = this.effects;
    for (let i = history.length - 1; i >= 0; i--) {
      const entry = history[i];
      if (entry?.erasable === true && entry.itemId === itemId && entry.scope === scope) history.splice(i, 1);
    }
  }

  /** The item stays as it was: the store refused it. What the unit says of its scope and history is said without it. */
  async leaveOut(scope: string, itemId: string): Promise<void> {
    const draft = this.draft(scope, itemId);
    draft.dirty = false;
    const { history } = this.effects;
    for (let i = history.length - 1; i >= 0; i--)
      if (history[i]?.itemId === itemId && history[i]?.scope === scope) history.splice(i, 1);
    const { wasListed = draft.row.listed } = draft;
    if (wasListed !== draft.row.listed) leaveOutOfListed(await this.scope(scope), itemId, wasListed);
  }

  draft(scope: string, itemId: string): Draft {
    const draft = this.#draftsOf(scope).get(itemId);
    if (draft === undefined) throw new Error(`the row of ${scope} ${itemId} was not loaded`);
    return draft;
  }

  async scope(name: string): Promise<ScopeRow> {
    const loaded = this.#scopes.get(name) ?? (await this.#store.scope(name)) ?? newScopeRow(name);
    this.#scopes.set(name, loaded);
    return loaded;
  }

  async account(name: string): Promise<AccountRow> {
    const loaded = this.#accounts.get(name) ?? (await this.#store.account(name)) ?? newAccountRow(name);
    this.#accounts.set(name, loaded);
    return loaded;
  }

  async run(syncId: string | null): Promise<RunRow | null> {
    if (syncId === null) return null;
    const known = this.#runs.get(syncId);
    const loaded = known === undefined ? await this.#store.run(syncId) : known;
    this.#runs.set(syncId, loaded);
    return loaded;
  }

  /** The latest run of the account that began before `position`, also one that this unit adds. */
  async runBefore(account: string, position: number): Promise<RunRow | null> {
    let latest = await this.#store.runBefore(account, position);
    for (const run of this.#dirty.runs) {
      if (
        run.account === account &&
        run.startedPosition < position &&
        run.startedPosition > (latest?.startedPosition ?? -1)
      )
        latest = run;
    }
    return latest;
  }

  addRun(run: RunRow): void {
    this.#runs.set(run.syncId, run);
    this.#dirty.runs.add(run);
  }

  changedScope(scope: ScopeRow): void {
    this.#dirty.scopes.add(scope);
  }

  changedAccount(account: AccountRow): void {
    this.#dirty.accounts.add(account);
  }

  changedRun(run: RunRow | null): void {
    if (run !== null) this.#dirty.runs.add(run);
  }

  /** Runs that changed, for whoever asks whether they are settled. */
  touchedRuns(): readonly RunRow[] {
    return [...this.#dirty.runs];
  }

  *changedDrafts(): Generator<Draft> {
    for (const drafts of this.#drafts.values()) for (const draft of drafts.values()) if (draft.dirty) yield draft;
  }

  /** Everything that changed, to be committed with this progress. */
  changeSet(partition: number, expected: PartitionProgress, progress: PartitionProgress): ChangeSet {
    return {
      partition,
      expected,
      ...progress,
      items: [...this.changedDrafts()].map(toChange),
      scopes: [...this.#dirty.scopes],
      accounts: [...this.#dirty.accounts],
      runs: [...this.#dirty.runs],
      history: this.effects.history,
      events: this.events,
      outbox: this.outbox,
      chunks: this.chunks,
      discardChunks: this.discardChunks,
    };
  }

  #draftsOf(scope: string): Map<string, Draft> {
    let drafts = this.#drafts.get(scope);
    if (drafts === undefined) {
      drafts = new Map();
      this.#drafts.set(scope, drafts);
    }
    return drafts;
  }
}

/** The event by which it is known that the decision under this key of `ingest` acted. */
export function actedEvent(key: string): string {
  return `acted ${key}`;
}

function leaveOutOfListed(scope: ScopeRow, itemId: string, wasListed: boolean): void {
  const digest = new SetDigest(scope.listedDigest);
  if (wasListed) digest.add(itemId);
  else digest.remove(itemId);
  scope.listedDigest = digest.toString();
  scope.listedCount += wasListed ? 1 : -1;
  if (scope.applied !== null) scope.applied = { ...scope.applied, contentDigest: '' };
}

function toChange(draft: Draft): ItemChange {
  return {
    scope: draft.scope,
    row: draft.row,
    ...(draft.content === undefined ? {} : { content: draft.content }),
    ...(draft.vector === undefined ? {} : { vector: draft.vector }),
    ...(draft.eraseHistory === undefined ? {} : { eraseHistory: draft.eraseHistory }),
  };
}
