import type { Database } from '../../sqlite/open.ts';

/** Makes the same empty tables in another file. */
export function copySchema(source: Database, target: Database): void {
  const all = source
    .prepare<[], { name: string; sql: string }>(
      'SELECT name, sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY rowid',
    )
    .all();
  const virtual = all.filter(({ sql }) => sql.startsWith('CREATE VIRTUAL')).map(({ name }) => name);
  for (const { name, sql } of all) {
    // What a virtual table keeps its data in, it makes itself.
    if (virtual.some((owner) => name.startsWith(`${owner}_`)) || name.startsWith('sqlite_')) continue;
    target.exec(sql);
  }
}
