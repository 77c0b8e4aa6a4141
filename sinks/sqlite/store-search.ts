import type { ItemFilter, SearchHit } from '../../core/ports/item-store.ts';
import type { Database, Statement } from '../../sqlite/open.ts';
import { bucketOf, FLAG, stateNumber } from './flags.ts';
import { wordQuery } from './fts-query.ts';
import { DEFAULT_STATES, hasDates, type ListFilter, listFilterOf, scopeClause } from './list-filter.ts';
import type { ScopeIds } from './scope-ids.ts';
import {
  CONTENT_COLUMNS,
  type RawContent,
  type RawSummary,
  SUMMARY_COLUMN_COUNT,
  SUMMARY_COLUMNS,
  toContent,
  toSummary,
} from './summaries.ts';
import { padDimensions, VECTOR_SHARDS, type VectorTable } from './vector-table.ts';

/** Candidates by sign bits that are compared exactly: at least so many in all, and so many for each hit that is asked for. */
const MIN_CANDIDATES = 384;
const CANDIDATES_A_HIT = 12;
/**
 * Items that are ranked by their words: FTS5 takes some 4 µs for each. Of a word that more items have, which tells little of
 * any of them, the latest are ranked.
 */
const MAX_RANKED = 2_000;
/** Items with all the words of a query, beside which those with some of them are not worth their time. */
const ENOUGH_HITS = 10;
/** More than its share that a shard may give, where it has more than others of what is near. */
const ROOM = 1.25;
/** sqlite-vec refuses more: https://github.com/asg017/sqlite-vec */
const MAX_K = 4_096;

/** Items within the dates of a filter that are compared exactly, without looking at their sign bits before. */
const MAX_EXACT = 3_000;

type Scored = readonly [docId: number, score: number];
type Near = readonly [docId: number, distance: number];
/** The last one is the farthest distance that counts. */
type Scan = Statement<[Uint8Array, number, bigint, string, number], Near>;
type RawHit = readonly [...RawSummary, ...RawContent];

interface Wanted extends ListFilter {
  /** JSON of what bucketOf gives for what the filter lets through */
  readonly buckets: string;
}

interface DatedParameters {
  readonly after: number;
  readonly upTo: number;
  /** JSON of the numbers of scopes */
  readonly scopes: string;
}

/** Search by words and by vectors. Filters are part of the scans, so that a filter never thins the hits out. */
export class StoreSearch {
  readonly #db: Database;
  readonly #scopes: ScopeIds;
  readonly #vectors: VectorTable;
  readonly #ranked: Statement<[string, number], Scored>;
  readonly #isWanted: Statement<[number, string, number, number], 1>;
  readonly #last: Statement<[string], number>;
  readonly #lastWanted: Statement<[string, string, number, number], number>;
  readonly #rescore: Statement<[Uint8Array, string, number], Scored>;
  readonly #hit: Statement<[number], RawHit>;
  readonly #dated = new Map<string, Statement<[DatedParameters], number>>();
  #scan: Scan | null = null;
  #scanOf: Scan | null = null;

  constructor(db: Database, scopes: ScopeIds, vectors: VectorTable) {
    this.#db = db;
    this.#scopes = scopes;
    this.#vectors = vectors;
    const joined = 'CROSS JOIN ledger l ON l.scope_id = i.scope_id AND l.item_id = i.item_id';
    const fits = `l.scope_id * 16 + (l.flags & ${FLAG.state}) * 2 + ((l.flags & ${FLAG.hidden}) <> 0) IN (SELECT value FROM json_each(?))
        AND l.place > ? AND l.place <= ?`;
    // Ordered by an expression: FTS5 itself, asked for the order of its rank, ranks all that match, whatever their rowid.
    this.#ranked = db
      .prepare<[string, number], Scored>(
        'SELECT rowid, -rank AS score FROM words WHERE words MATCH ? AND rowid >= ? ORDER BY score DESC, rowid',
      )
      .raw();
    this.#isWanted = db
      .prepare<[number, string, number, number], 1>(`SELECT 1 FROM items i ${joined} WHERE i.doc_id = ? AND ${fits}`)
      .pluck();
    this.#last = db
      .prepare<[string], number>(
        `SELECT rowid FROM words WHERE words MATCH ? ORDER BY rowid DESC LIMIT 1 OFFSET ${MAX_RANKED - 1}`,
      )
      .pluck();
    this.#lastWanted = db
      .prepare<[string, string, number, number], number>(
        `SELECT w.rowid FROM words w CROSS JOIN items i ON i.doc_id = w.rowid ${joined}
         WHERE w.words MATCH ? AND ${fits} ORDER BY w.rowid DESC LIMIT 1 OFFSET ${MAX_RANKED - 1}`,
      )
      .pluck();
    this.#rescore = db
      .prepare<[Uint8Array, string, number], Scored>(
        `SELECT v.doc_id, 1 - vec_distance_cosine(v.bytes, ?) AS similarity
         FROM json_each(?) j CROSS JOIN vectors v ON v.doc_id = j.value
         WHERE similarity IS NOT NULL ORDER BY similarity DESC, v.doc_id LIMIT ?`,
      )
      .raw();
    this.#hit = db
      .prepare<[number], RawHit>(
        `SELECT ${SUMMARY_COLUMNS}, ${CONTENT_COLUMNS} FROM items i
         CROSS JOIN ledger l ON l.scope_id = i.scope_id AND l.item_id = i.item_id WHERE i.doc_id = ?`,
      )
      .raw();
  }

  /** Items with all the words first, then, as far as the limit goes, those with any of them. */
  text(query: string, filter: ItemFilter, limit: number): readonly SearchHit[] {
    const words = wordQuery(query);
    const wanted = this.#wanted(filter);
    if (words === null || wanted === null || limit < 1) return [];
    const scored = this.#rank(words.all, wanted, limit);
    if (scored.length < Math.min(limit, ENOUGH_HITS) && words.any.length > 0) {
      const known = new Set(scored.map(([docId]) => docId));
      const ceiling = scored.at(-1)?.[1] ?? Infinity;
      const more = this.#rank(this.#anyOf(words.any), wanted, limit).filter(([docId]) => !known.has(docId));
      for (const [docId, score] of more.slice(0, limit - scored.length)) scored.push([docId, Math.min(score, ceiling)]);
    }
    return this.#hits(scored);
  }

  #wanted(filter: ItemFilter): Wanted | null {
    const list = listFilterOf(filter, this.#scopes);
    const buckets = this.#buckets(filter);
    return list === null || buckets.length === 0 ? null : { ...list, buckets: JSON.stringify(buckets) };
  }

  #rank(expression: string, { buckets, after, upTo }: Wanted, limit: number): Scored[] {
    const isLarge = this.#last.get(expression) !== undefined;
    const from = isLarge ? (this.#lastWanted.get(expression, buckets, after, upTo) ?? 0) : 0;
    const best: Scored[] = [];
    // The filter is looked at from the best on, so that it costs no more than the limit asks for. All at once: an iterator is
    // let go of (decision 0011).
    for (const scored of this.#ranked.all(expression, from)) {
      if (this.#isWanted.get(scored[0], buckets, after, upTo) === undefined) continue;
      best.push(scored);
      if (best.length === limit) break;
    }
    return best;
  }

  /** Without words that very many items have, where there are others. */
  #anyOf(expressions: readonly string[]): string {
    const rare = expressions.filter((expression) => this.#last.get(expression) === undefined);
    return (rare.length === 0 ? expressions : rare).join(' OR ');
  }

  vectors(vector: Float32Array, model: string, filter: ItemFilter, limit: number): readonly SearchHit[] {
    const stored = this.#vectors.model();
    const wanted = this.#wanted(filter);
    if (stored?.model !== model || stored.dimensions !== vector.length || wanted === null || limit < 1) return [];
    const bytes = new Uint8Array(vector.buffer, vector.byteOffset, vector.byteLength);
    const padded = padDimensions(bytes);
    const candidates = hasDates(filter)
      ? this.#datedCandidates(padded, wanted, limit)
      : this.#candidates(padded, wanted, limit);
    return this.#hits(this.#rescore.all(bytes, JSON.stringify(candidates), limit));
  }

  #candidates(padded: Uint8Array, { buckets }: Wanted, limit: number): readonly number[] {
    this.#scan ??= this.#prepareScan('bucket');
    return nearestOf(
      this.#scan,
      padded,
      Array.from({ length: VECTOR_SHARDS }, () => buckets),
      limit,
    );
  }

  /** The signs know no dates, so they are scanned for the items that the index of dates names. */
  #datedCandidates(padded: Uint8Array, wanted: Wanted, limit: number): readonly number[] {
    const { after, upTo, scopeIds } = wanted;
    const docIds = this.#datedOf(wanted).all({ after, upTo, scopes: JSON.stringify(scopeIds) });
    if (docIds.length <= MAX_EXACT) return docIds;
    this.#scanOf ??= this.#prepareScan('doc_id');
    const shards = Array.from({ length: VECTOR_SHARDS }, (): number[] => []);
    for (const docId of docIds) shards[docId % VECTOR_SHARDS]?.push(docId);
    return nearestOf(
      this.#scanOf,
      padded,
      shards.map((ids) => JSON.stringify(ids)),
      limit,
    );
  }

  #prepareScan(column: 'bucket' | 'doc_id'): Scan {
    return this.#db
      .prepare<[Uint8Array, number, bigint, string, number], Near>(
        `SELECT doc_id, distance FROM signs WHERE bits MATCH vec_quantize_binary(?) AND k = ? AND shard = ?
         AND ${column} IN (SELECT CAST(value AS INTEGER) FROM json_each(?)) AND distance <= ?`,
      )
      .raw();
  }

  #datedOf(wanted: ListFilter): Statement<[DatedParameters], number> {
    const scope = scopeClause(wanted);
    const key = `${wanted.groups.join()} ${scope}`;
    const known = this.#dated.get(key);
    if (known !== undefined) return known;
    const statement = this.#db
      .prepare<[DatedParameters], number>(
        `SELECT doc_id FROM ledger INDEXED BY ledger_dates
         WHERE shown IN (${wanted.groups.join()}) AND place > @after
           AND place <= @upTo ${scope} AND doc_id IS NOT NULL`,
      )
      .pluck();
    this.#dated.set(key, statement);
    return statement;
  }

  /** See bucketOf: what a filter lets through. */
  #buckets(filter: ItemFilter): readonly number[] {
    const states = [...new Set(filter.states ?? DEFAULT_STATES)].map(stateNumber);
    const flags = filter.includeHidden === true ? [0, FLAG.hidden] : [0];
    return this.#scopes
      .matching(filter)
      .flatMap((scopeId) => states.flatMap((state) => flags.map((flag) => bucketOf(scopeId, state | flag))));
  }

  #hits(scored: readonly Scored[]): readonly SearchHit[] {
    return scored.flatMap(([docId, score]) => {
      const raw = this.#hit.get(docId);
      if (raw === undefined) return [];
      const summary = raw.slice(0, SUMMARY_COLUMN_COUNT) as unknown as RawSummary;
      const content = toContent(raw.slice(SUMMARY_COLUMN_COUNT) as unknown as RawContent);
      return [{ ...toSummary(this.#scopes.name(summary[0]), summary), content, score }];
    });
  }
}

/**
 * sqlite-vec's time grows with how many of a chunk it has to pick. The first shard is a sample of all, so it tells how near the
 * others' have to be, and of each of their chunks no more are picked than are so near.
 *
 * @param wanted for each shard, what the scan's condition lets through
 */
function nearestOf(scan: Scan, padded: Uint8Array, wanted: readonly string[], limit: number): readonly number[] {
  const share = candidatesOf(limit);
  const scanAll = (k: number, within: number): readonly Near[] =>
    wanted.slice(1).flatMap((each, i) => scan.all(padded, k, BigInt(i + 1), each, within));
  const sample = scan.all(padded, share, 0n, wanted[0] ?? '[]', Infinity);
  const farthest = sample.length < share ? Infinity : Math.max(...sample.map(([, distance]) => distance));
  let others = scanAll(Math.min(MAX_K, Math.ceil(share * ROOM)), farthest);
  // A filter may have put all that is near into the first shard.
  if (others.length < (share * (VECTOR_SHARDS - 1)) / 2 && farthest !== Infinity) others = scanAll(share, Infinity);
  return [...sample, ...others].map(([docId]) => docId);
}

/** Candidates that each shard is asked for. */
function candidatesOf(limit: number): number {
  return Math.min(MAX_K, Math.ceil(Math.max(MIN_CANDIDATES, limit * CANDIDATES_A_HIT) / VECTOR_SHARDS));
}
