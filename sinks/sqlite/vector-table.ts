import type { StoredVector } from '../../core/ports/item-store.ts';
import type { Database, Statement } from '../../sqlite/open.ts';
import { ItemRefusedError } from './faults.ts';
import { readSetting, writeSetting } from './settings.ts';

/** The one model whose vectors a store holds: vectors of different models are never compared (law 9). */
export interface VectorModel {
  readonly model: string;
  readonly dimensions: number;
}

/**
 * sqlite-vec picks the nearest k of a chunk in time proportional to k, so one scan for several hundred candidates costs
 * more than the distances themselves. In shards by doc_id each scan asks for a sixteenth of them: measured in
 * docs/decisions/0007-sqlite-store-and-search.md.
 */
export const VECTOR_SHARDS = 16;
const MAX_DIMENSIONS = 8_192;
const BYTES_A_NUMBER = 4;

/**
 * Vectors: the exact ones by doc_id in `vectors`, and their signs, one bit a dimension, in the table `signs` of sqlite-vec,
 * which is scanned. All methods that write work within the transaction of their caller.
 */
export class VectorTable {
  readonly #db: Database;
  readonly #write: Statement<[number, Uint8Array]>;
  readonly #erase: Statement<[number]>;
  #model: VectorModel | null = null;
  #signs: SignStatements | null = null;

  constructor(db: Database) {
    this.#db = db;
    this.#write = db.prepare('INSERT OR REPLACE INTO vectors (doc_id, bytes) VALUES (?, ?)');
    this.#erase = db.prepare('DELETE FROM vectors WHERE doc_id = ?');
  }

  /** Null while no vector was ever stored. Another process may store the first at any time, so null is not kept. */
  model(): VectorModel | null {
    this.#model ??= readModel(this.#db);
    return this.#model;
  }

  /** Throws ItemRefusedError when the vector is of another model, or not what it says it is. */
  check({ model, dimensions, bytes }: StoredVector): void {
    const stored = this.model();
    if (!Number.isInteger(dimensions) || dimensions < 1 || dimensions > MAX_DIMENSIONS) {
      throw new ItemRefusedError(`a vector of ${dimensions} dimensions: between 1 and ${MAX_DIMENSIONS} can be stored`);
    }
    if (bytes.byteLength !== dimensions * BYTES_A_NUMBER) {
      throw new ItemRefusedError(`a vector of ${bytes.byteLength} bytes, but ${dimensions} dimensions`);
    }
    if (stored !== null && (stored.model !== model || stored.dimensions !== dimensions)) {
      throw new ItemRefusedError(
        `a vector of ${model} (${dimensions} dimensions), but the store has those of ${stored.model} (${stored.dimensions}): rebuild with the other model`,
      );
    }
  }

  /** `exists`: a vector is stored under this number already. */
  write(docId: number, bucket: number, vector: StoredVector, exists: boolean): void {
    if (this.model() === null) this.#create(vector);
    const { remove, insert } = this.#statements();
    this.#write.run(docId, vector.bytes);
    // An UPDATE of bits is taken for float32: SQLite drops the subtype that vec_quantize_binary gives them.
    if (exists) remove.run(docId);
    insert.run(BigInt(docId), padDimensions(vector.bytes), BigInt(docId % VECTOR_SHARDS), BigInt(bucket));
  }

  setBucket(docId: number, bucket: number): void {
    this.#statements().setBucket.run(bucket, docId);
  }

  remove(docId: number): void {
    this.#erase.run(docId);
    this.#statements().remove.run(docId);
  }

  /** After a rollback: what was read within the transaction may never have been. Statements go by the table that is there. */
  forget(): void {
    this.#model = null;
  }

  #create({ model, dimensions }: StoredVector): void {
    const bits = Math.ceil(dimensions / 8) * 8;
    this.#db.exec(
      `CREATE VIRTUAL TABLE signs USING vec0(doc_id INTEGER PRIMARY KEY, bits bit[${bits}], shard INTEGER PARTITION KEY, bucket INTEGER)`,
    );
    writeSetting(this.#db, 'vectorModel', JSON.stringify({ model, dimensions }));
    this.#model = { model, dimensions };
  }

  #statements(): SignStatements {
    this.#signs ??= prepareSigns(this.#db);
    return this.#signs;
  }
}

interface SignStatements {
  readonly insert: Statement<[bigint, Uint8Array, bigint, bigint]>;
  readonly setBucket: Statement<[number, number]>;
  readonly remove: Statement<[number]>;
}

function prepareSigns(db: Database): SignStatements {
  return {
    insert: db.prepare('INSERT INTO signs (doc_id, bits, shard, bucket) VALUES (?, vec_quantize_binary(?), ?, ?)'),
    setBucket: db.prepare('UPDATE signs SET bucket = CAST(? AS INTEGER) WHERE doc_id = ?'),
    remove: db.prepare('DELETE FROM signs WHERE doc_id = ?'),
  };
}

function readModel(db: Database): VectorModel | null {
  const json = readSetting(db, 'vectorModel');
  return json === null ? null : (JSON.parse(json) as VectorModel);
}

/** sqlite-vec quantizes whole bytes of bits: vectors of other lengths are filled up with zeros, which all have alike. */
export function padDimensions(bytes: Uint8Array): Uint8Array {
  const rest = bytes.byteLength % (8 * BYTES_A_NUMBER);
  if (rest === 0) return bytes;
  const padded = new Uint8Array(bytes.byteLength + 8 * BYTES_A_NUMBER - rest);
  padded.set(bytes);
  return padded;
}
