import { FencedError, StoreUnavailableError } from '../../core/errors.ts';
import { kindOf } from '../../core/keys.ts';
import {
  type AccountRow,
  type HistoryEntry,
  inCollection,
  type LedgerRow,
  lastSeen,
  type RunRow,
  type ScopeRow,
} from '../../core/ledger.ts';
import type {
  ChangeSet,
  DueStub,
  HeldGroup,
  ItemChange,
  ItemFilter,
  ItemStore,
  ItemSummary,
  JournalFilter,
  JournalPage,
  OutboxEntry,
  PartitionProgress,
  RefusedItem,
  ScopeTotals,
  SearchHit,
  StagedChunk,
} from '../../core/ports/item-store.ts';
import { SetDigest } from '../../core/set-digest.ts';
import { clone, compare, copyOf, cosine, type Entry, fitsDates, sortKey, summaryOf } from './memory-entry.ts';

/**
 * An ItemStore in maps: slow, and obviously right. For property tests, the topology driver, and as the second implementation
 * that the contract suite is held against.
 */
export class MemoryItemStore implements ItemStore {
  readonly #items = new Map<string, Map<string, Entry>>();
  readonly #history: HistoryEntry[] = [];
  readonly #scopes = new Map<string, ScopeRow>();
  readonly #accounts = new Map<string, AccountRow>();
  readonly #runs = new Map<string, RunRow>();
  readonly #events = new Set<string>();
  readonly #outbox = new Map<string, OutboxEntry>();
  readonly #chunks = new Map<string, StagedChunk>();
  readonly #progress = new Map<number, PartitionProgress>();
  /** Items that commit refuses, as a store refuses one document of a batch. */
  refuse: (scope: string, itemId: string, change: ItemChange, before: LedgerRow | null) => boolean = () => false;
  /** Called at the start of every commit: throw to make it fail as a whole. */
  beforeCommit: () => void = () => undefined;
  /** every commit fails as a whole while this is set, as where the disk is full */
  isFull = false;

  async progress(partition: number): Promise<PartitionProgress> {
    return this.#progress.get(partition) ?? { position: -1, nextOffset: 0 };
  }
  async account(account: string): Promise<AccountRow | null> {
    return copyOf(this.#accounts.get(account));
  }
  async scope(scope: string): Promise<ScopeRow | null> {
    return copyOf(this.#scopes.get(scope));
  }
  async run(syncId: string): Promise<RunRow | null> {
    return copyOf(this.#runs.get(syncId));
  }
  async runBefore(account: string, position: number): Promise<RunRow | null> {
    const earlier = [...this.#runs.values()].filter((run) => run.account === account && run.startedPosition < position);
    return copyOf(earlier.sort((a, b) => b.startedPosition - a.startedPosition)[0]);
  }
  async runsCausedBy(syncId: string): Promise<readonly RunRow[]> {
    return clone([...this.#runs.values()].filter((run) => run.causedBy === syncId));
  }
  async rows(scope: string, itemIds: readonly string[]): Promise<Map<string, LedgerRow>> {
    const found = new Map<string, LedgerRow>();
    for (const id of itemIds) {
      const entry = this.#items.get(scope)?.get(id);
      if (entry !== undefined) found.set(id, clone(entry.row));
    }
    return found;
  }
  async glance(scope: string, after: string | null, limit: number): Promise<readonly LedgerRow[]> {
    const rows = [...(this.#items.get(scope)?.values() ?? [])].map((entry) => entry.row);
    return clone(
      rows
        .filter((row) => after === null || row.itemId > after)
        .sort((a, b) => compare(a.itemId, b.itemId))
        .slice(0, limit),
    );
  }
  async knownEvents(eventIds: readonly string[]): Promise<ReadonlySet<string>> {
    return new Set(eventIds.filter((id) => this.#events.has(id)));
  }
  async chunk(scope: string, snapshotId: string, index: number): Promise<StagedChunk | null> {
    return this.#chunks.get(`${scope} ${snapshotId} ${index}`) ?? null;
  }

  async commit(given: ChangeSet): Promise<readonly RefusedItem[]> {
    this.beforeCommit();
    if (this.isFull) throw new StoreUnavailableError('the disk is full');
    const known = await this.progress(given.partition);
    if (known.position !== given.expected.position || known.nextOffset !== given.expected.nextOffset)
      throw new FencedError(`partition ${given.partition} was applied up to ${known.position} by another sink`);
    const change = clone(given);
    const refused = change.items.filter((each) => {
      const { itemId } = each.row;
      return this.refuse(each.scope, itemId, each, this.#items.get(each.scope)?.get(itemId)?.row ?? null);
    });
    if (refused.length > 0)
      return refused.map(({ scope, row }) => ({ scope, itemId: row.itemId, error: 'refused by the test' }));
    for (const scope of change.discardChunks)
      for (const key of this.#chunks.keys()) if (key.startsWith(`${scope} `)) this.#chunks.delete(key);
    for (const chunk of change.chunks) this.#chunks.set(`${chunk.scope} ${chunk.snapshotId} ${chunk.index}`, chunk);
    for (const item of change.items) {
      const { scope, row } = item;
      const items = this.#items.get(scope) ?? new Map<string, Entry>();
      const before = items.get(row.itemId);
      items.set(row.itemId, {
        row,
        content: item.content === undefined ? (before?.content ?? null) : item.content,
        vector: item.vector === undefined ? (before?.vector ?? null) : item.vector,
      });
      this.#items.set(scope, items);
      if (item.eraseHistory === true) this.#eraseHistory(scope, row.itemId);
    }
    for (const scope of change.scopes) this.#scopes.set(scope.scope, scope);
    for (const account of change.accounts) this.#accounts.set(account.account, account);
    for (const run of change.runs) this.#runs.set(run.syncId, run);
    for (const entry of change.outbox) this.#outbox.set(entry.id, entry);
    for (const event of change.events) this.#events.add(event);
    this.#history.push(...change.history);
    this.#progress.set(change.partition, { position: change.position, nextOffset: change.nextOffset });
    return [];
  }
  async outbox(limit: number, isOf: (account: string) => boolean = () => true): Promise<readonly OutboxEntry[]> {
    return [...this.#outbox.values()].filter(({ account }) => isOf(account)).slice(0, limit);
  }
  async acknowledge(ids: readonly string[]): Promise<void> {
    for (const id of ids) this.#outbox.delete(id);
  }
  async eraseFreed(): Promise<void> {}
  async usesText(textHash: string): Promise<boolean> {
    return this.#entries().some(({ entry }) => entry.row.textHash === textHash);
  }

  async expiredTrash(
    before: number,
    limit: number,
  ): Promise<readonly { readonly scope: string; readonly row: LedgerRow }[]> {
    const expired = this.#entries().filter(
      ({ entry: { row } }) => row.state === 'trash' && !row.pinned && row.trashedAt !== null && row.trashedAt < before,
    );
    return clone(expired.slice(0, limit).map(({ scope, entry }) => ({ scope, row: entry.row })));
  }
  async dueStubs(now: number, limit: number, offset: number): Promise<readonly DueStub[]> {
    const due = this.#entries().filter(
      ({ entry: { row } }) =>
        inCollection(row.state) &&
        row.content !== 'full' &&
        !row.blocked &&
        (row.retryAt === null || row.retryAt <= now),
    );
    return due.slice(offset, offset + limit).map(({ scope, entry: { row } }) => ({
      scope,
      itemId: row.itemId,
      attempts: row.attempts,
      firstSeenAt: row.firstSeenAt,
    }));
  }
  async countDifferences(scope: string, begin: number, kinds: readonly string[], asOf: number | null): Promise<number> {
    const applied = this.#scopes.get(scope) ?? { applied: null };
    const rows = [...(this.#items.get(scope)?.values() ?? [])].map((entry) => entry.row);
    const counted = rows.filter(
      (row) =>
        kinds.includes(kindOf(row.itemId)) &&
        !row.pinned &&
        !row.blocked &&
        !row.hidden &&
        lastSeen(row, applied) <= begin &&
        (row.listed || asOf === null || Math.max(row.savedAt ?? 0, row.lastSeenAt ?? 0) <= asOf),
    );
    return counted.filter((row) => inCollection(row.state) !== row.listed).length;
  }

  async scopes(): Promise<readonly ScopeRow[]> {
    return clone([...this.#scopes.values()].sort((a, b) => compare(a.scope, b.scope)));
  }
  async totals(): Promise<readonly ScopeTotals[]> {
    return [...this.#items].map(([scope, items]) => {
      const entries = [...items.values()];
      const count = (test: (row: LedgerRow) => boolean): number => entries.filter((entry) => test(entry.row)).length;
      const shown = (row: LedgerRow): boolean => inCollection(row.state);
      return {
        scope,
        active: count((row) => row.state === 'active'),
        trash: count((row) => row.state === 'trash'),
        held: count((row) => row.state === 'held'),
        purged: count((row) => row.state === 'purged'),
        pinned: count((row) => row.pinned),
        stub: count((row) => shown(row) && row.content !== 'full'),
        blocked: count((row) => row.blocked),
        withVector: count((row) => shown(row) && row.vectorHash !== ''),
        withText: count((row) => shown(row) && row.textHash !== ''),
      };
    });
  }
  async list(
    filter: ItemFilter,
    limit: number,
    after: string | null,
  ): Promise<{ readonly items: readonly ItemSummary[]; readonly next: string | null }> {
    const rest = this.#listed(filter).filter(({ key }) => after === null || key > after);
    const page = rest.slice(0, limit);
    return { items: page.map((entry) => entry.summary), next: rest.length > limit ? (page.at(-1)?.key ?? null) : null };
  }
  async listAt(filter: ItemFilter, limit: number, offset: number): Promise<readonly ItemSummary[]> {
    return this.#listed(filter)
      .slice(offset, offset + limit)
      .map((entry) => entry.summary);
  }
  async count(filter: ItemFilter): Promise<number> {
    return this.#filtered(filter).length;
  }
  async item(scope: string, itemId: string): Promise<Entry | null> {
    return copyOf(this.#items.get(scope)?.get(itemId));
  }
  async history(scope: string, itemId: string): Promise<readonly HistoryEntry[]> {
    return this.#history.filter((entry) => entry.scope === scope && entry.itemId === itemId);
  }
  async journal({ scopes, events }: JournalFilter, limit: number, after: string | null): Promise<JournalPage> {
    const keyOf = (entry: HistoryEntry, i: number): string =>
      [Number.MAX_SAFE_INTEGER - entry.at, Number.MAX_SAFE_INTEGER - i]
        .map((n) => String(n).padStart(17, '0'))
        .join(' ');
    const all = this.#history
      .map((entry, i) => ({ id: keyOf(entry, i), ...entry }))
      .filter(({ scope, event }) => events.includes(event) && (scopes === undefined || scopes.includes(scope)))
      .sort((a, b) => compare(a.id, b.id))
      .filter(({ id }) => after === null || id > after);
    const entries = all.slice(0, limit);
    return { entries, next: all.length > limit ? (entries.at(-1)?.id ?? null) : null };
  }
  async held(): Promise<readonly HeldGroup[]> {
    const groups = new Map<string, HeldGroup & { itemIds: string[] }>();
    for (const { scope, entry } of this.#entries()) {
      const { row } = entry;
      if (row.state !== 'held' || row.holdId === null) continue;
      const group = groups.get(row.holdId) ?? { id: row.holdId, scope, count: 0, createdAt: 0, itemIds: [] };
      group.itemIds.push(row.itemId);
      groups.set(row.holdId, { ...group, count: group.itemIds.length });
    }
    return [...groups.values()];
  }
  async searchText(query: string, filter: ItemFilter, limit: number): Promise<readonly SearchHit[]> {
    const words = query.toLowerCase().split(/\s+/);
    return this.#hits(
      filter,
      limit,
      ({ content }) =>
        words.filter((word) => `${content?.title} ${content?.author} ${content?.body}`.toLowerCase().includes(word))
          .length,
    );
  }
  async searchVectors(
    vector: Float32Array,
    model: string,
    filter: ItemFilter,
    limit: number,
  ): Promise<readonly SearchHit[]> {
    return this.#hits(filter, limit, (entry) =>
      entry.vector?.model === model ? cosine(vector, entry.vector.bytes) : 0,
    );
  }
  async digest(scope?: string): Promise<string> {
    const digest = new SetDigest();
    for (const { scope: name, entry } of this.#entries()) {
      const { itemId, state, pinned, blocked, hidden, contentHash, vectorHash } = entry.row;
      if (scope === undefined || scope === name)
        digest.add(JSON.stringify([name, itemId, state, pinned, blocked, hidden, contentHash, vectorHash]));
    }
    return digest.toString();
  }
  async backup(): Promise<void> {
    throw new Error('a store in memory has no backup');
  }
  async close(): Promise<void> {}

  #entries(): { readonly scope: string; readonly entry: Entry }[] {
    return [...this.#items].flatMap(([scope, items]) => [...items.values()].map((entry) => ({ scope, entry })));
  }
  #eraseHistory(scope: string, itemId: string): void {
    for (let i = this.#history.length - 1; i >= 0; i--) {
      const entry = this.#history[i];
      if (entry?.erasable === true && entry.scope === scope && entry.itemId === itemId) this.#history.splice(i, 1);
    }
  }
  #filtered(filter: ItemFilter): { readonly scope: string; readonly entry: Entry }[] {
    const states: readonly (string | null)[] = filter.states ?? ['active', 'held'];
    return this.#entries().filter(
      ({ scope, entry: { row } }) =>
        (filter.scopes === undefined || filter.scopes.includes(scope)) &&
        states.includes(row.state) &&
        (filter.includeHidden === true || !row.hidden) &&
        fitsDates(filter, row.savedAt),
    );
  }
  #listed(filter: ItemFilter): { readonly key: string; readonly summary: ItemSummary }[] {
    const all = this.#filtered(filter).map(({ scope, entry }) => ({
      key: `${sortKey(entry.row)} ${scope}`,
      summary: summaryOf(scope, entry),
    }));
    return all.sort((a, b) => compare(a.key, b.key));
  }
  #hits(filter: ItemFilter, limit: number, score: (entry: Entry) => number): readonly SearchHit[] {
    const hits = this.#filtered(filter).flatMap(({ scope, entry }) =>
      entry.content === null ? [] : [{ ...summaryOf(scope, entry), content: entry.content, score: score(entry) }],
    );
    return hits
      .filter((hit) => hit.score > 0)
      .sort((a, b) => b.score - a.score)
      .slice(0, limit);
  }
}
