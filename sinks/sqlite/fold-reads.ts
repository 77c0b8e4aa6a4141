import type { AccountRow, LedgerGlance, LedgerRow, RunRow, ScopeRow } from '../../core/ledger.ts';
import type { DueStub, OutboxEntry, StagedChunk } from '../../core/ports/item-store.ts';
import type { Database } from '../../sqlite/open.ts';
import {
  GLANCE,
  LEDGER_COLUMN_COUNT,
  LEDGER_COLUMNS,
  type RawGlances,
  type RawRow,
  toGlances,
  toLedgerRow,
} from './ledger-columns.ts';
import type { ScopeIds } from './scope-ids.ts';

type RawChunk = readonly [itemIds: string, documentHashes: string, savedAt: Uint8Array];
type RawOutbox = readonly [
  id: string,
  topic: OutboxEntry['topic'],
  account: string,
  key: string,
  value: Uint8Array | null,
];
type RawScopedRow = readonly [...RawRow, scopeId: number];
type RawStub = readonly [scopeId: number, itemId: string, attempts: number, firstSeenAt: number | null];

/** What the fold and maintenance ask of the ledger and of what stands around it. */
export class FoldReads {
  readonly #scopes: ScopeIds;
  readonly #statements: ReturnType<typeof prepare>;

  constructor(db: Database, scopes: ScopeIds) {
    this.#scopes = scopes;
    this.#statements = prepare(db);
  }

  account(account: string): AccountRow | null {
    return parse(this.#statements.account.get(account)) as AccountRow | null;
  }

  scope(scope: string): ScopeRow | null {
    return parse(this.#statements.scope.get(scope)) as ScopeRow | null;
  }

  scopes(): readonly ScopeRow[] {
    return this.#statements.scopes.all().map((json) => JSON.parse(json) as ScopeRow);
  }

  run(syncId: string): RunRow | null {
    return parse(this.#statements.run.get(syncId)) as RunRow | null;
  }

  runBefore(account: string, position: number): RunRow | null {
    return parse(this.#statements.runBefore.get(account, position)) as RunRow | null;
  }

  runsCausedBy(syncId: string): readonly RunRow[] {
    return this.#statements.runsCausedBy.all(syncId).map((json) => JSON.parse(json) as RunRow);
  }

  rows(scope: string, itemIds: readonly string[]): Map<string, LedgerRow> {
    const rows = new Map<string, LedgerRow>();
    const scopeId = this.#scopes.find(scope);
    if (scopeId === null || itemIds.length === 0) return rows;
    for (const raw of this.#statements.rows.all(JSON.stringify(itemIds), scopeId)) rows.set(raw[0], toLedgerRow(raw));
    return rows;
  }

  glance(scope: string, after: string | null, limit: number): readonly LedgerGlance[] {
    const scopeId = this.#scopes.find(scope);
    if (scopeId === null) return [];
    // Every id is greater than the empty string.
    const raw = this.#statements.glance.get(scopeId, after ?? '', limit);
    return raw === undefined ? [] : toGlances(raw);
  }

  knownEvents(eventIds: readonly string[]): ReadonlySet<string> {
    return new Set(eventIds.length === 0 ? [] : this.#statements.events.all(JSON.stringify(eventIds)));
  }

  chunk(scope: string, snapshotId: string, index: number): StagedChunk | null {
    const scopeId = this.#scopes.find(scope);
    const raw = scopeId === null ? undefined : this.#statements.chunk.get(scopeId, index, snapshotId);
    if (raw === undefined) return null;
    const [itemIds, documentHashes, dates] = raw;
    // A copy, since the bytes of a result may begin at an address that no float64 can.
    const savedAt = [...new Float64Array(dates.slice().buffer)];
    return { scope, snapshotId, index, itemIds: JSON.parse(itemIds) as string[], documentHashes, savedAt };
  }

  outbox(limit: number, isOf: (account: string) => boolean = () => true): readonly OutboxEntry[] {
    const accounts = this.#statements.owing.all().filter(isOf);
    return this.#statements.outbox
      .all(JSON.stringify(accounts), limit)
      .map(([id, topic, account, key, value]) => ({ id, topic, account, key, value }));
  }

  usesText(textHash: string): boolean {
    return textHash !== '' && this.#statements.usesText.get(textHash, textHash) !== undefined;
  }

  expiredTrash(before: number, limit: number): readonly { readonly scope: string; readonly row: LedgerRow }[] {
    return this.#statements.expiredTrash.all(before, limit).map((raw) => ({
      scope: this.#scopes.name(raw[LEDGER_COLUMN_COUNT]),
      row: toLedgerRow(raw as unknown as RawRow),
    }));
  }

  dueStubs(now: number, limit: number, offset: number): readonly DueStub[] {
    return this.#statements.dueStubs.all(now, limit, offset).map(([scopeId, itemId, attempts, firstSeenAt]) => ({
      scope: this.#scopes.name(scopeId),
      itemId,
      attempts,
      firstSeenAt,
    }));
  }
}

function prepare(db: Database) {
  return {
    account: db.prepare<[string], string>('SELECT data FROM accounts WHERE account = ?').pluck(),
    scope: db.prepare<[string], string | null>('SELECT data FROM scopes WHERE name = ?').pluck(),
    scopes: db.prepare<[], string>('SELECT data FROM scopes WHERE data IS NOT NULL ORDER BY name').pluck(),
    run: db.prepare<[string], string>('SELECT data FROM runs WHERE sync_id = ?').pluck(),
    runBefore: db
      .prepare<[string, number], string>(
        'SELECT data FROM runs WHERE account = ? AND started_position < ? ORDER BY started_position DESC LIMIT 1',
      )
      .pluck(),
    runsCausedBy: db
      .prepare<[string], string>('SELECT data FROM runs WHERE caused_by = ? ORDER BY started_position')
      .pluck(),
    rows: db
      .prepare<[string, number], RawRow>(
        `SELECT ${LEDGER_COLUMNS} FROM json_each(?) j CROSS JOIN ledger l ON l.scope_id = ? AND l.item_id = j.value`,
      )
      .raw(),
    glance: db.prepare<[number, string, number], RawGlances>(GLANCE).raw(),
    events: db
      .prepare<[string], string>('SELECT e.event_id FROM json_each(?) j CROSS JOIN events e ON e.event_id = j.value')
      .pluck(),
    chunk: db
      .prepare<[number, number, string], RawChunk>(
        'SELECT item_ids, document_hashes, saved_at FROM chunks WHERE scope_id = ? AND number = ? AND snapshot_id = ?',
      )
      .raw(),
    owing: db.prepare<[], string>('SELECT DISTINCT account FROM outbox').pluck(),
    outbox: db
      .prepare<[string, number], RawOutbox>(
        `SELECT id, topic, account, key, value FROM outbox
         WHERE account IN (SELECT value FROM json_each(?)) ORDER BY turn LIMIT ?`,
      )
      .raw(),
    usesText: db
      .prepare<[string, string], number>(
        "SELECT 1 FROM ledger WHERE substr(text_hash, 1, 16) = substr(?, 1, 16) AND text_hash = ? AND text_hash <> ''",
      )
      .pluck(),
    expiredTrash: db
      .prepare<[number, number], RawScopedRow>(
        `SELECT ${LEDGER_COLUMNS}, l.scope_id FROM ledger l WHERE (flags & 15) = 3 AND trashed_at < ? ORDER BY trashed_at LIMIT ?`,
      )
      .raw(),
    dueStubs: db
      .prepare<[number, number, number], RawStub>(
        `SELECT scope_id, item_id, attempts, first_seen_at FROM ledger
         WHERE (flags & 7) IN (1, 2) AND (flags & 1040) = 0 AND ifnull(retry_at, -1) <= ?
         ORDER BY ifnull(retry_at, -1), scope_id, item_id LIMIT ? OFFSET ?`,
      )
      .raw(),
  };
}

function parse(json: string | null | undefined): unknown {
  return json === null || json === undefined ? null : JSON.parse(json);
}
