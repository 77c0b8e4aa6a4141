import path from 'node:path';
import type { ErasedText } from '../../../core/erased-text.ts';
import { parseScope } from '../../../core/keys.ts';
import { type Database, eraseFreedPages, openDatabase, type Statement, transaction } from '../../../sqlite/open.ts';
import type {
  CachedVector,
  CacheEntry,
  ClaimedVector,
  ClaimOptions,
  EmbeddingCache,
  PendingVector,
  Reserved,
  ReserveOptions,
} from '../embedding-cache.ts';

export const CACHE_FILE = 'cache.db';

/** "hdec" */
const APPLICATION_ID = 0x68646563;

/** Large pages: of vectors of 512 dimensions, only one fits into a page of 4 kB. */
const PAGE_BYTES = 16_384;
/** 8 MB of WAL */
const CHECKPOINT_PAGES = 512;

const MIGRATIONS = [
  `CREATE TABLE vectors (
     model TEXT NOT NULL,
     text_hash BLOB NOT NULL,
     truncated INTEGER NOT NULL,
     vector BLOB NOT NULL
   ) STRICT;
   CREATE UNIQUE INDEX vectors_by_text ON vectors (text_hash, model);
   CREATE TABLE pending (
     key TEXT PRIMARY KEY,
     partition INTEGER NOT NULL,
     position INTEGER NOT NULL,
     provider TEXT NOT NULL,
     user TEXT NOT NULL,
     collection TEXT NOT NULL,
     item_id TEXT NOT NULL,
     text_hash BLOB NOT NULL,
     text TEXT NOT NULL,
     attempts INTEGER NOT NULL DEFAULT 0,
     due_at INTEGER NOT NULL DEFAULT 0
   ) STRICT;
   CREATE INDEX pending_by_due ON pending (due_at);
   CREATE INDEX pending_by_text ON pending (text_hash);`,
  `CREATE TABLE reservations (
     id TEXT PRIMARY KEY,
     owner TEXT NOT NULL,
     model TEXT NOT NULL,
     until INTEGER NOT NULL,
     text_hashes BLOB NOT NULL
   ) STRICT;`,
];

const PUT_VECTOR = `
  INSERT INTO vectors (model, text_hash, truncated, vector) VALUES (?, ?, ?, ?)
  ON CONFLICT (text_hash, model) DO UPDATE SET truncated = excluded.truncated, vector = excluded.vector`;

const GET_VECTOR = 'SELECT vector, truncated FROM vectors WHERE text_hash = ? AND model = ?';

const ADD_PENDING = `
  INSERT OR REPLACE INTO pending (key, partition, position, provider, user, collection, item_id, text_hash, text)
  VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`;

// `committed` is a JSON array whose places are partitions.
const CLAIM_PENDING = `
  UPDATE pending SET due_at = @until, attempts = attempts + 1 WHERE key IN (
    SELECT pending.key FROM pending JOIN json_each(@committed) AS committed ON committed.key = pending.partition
    WHERE (due_at <= @now OR due_at > @now + @longestMs) AND position < committed.value
    ORDER BY due_at, position LIMIT @limit)
  RETURNING key, partition, position, provider, user, collection, item_id AS itemId, lower(hex(text_hash)) AS textHash,
    text, attempts`;

const FORGET_TEXT = `
  DELETE FROM pending WHERE text_hash = @textHash AND provider = @provider AND user = @user AND collection = @collection
    AND item_id = @itemId AND (@position IS NULL OR position <= @position)`;
const POSTPONE_PENDING = 'UPDATE pending SET due_at = ? WHERE key = ?';

/** As many bytes as a SHA-256 has. */
const HASH_BYTES = 32;

/**
 * The cache in `<dataDir>/cache.db`.
 *
 * @param keepsVectors false where vectors are kept elsewhere: those that are in the file are forgotten, since purges on other
 *   machines do not reach it
 * @throws InputError where the file is another program's or a newer version's
 */
export function openSqliteEmbeddingCache(dataDir: string, keepsVectors = true): EmbeddingCache {
  const file = path.join(dataDir, CACHE_FILE);
  const db = openDatabase(file, {
    applicationId: APPLICATION_ID,
    migrations: MIGRATIONS,
    pageBytes: PAGE_BYTES,
    checkpointPages: CHECKPOINT_PAGES,
  });
  if (!keepsVectors) forgetVectors(db);
  return new SqliteEmbeddingCache(db);
}

/** Free pages tell of a start at which somebody else read the file, so that they could not be erased. */
function forgetVectors(db: Database): void {
  const { changes } = db.prepare('DELETE FROM vectors').run();
  if (changes > 0 || Number(db.pragma('freelist_count', { simple: true })) > 0) eraseFreedPages(db);
}

class SqliteEmbeddingCache implements EmbeddingCache {
  readonly #db: Database;
  readonly #get: Statement<[Uint8Array, string], { vector: Buffer; truncated: number }>;
  readonly #put: Statement;
  readonly #held: Statement<[string, string], { owner: string; textHashes: Buffer }>;
  readonly #reserve: Statement;
  readonly #release: Statement;
  readonly #runOut: Statement;
  readonly #add: Statement;
  readonly #claim: Statement<[object], ClaimedVector>;
  readonly #postpone: Statement;
  readonly #forgetVector: Statement;
  readonly #forgetText: Statement;
  readonly #forgetKey: Statement;
  readonly #count: Statement;

  constructor(db: Database) {
    this.#db = db;
    this.#get = db.prepare(GET_VECTOR);
    this.#put = db.prepare(PUT_VECTOR);
    this.#held = db.prepare('SELECT owner, text_hashes AS textHashes FROM reservations WHERE model = ? AND owner <> ?');
    this.#reserve = db.prepare('INSERT OR REPLACE INTO reservations VALUES (?, ?, ?, ?, ?)');
    this.#release = db.prepare('DELETE FROM reservations WHERE id = ?');
    this.#runOut = db.prepare('DELETE FROM reservations WHERE until <= ? OR owner IN (SELECT value FROM json_each(?))');
    this.#add = db.prepare(ADD_PENDING);
    this.#claim = db.prepare(CLAIM_PENDING);
    this.#postpone = db.prepare(POSTPONE_PENDING);
    this.#forgetVector = db.prepare('DELETE FROM vectors WHERE text_hash = ?');
    this.#forgetText = db.prepare(FORGET_TEXT);
    this.#forgetKey = db.prepare('DELETE FROM pending WHERE key = ?');
    this.#count = db.prepare('SELECT count(*) FROM pending').pluck();
  }

  async getMany(model: string, textHashes: readonly string[]): Promise<ReadonlyMap<string, CachedVector>> {
    // In one transaction, because each statement alone would lock and unlock the file.
    return this.#db.transaction(() => this.#find(model, textHashes))();
  }

  #find(model: string, textHashes: readonly string[]): Map<string, CachedVector> {
    const found = new Map<string, CachedVector>();
    for (const textHash of textHashes) {
      const row = this.#get.get(bytesOf(textHash), model);
      if (row !== undefined) found.set(textHash, { vector: row.vector, truncated: row.truncated === 1 });
    }
    return found;
  }

  /** One row for all texts of a request, so that whoever is alone with the file pays for one small write. */
  async reserve(
    model: string,
    textHashes: readonly string[],
    { id, owner, now, until, over }: ReserveOptions,
  ): Promise<Reserved> {
    return transaction(this.#db, () => {
      this.#runOut.run(now, JSON.stringify(over));
      const held = new Map<string, string>();
      for (const other of this.#held.all(model, owner))
        for (const textHash of splitHashes(other.textHashes)) held.set(textHash, other.owner);
      const [mine, found, others] = [new Set<string>(), this.#find(model, textHashes), new Map<string, string>()];
      for (const textHash of textHashes) {
        const other = held.get(textHash);
        if (found.has(textHash)) continue;
        if (other === undefined) mine.add(textHash);
        else others.set(textHash, other);
      }
      if (mine.size > 0) this.#reserve.run(id, owner, model, until, Buffer.from([...mine].join(''), 'hex'));
      return { mine, found, others };
    });
  }

  async release(id: string): Promise<void> {
    this.#release.run(id);
  }

  async putMany(model: string, entries: readonly CacheEntry[]): Promise<void> {
    transaction(this.#db, () => {
      for (const { textHash, truncated, vector } of entries) {
        this.#put.run(model, bytesOf(textHash), truncated ? 1 : 0, vector);
      }
    });
  }

  async remove(texts: readonly ErasedText[]): Promise<void> {
    const vectors = this.#forgetVector;
    const pending = this.#forgetText;
    transaction(this.#db, () => {
      for (const { textHash, scope, itemId, position } of texts) {
        const { provider, user, collection } = parseScope(scope);
        vectors.run(bytesOf(textHash));
        pending.run({ textHash: bytesOf(textHash), provider, user, collection, itemId, position });
      }
    });
  }

  async eraseFreed(): Promise<boolean> {
    return eraseFreedPages(this.#db);
  }

  async addPending(entries: readonly PendingVector[]): Promise<void> {
    // The item is committed right after; were this lost in a power cut, nobody would know that its vector is missing.
    this.#db.pragma('synchronous = FULL');
    try {
      transaction(this.#db, () => {
        for (const entry of entries) this.#add.run(...columnsOf(entry));
      });
    } finally {
      this.#db.pragma('synchronous = NORMAL');
    }
  }

  async claimPending({ now, limit, until, longestMs, committed }: ClaimOptions): Promise<readonly ClaimedVector[]> {
    return this.#claim.all({ now, limit, until, longestMs, committed: JSON.stringify(committed) });
  }

  async postponePending(keys: readonly string[], until: number): Promise<void> {
    transaction(this.#db, () => {
      for (const key of keys) this.#postpone.run(until, key);
    });
  }

  async removePending(keys: readonly string[]): Promise<void> {
    const remove = this.#forgetKey;
    transaction(this.#db, () => {
      for (const key of keys) remove.run(key);
    });
  }

  async countPending(): Promise<number> {
    return Number(this.#count.get());
  }

  async close(): Promise<void> {
    this.#db.close();
  }
}

function bytesOf(textHash: string): Uint8Array {
  return Buffer.from(textHash, 'hex');
}

function splitHashes(bytes: Buffer): string[] {
  const hashes: string[] = [];
  for (let at = 0; at < bytes.length; at += HASH_BYTES) hashes.push(bytes.toString('hex', at, at + HASH_BYTES));
  return hashes;
}

function columnsOf(entry: PendingVector): unknown[] {
  const { key, partition, position, provider, user, collection, itemId, textHash, text } = entry;
  return [key, partition, position, provider, user, collection, itemId, bytesOf(textHash), text];
}
