import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { loadVec } from '../../sqlite/load-vec.ts';
import { type Database, transaction } from '../../sqlite/open.ts';
import { openForWriting } from '../floor/open-bare.ts';
import { sampleId } from '../sample-items.ts';
import { DIMENSIONS, FIRST_QUERY, HITS } from './collection.ts';
import { Mixture } from './mixture.ts';

export interface ScanInput {
  readonly dataDir: string;
  readonly items: number;
  readonly queries: number;
}

export interface ScanResult {
  readonly ms: readonly number[];
  /** ids of the nearest of each query, exactly */
  readonly nearest: readonly (readonly string[])[];
}

const ITEMS_AT_ONCE = 500;
const CACHE_KB = 65_536;

/** The floor: sqlite-vec's plain scan of float vectors. It is exact, and so also tells what the right answers are. */
export async function scanFloats({ dataDir, items, queries }: ScanInput): Promise<ScanResult> {
  mkdirSync(dataDir, { recursive: true });
  const db = openForWriting(path.join(dataDir, 'floats.db'), { durability: 'process', cacheKb: CACHE_KB });
  loadVec(db);
  const mixture = new Mixture(DIMENSIONS);
  fill(db, mixture, items);
  const scan = db
    .prepare<[Uint8Array], number>(`SELECT rowid FROM floats WHERE vector MATCH ? AND k = ${HITS} ORDER BY distance`)
    .pluck();
  const ms: number[] = [];
  const nearest: string[][] = [];
  for (let query = 0; query < queries; query++) {
    const bytes = new Uint8Array(mixture.vector(FIRST_QUERY + query).buffer);
    const since = performance.now();
    const rows = scan.all(bytes);
    ms.push(performance.now() - since);
    nearest.push(rows.map((row) => sampleId(row)));
  }
  db.close();
  return { ms, nearest };
}

function fill(db: Database, mixture: Mixture, items: number): void {
  db.exec(`CREATE VIRTUAL TABLE floats USING vec0(vector float[${DIMENSIONS}] distance_metric=cosine)`);
  const insert = db.prepare<[bigint, Uint8Array]>('INSERT INTO floats (rowid, vector) VALUES (?, ?)');
  for (let from = 0; from < items; from += ITEMS_AT_ONCE) {
    transaction(db, () => {
      for (let n = from; n < Math.min(items, from + ITEMS_AT_ONCE); n++) {
        insert.run(BigInt(n), new Uint8Array(mixture.vector(n).buffer));
      }
    });
  }
}
