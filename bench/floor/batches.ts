import { type Database, type Statement, transaction } from '../../sqlite/open.ts';
import { cpuMs } from '../measure.ts';
import { eachOf } from './open-bare.ts';

/** Rows of one transaction. */
export const BATCH_ROWS = 500;

/** Times of writing, without those of reading what is written. */
export interface Written {
  readonly ms: number;
  readonly cpuMs: number;
}

/** Sums up how long transactions take. */
export class TimedWriter implements Written {
  readonly #db: Database;
  ms = 0;
  cpuMs = 0;

  constructor(db: Database) {
    this.#db = db;
  }

  write(work: () => void): void {
    const since = performance.now();
    const cpuSince = cpuMs();
    transaction(this.#db, work);
    this.ms += performance.now() - since;
    this.cpuMs += cpuMs() - cpuSince;
  }
}

/** Copies a table of rows, in order of rowid where it has one, a transaction for each batch. */
export function copyTable(source: Database, target: Database, table: string, writer: TimedWriter): number {
  const columns = columnsOf(source, table);
  const insert = insertInto(target, table, columns);
  const select = source.prepare<[], unknown[]>(`SELECT ${columns.join(', ')} FROM "${table}"`).raw();
  let batch: unknown[][] = [];
  let rows = 0;
  const flush = (): void => {
    if (batch.length === 0) return;
    writer.write(() => {
      for (const row of batch) insert.run(...row);
    });
    rows += batch.length;
    batch = [];
  };
  for (const row of eachOf(select)) {
    batch.push(row);
    if (batch.length === BATCH_ROWS) flush();
  }
  flush();
  return rows;
}

export function columnsOf(db: Database, table: string): readonly string[] {
  return db.prepare<[string], string>('SELECT name FROM pragma_table_info(?)').pluck().all(table);
}

export function insertInto(db: Database, table: string, columns: readonly string[]): Statement {
  return db.prepare(`INSERT INTO "${table}" (${columns.join(', ')}) VALUES (${columns.map(() => '?').join(', ')})`);
}
