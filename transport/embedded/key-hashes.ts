import { murmur2 } from '../../core/murmur2.ts';
import type { LogDatabase } from './log-database.ts';
import type { PartitionTable } from './partition-table.ts';

/** Offsets whose hashes are stored together: 64 kB, looked through in less than a millisecond. */
export const BLOCK_OFFSETS = 16_384;

const encoder = new TextEncoder();

export function keyHash(key: string): number {
  return murmur2(encoder.encode(key));
}

/** Hashes of the keys of `[from, from + hashes.length)`; 0 where nothing is kept, which at worst costs a look at the row. */
export interface HashBlock {
  readonly from: number;
  readonly hashes: Int32Array;
}

/**
 * The stored blocks of a partition. An index on the key would be written at random places with every append, which more
 * than halves the rate (decision 0004); erasures are few and come together, so reading 4 bytes a record suffices.
 */
export class KeyHashes {
  readonly #db: LogDatabase;
  readonly #table: PartitionTable;

  constructor(db: LogDatabase, table: PartitionTable) {
    this.#db = db;
    this.#table = table;
  }

  /** Stores a whole block; `from` is a multiple of BLOCK_OFFSETS. */
  async put({ from, hashes }: HashBlock): Promise<void> {
    const sql = 'INSERT OR REPLACE INTO key_hashes (topic, partition, block, hashes) VALUES (?, ?, ?, ?)';
    const bytes = new Uint8Array(hashes.buffer, hashes.byteOffset, hashes.byteLength);
    await this.#db.write('process', () => {
      this.#db
        .prepare<[string, number, number, Uint8Array]>(sql)
        .run(this.#table.topic, this.#table.partition, from / BLOCK_OFFSETS, bytes);
    });
  }

  /** A block that `put` stored. */
  get(from: number): HashBlock {
    const sql = 'SELECT hashes FROM key_hashes WHERE topic = ? AND partition = ? AND block = ?';
    const row = this.#db.read(() =>
      this.#db
        .prepare<[string, number, number], { hashes: Buffer }>(sql)
        .get(this.#table.topic, this.#table.partition, from / BLOCK_OFFSETS),
    );
    if (row === undefined) throw new Error(`no key hashes of ${this.#table.name} from ${from}`);
    const copy = new Uint8Array(row.hashes); // at an address that an Int32Array may begin at
    return { from, hashes: new Int32Array(copy.buffer) };
  }
}
