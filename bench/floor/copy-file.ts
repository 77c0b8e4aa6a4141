import { copyTable, TimedWriter, type Written } from './batches.ts';
import { copySchema } from './copy-schema.ts';
import { type BareOptions, openForReading, openForWriting } from './open-bare.ts';

/** Writes all rows of a file into the same tables of another, 500 rows a transaction. */
export function copyFile(from: string, to: string, durability: BareOptions['durability']): Written {
  const source = openForReading(from);
  const target = openForWriting(to, { durability, pageBytes: Number(source.pragma('page_size', { simple: true })) });
  copySchema(source, target);
  const writer = new TimedWriter(target);
  const tables = source
    .prepare<[], string>("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY rowid")
    .pluck()
    .all();
  for (const table of tables) copyTable(source, target, table, writer);
  source.close();
  target.close();
  return writer;
}
