import { kindOf } from '../../core/keys.ts';
import {
  type AccountRow,
  inCollection,
  type LedgerGlance,
  type LedgerRow,
  lastSeen,
  type RunRow,
  type ScopeRow,
} from '../../core/ledger.ts';
import type { DueStub, OutboxEntry, PartitionProgress, StagedChunk } from '../../core/ports/item-store.ts';
import type { Catalog } from './catalog.ts';
import { fromSortable, joinKey, prefixOf, sortable, splitKey } from './keys.ts';
import { decodeRow, MAIN, rowsOf, type StoredRow, TEXTS, WORK } from './ledger-tables.ts';
import type { PartitionLog } from './partition-log.ts';
import type { StagedChunks } from './staged-chunks.ts';

const PAGE = 2_000;
const MAX_RUNS = 10_000;

type KeyedEntry = readonly [key: string, value: unknown];
type Scoped = { readonly scope: string; readonly row: LedgerRow };

/** What the fold and maintenance ask. See ItemStore for each. */
export class LedgerReads {
  readonly #catalog: Catalog;
  readonly #chunks: StagedChunks;

  constructor(catalog: Catalog, chunks: StagedChunks) {
    this.#catalog = catalog;
    this.#chunks = chunks;
  }

  async progress(partition: number): Promise<PartitionProgress> {
    const log = this.#catalog.log(partition);
    await log.refresh();
    return log.progress;
  }

  async account(account: string): Promise<AccountRow | null> {
    return copyOf(await this.#find(joinKey('account', account))) as AccountRow | null;
  }

  async scope(scope: string): Promise<ScopeRow | null> {
    const log = await this.#catalog.logOf(scope);
    return copyOf(await log?.get(MAIN, joinKey('scope', scope))) as ScopeRow | null;
  }

  async scopes(): Promise<readonly ScopeRow[]> {
    const rows: ScopeRow[] = [];
    for (const log of await this.#catalog.logs())
      for (const [, value] of await allOf(log, MAIN, prefixOf('scope'))) rows.push(structuredClone(value as ScopeRow));
    return rows.sort((a, b) => (a.scope < b.scope ? -1 : 1));
  }

  async run(syncId: string): Promise<RunRow | null> {
    return copyOf(await this.#find(joinKey('run', syncId))) as RunRow | null;
  }

  async runBefore(account: string, position: number): Promise<RunRow | null> {
    for (const log of await this.#catalog.logs()) {
      const after = joinKey('began', account, sortable(-position));
      const [found] = await log.page(MAIN, 1, { after, prefix: prefixOf('began', account) });
      if (found !== undefined) return copyOf(await log.get(MAIN, joinKey('run', found[1] as string))) as RunRow | null;
    }
    return null;
  }

  async runsCausedBy(syncId: string): Promise<readonly RunRow[]> {
    const runs: RunRow[] = [];
    for (const log of await this.#catalog.logs()) {
      const found = await log.page(MAIN, MAX_RUNS, { prefix: prefixOf('caused', syncId) });
      const keys = found.map(([key]) => joinKey('run', splitKey(key)[3] ?? ''));
      const rows = await log.getMany(MAIN, keys);
      for (const key of keys) if (rows.has(key)) runs.push(structuredClone(rows.get(key) as RunRow));
    }
    return runs;
  }

  async rows(scope: string, itemIds: readonly string[]): Promise<Map<string, LedgerRow>> {
    const log = await this.#catalog.logOf(scope);
    if (log === null || itemIds.length === 0) return new Map();
    const found = await log.getMany(rowsOf(scope), itemIds);
    return new Map([...found].map(([itemId, row]) => [itemId, decodeRow(itemId, row as StoredRow)]));
  }

  async glance(scope: string, after: string | null, limit: number): Promise<readonly LedgerGlance[]> {
    const log = await this.#catalog.logOf(scope);
    if (log === null) return [];
    const page = await log.page(rowsOf(scope), limit, { after });
    return page.map(([itemId, row]) => toGlance(itemId, row as StoredRow));
  }

  async knownEvents(eventIds: readonly string[]): Promise<ReadonlySet<string>> {
    const known = new Set<string>();
    if (eventIds.length === 0) return known;
    const keys = eventIds.map((id) => joinKey('event', id));
    for (const log of await this.#catalog.logs()) {
      const found = await log.getMany(MAIN, keys);
      eventIds.forEach((id, i) => {
        if (found.has(keys[i] ?? '')) known.add(id);
      });
    }
    return known;
  }

  async chunk(scope: string, snapshotId: string, index: number): Promise<StagedChunk | null> {
    const log = await this.#catalog.logOf(scope);
    return log === null ? null : this.#chunks.read(log, scope, snapshotId, index);
  }

  /** What a partition owes is of accounts of that partition: its first entry tells whose the others are. */
  async outbox(limit: number, isOf: (account: string) => boolean = () => true): Promise<readonly OutboxEntry[]> {
    const entries: OutboxEntry[] = [];
    for (const log of await this.#catalog.logs()) {
      const [first] = await log.page(MAIN, 1, { prefix: prefixOf('outbox') });
      if (first === undefined || !isOf((first[1] as OutboxEntry).account)) continue;
      const page = await log.page(MAIN, limit - entries.length, { prefix: prefixOf('outbox') });
      for (const [, stored] of page) {
        const { value, ...entry } = stored as Omit<OutboxEntry, 'value'> & { readonly value: string | null };
        entries.push({ ...entry, value: value === null ? null : new Uint8Array(Buffer.from(value, 'base64')) });
      }
      if (entries.length >= limit) break;
    }
    return entries;
  }

  async usesText(textHash: string): Promise<boolean> {
    for (const log of await this.#catalog.logs())
      if ((await log.page(TEXTS, 1, { prefix: prefixOf(textHash) })).length > 0) return textHash !== '';
    return false;
  }

  async expiredTrash(before: number, limit: number): Promise<readonly Scoped[]> {
    const expired: Scoped[] = [];
    for (const log of await this.#catalog.logs()) {
      const page = await log.page(WORK, limit - expired.length, { prefix: prefixOf('trash') });
      const due = page.map(([key]) => splitKey(key)).filter(([, at = '']) => fromSortable(at) < before);
      for (const [, , scope = '', itemId = ''] of due) {
        const row = await log.get(rowsOf(scope), itemId);
        if (row !== undefined) expired.push({ scope, row: decodeRow(itemId, row as StoredRow) });
      }
      if (expired.length >= limit) break;
    }
    return expired;
  }

  async dueStubs(now: number, limit: number, offset: number): Promise<readonly DueStub[]> {
    const due: DueStub[] = [];
    let toSkip = offset;
    // Which partitions this process writes must not change the order.
    const logs = (await this.#catalog.logs()).toSorted((a, b) => a.partition - b.partition);
    for (const log of logs) {
      const found: (readonly string[])[] = [];
      const wanted = toSkip + limit - due.length;
      for await (const page of pagesOf(log, WORK, prefixOf('stub'))) {
        const keys = page.map(([key]) => splitKey(key));
        const isDue = ([, at = '']: readonly string[]): boolean => fromSortable(at) <= now;
        found.push(...keys.filter(isDue));
        if (found.length >= wanted || !keys.every(isDue)) break;
      }
      const places = found.slice(toSkip, wanted).map(([, , scope = '', itemId = '']) => ({ scope, itemId }));
      toSkip = Math.max(0, toSkip - found.length);
      due.push(...(await stubsOf(log, places)));
      if (due.length >= limit) break;
    }
    return due;
  }

  async countDifferences(scope: string, begin: number, kinds: readonly string[], asOf: number | null): Promise<number> {
    const log = await this.#catalog.logOf(scope);
    const applied = (await this.scope(scope)) ?? { applied: null };
    let differing = 0;
    if (log === null) return 0;
    for await (const rows of rowPages(log, scope)) {
      for (const row of rows) {
        if (row.pinned || row.blocked || row.hidden || lastSeen(row, applied) > begin) continue;
        if (!row.listed && asOf !== null && Math.max(row.savedAt ?? 0, row.lastSeenAt ?? 0) > asOf) continue;
        if (kinds.includes(kindOf(row.itemId)) && inCollection(row.state) !== row.listed) differing++;
      }
    }
    return differing;
  }

  /** In the one partition that has it. */
  async #find(key: string): Promise<unknown> {
    // A sink mostly asks about what it writes itself, and that costs no question to the server.
    for (const log of this.#catalog.opened()) {
      if (!log.isOwned) continue;
      await log.refresh();
      const value = await log.get(MAIN, key);
      if (value !== undefined) return value;
    }
    for (const log of await this.#catalog.logs()) {
      const value = await log.get(MAIN, key);
      if (value !== undefined) return value;
    }
    return undefined;
  }
}

/** All rows of a scope in order of id, a page at a time. */
export async function* rowPages(log: PartitionLog, scope: string): AsyncGenerator<readonly LedgerRow[]> {
  for (let after: string | null = null; ; ) {
    const page: readonly (readonly [string, unknown])[] = await log.page(rowsOf(scope), PAGE, { after });
    if (page.length > 0) yield page.map(([itemId, row]) => decodeRow(itemId, row as StoredRow));
    if (page.length < PAGE) return;
    after = page.at(-1)?.[0] ?? null;
  }
}

/** Every entry that begins with a prefix, of which there are few. */
export async function allOf(log: PartitionLog, table: string, prefix: string): Promise<readonly KeyedEntry[]> {
  const all: KeyedEntry[] = [];
  for await (const page of pagesOf(log, table, prefix)) all.push(...page);
  return all;
}

/** Every entry that begins with a prefix, in order, a page at a time. */
async function* pagesOf(log: PartitionLog, table: string, prefix: string): AsyncGenerator<readonly KeyedEntry[]> {
  for (let after: string | null = null; ; ) {
    const page: readonly KeyedEntry[] = await log.page(table, PAGE, { after, prefix });
    if (page.length > 0) yield page;
    if (page.length < PAGE) return;
    after = page.at(-1)?.[0] ?? null;
  }
}

/** What is told of stubs of a partition, in the order of their places. */
async function stubsOf(
  log: PartitionLog,
  places: readonly { readonly scope: string; readonly itemId: string }[],
): Promise<readonly DueStub[]> {
  const rows = new Map<string, ReadonlyMap<string, unknown>>();
  for (const scope of new Set(places.map((place) => place.scope))) {
    const ids = places.filter((place) => place.scope === scope).map(({ itemId }) => itemId);
    rows.set(scope, await log.getMany(rowsOf(scope), ids));
  }
  return places.flatMap(({ scope, itemId }): DueStub[] => {
    const stored = rows.get(scope)?.get(itemId);
    if (stored === undefined) return [];
    const { attempts, firstSeenAt } = decodeRow(itemId, stored as StoredRow);
    return [{ scope, itemId, attempts, firstSeenAt }];
  });
}

function toGlance(itemId: string, row: StoredRow): LedgerGlance {
  const { state = null, pinned = false, blocked = false, hidden = false, listed = false, savedAt = null } = row;
  const { content = 'none', stale = false, deletedBy = null, documentHash = '' } = row;
  return { itemId, state, pinned, blocked, hidden, listed, content, stale, deletedBy, documentHash, savedAt };
}

/** Its own copy, so that nobody changes what is kept. */
function copyOf(value: unknown): unknown {
  return value === undefined ? null : structuredClone(value);
}
