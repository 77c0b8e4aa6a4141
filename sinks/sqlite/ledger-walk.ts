import { setImmediate as turn } from 'node:timers/promises';
import type { AppliedSnapshot } from '../../core/ledger.ts';
import type { ScopeTotals } from '../../core/ports/item-store.ts';
import { SetDigest } from '../../core/set-digest.ts';
import type { Database, Statement } from '../../sqlite/open.ts';
import { FLAG, stateOf } from './flags.ts';

// Pages that take a few milliseconds, between which everybody else has a turn.
const DIGEST_PAGE_ROWS = 1_000;
const COUNT_PAGE_ROWS = 20_000;

type RawDigest = readonly [itemId: string, flags: number, contentHash: string, vectorHash: string];
type RawCount = readonly [last: string, rows: number, differing: number];
type RawFlags = readonly [last: string, flags: number, rows: number];

/**
 * Questions that read a whole ledger, page by page. `db` is a connection of its own within one read transaction, so that
 * all pages are of the same moment while the sink goes on writing.
 */
export class LedgerWalk {
  readonly #db: Database;
  readonly #prepared = new Map<string, Statement>();

  constructor(db: Database) {
    this.#db = db;
  }

  /** Each statement is prepared once: statements are never let go of, see sqlite/keep.ts. */
  #prepare<P extends unknown[], R>(sql: string): Statement<P, R> {
    const known = this.#prepared.get(sql) ?? this.#db.prepare(sql);
    this.#prepared.set(sql, known);
    return known as Statement<P, R>;
  }

  /** See ItemStore.digest. */
  async digest(scope?: string): Promise<string> {
    const digest = new SetDigest();
    const page = this.#prepare<[number, string], RawDigest>(
      `SELECT item_id, flags, content_hash, vector_hash FROM ledger
         WHERE scope_id = ? AND item_id > ? ORDER BY item_id LIMIT ${DIGEST_PAGE_ROWS}`,
    ).raw();
    for (const [scopeId, name] of this.#scopes()) {
      if (scope !== undefined && scope !== name) continue;
      const quotedScope = JSON.stringify(name);
      await walk(
        (after) => page.all(scopeId, after),
        (rows) => {
          for (const row of rows) digest.add(digestText(quotedScope, row));
          return rows.at(-1)?.[0];
        },
        (rows) => rows.length === DIGEST_PAGE_ROWS,
      );
    }
    return digest.toString();
  }

  /** See ItemStore.countDifferences. */
  async countDifferences(scope: string, begin: number, kinds: readonly string[], asOf: number | null): Promise<number> {
    const found = this.#scopes().find(([, name]) => name === scope);
    if (found === undefined) return 0;
    const [scopeId, , data] = found;
    const applied = data === null ? null : (JSON.parse(data) as { applied: AppliedSnapshot | null }).applied;
    const page = this.#prepare<[number, number, string, number, number, string], RawCount>(COUNT_DIFFERENCES).raw();
    let differing = 0;
    await walk(
      (after) =>
        page.all(applied?.begin ?? -1, begin, JSON.stringify(kinds), asOf ?? Number.MAX_SAFE_INTEGER, scopeId, after),
      (rows) => {
        differing += rows[0]?.[2] ?? 0;
        return rows[0]?.[0];
      },
      (rows) => rows[0]?.[1] === COUNT_PAGE_ROWS,
    );
    return differing;
  }

  async totals(): Promise<readonly ScopeTotals[]> {
    const page = this.#prepare<[number, string], RawFlags>(
      `SELECT max(item_id), flags, count(*) FROM
           (SELECT item_id, flags FROM ledger WHERE scope_id = ? AND item_id > ? ORDER BY item_id LIMIT ${COUNT_PAGE_ROWS})
         GROUP BY flags`,
    ).raw();
    const totals: ScopeTotals[] = [];
    for (const [scopeId, name] of this.#scopes()) {
      const byFlags = new Map<number, number>();
      await walk(
        (after) => page.all(scopeId, after),
        (rows) => {
          let last = '';
          for (const [max, flags, count] of rows) {
            byFlags.set(flags, (byFlags.get(flags) ?? 0) + count);
            if (max > last) last = max;
          }
          return last;
        },
        (rows) => rows.reduce((sum, [, , count]) => sum + count, 0) === COUNT_PAGE_ROWS,
      );
      if (byFlags.size > 0) totals.push(totalsOf(name, byFlags));
    }
    return totals;
  }

  #scopes(): (readonly [scopeId: number, name: string, data: string | null])[] {
    return this.#prepare<[], readonly [number, string, string | null]>(
      'SELECT scope_id, name, data FROM scopes ORDER BY name',
    )
      .raw()
      .all();
  }
}

// Bits: 7 state (1 active, 2 held), 56 pinned, blocked or hidden, 64 listed. Kinds as kindOf in core/keys.ts.
const COUNT_DIFFERENCES = `
SELECT max(item_id), count(*), total(
  (flags & 56) = 0
  AND (CASE WHEN (flags & 64) <> 0 THEN max(seen, ?) ELSE seen END) <= ?
  AND (CASE WHEN item_id GLOB '[a-z][0-9]_*' THEN substr(item_id, 1, 2) ELSE '' END) IN (SELECT value FROM json_each(?))
  AND ((flags & 64) <> 0 OR max(ifnull(saved_at, 0), ifnull(last_seen_at, 0)) <= ?)
  AND ((flags & 7) IN (1, 2)) <> ((flags & 64) <> 0)
) FROM (SELECT item_id, flags, seen, saved_at, last_seen_at FROM ledger WHERE scope_id = ? AND item_id > ? ORDER BY item_id LIMIT ${COUNT_PAGE_ROWS})`;

/** Reads pages until one is not full. `take` gives the last id of what it took. */
async function walk<R>(
  read: (after: string) => readonly R[],
  take: (rows: readonly R[]) => string | undefined,
  isFull: (rows: readonly R[]) => boolean,
): Promise<void> {
  for (let after = ''; ; ) {
    const rows = read(after);
    after = take(rows) ?? after;
    if (!isFull(rows)) return;
    await turn();
  }
}

/**
 * JSON of scope, id, state, pinned, blocked, hidden, content hash and vector hash, as in every store:
 * testing/contracts/item-store.ts holds them against each other. Put together by hand, in a fourth of the time.
 */
function digestText(quotedScope: string, [itemId, flags, contentHash, vectorHash]: RawDigest): string {
  const state = stateOf(flags);
  const has = (flag: number): boolean => (flags & flag) !== 0;
  const flagsText = `${state === null ? 'null' : `"${state}"`},${has(FLAG.pinned)},${has(FLAG.blocked)},${has(FLAG.hidden)}`;
  return `[${quotedScope},${quote(itemId)},${flagsText},${quote(contentHash)},${quote(vectorHash)}]`;
}

const NEEDS_NO_ESCAPE = /^[ !#-[\]-~]*$/;

function quote(text: string): string {
  return NEEDS_NO_ESCAPE.test(text) ? `"${text}"` : JSON.stringify(text);
}

function totalsOf(scope: string, byFlags: ReadonlyMap<number, number>): ScopeTotals {
  const count = (test: (flags: number) => boolean): number => {
    let sum = 0;
    for (const [flags, rows] of byFlags) if (test(flags)) sum += rows;
    return sum;
  };
  const isShown = (flags: number): boolean => stateOf(flags) === 'active' || stateOf(flags) === 'held';
  return {
    scope,
    active: count((flags) => stateOf(flags) === 'active'),
    trash: count((flags) => stateOf(flags) === 'trash'),
    held: count((flags) => stateOf(flags) === 'held'),
    purged: count((flags) => stateOf(flags) === 'purged'),
    pinned: count((flags) => (flags & FLAG.pinned) !== 0),
    stub: count((flags) => isShown(flags) && (flags & FLAG.full) === 0),
    blocked: count((flags) => (flags & FLAG.blocked) !== 0),
    withVector: count((flags) => isShown(flags) && (flags & FLAG.vector) !== 0),
    withText: count((flags) => isShown(flags) && (flags & FLAG.text) !== 0),
  };
}
