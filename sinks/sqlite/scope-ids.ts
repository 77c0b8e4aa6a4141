import type { ItemFilter } from '../../core/ports/item-store.ts';
import type { Database, Statement } from '../../sqlite/open.ts';

/**
 * Numbers of scopes, which the large tables carry in place of the names. A number never changes, so what was read once is
 * kept; other processes may add scopes at any time.
 */
export class ScopeIds {
  readonly #ids = new Map<string, number>();
  readonly #names = new Map<number, string>();
  readonly #find: Statement<[string], number>;
  readonly #insert: Statement<[string], number>;
  readonly #all: Statement<[], readonly [number, string]>;

  constructor(db: Database) {
    this.#find = db.prepare<[string], number>('SELECT scope_id FROM scopes WHERE name = ?').pluck();
    this.#insert = db.prepare<[string], number>('INSERT INTO scopes (name) VALUES (?) RETURNING scope_id').pluck();
    this.#all = db.prepare<[], readonly [number, string]>('SELECT scope_id, name FROM scopes').raw();
  }

  /** Null while nothing was stored for the scope. */
  find(name: string): number | null {
    const known = this.#ids.get(name);
    if (known !== undefined) return known;
    const id = this.#find.get(name);
    return id === undefined ? null : this.#keep(id, name);
  }

  /** Within a transaction; call `forget` when it is rolled back. */
  findOrAdd(name: string): number {
    const known = this.find(name);
    if (known !== null) return known;
    const id = this.#insert.get(name);
    if (id === undefined) throw new Error(`no number was given to ${name}`);
    return this.#keep(id, name);
  }

  name(id: number): string {
    if (!this.#names.has(id)) this.#readAll();
    return this.#names.get(id) ?? '';
  }

  /** Scopes that a filter lets through: by their names, or by the first parts of them; all when it names none. */
  matching(filter: ItemFilter): readonly number[] {
    this.#readAll();
    const { scopes } = filter;
    const wanted = (name: string): boolean =>
      scopes === undefined || scopes.some((prefix) => name === prefix || name.startsWith(`${prefix}/`));
    return [...this.#ids].filter(([name]) => wanted(name)).map(([, id]) => id);
  }

  forget(): void {
    this.#ids.clear();
    this.#names.clear();
  }

  #readAll(): void {
    for (const [id, name] of this.#all.all()) this.#keep(id, name);
  }

  #keep(id: number, name: string): number {
    this.#ids.set(name, id);
    this.#names.set(id, name);
    return id;
  }
}
