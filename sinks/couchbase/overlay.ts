import { compare } from './keys.ts';

/** A value of a table to be set, or removed (null). Values are JSON, and nobody changes them afterwards. */
export type Entry = readonly [table: string, key: string, value: unknown];

interface Held {
  readonly seq: number;
  readonly value: unknown;
}

interface HeldTable {
  readonly entries: Map<string, Held>;
  /** null: to be sorted again */
  sorted: readonly string[] | null;
}

/** What the segments hold that were not merged into the tables yet: it goes over what the tables say. */
export class Overlay {
  readonly #tables = new Map<string, HeldTable>();

  apply(seq: number, entries: readonly Entry[]): void {
    for (const [name, key, value] of entries) {
      let table = this.#tables.get(name);
      if (table === undefined) {
        table = { entries: new Map(), sorted: null };
        this.#tables.set(name, table);
      }
      if (!table.entries.has(key)) table.sorted = null;
      table.entries.set(key, { seq, value });
    }
  }

  /** Undefined: ask the table; null: removed. */
  get(table: string, key: string): unknown {
    return this.#tables.get(table)?.entries.get(key)?.value;
  }

  tables(): readonly string[] {
    return [...this.#tables.keys()];
  }

  /** Keys of a table, removed ones too, in order. */
  keys(table: string): readonly string[] {
    const held = this.#tables.get(table);
    if (held === undefined) return [];
    held.sorted ??= [...held.entries.keys()].sort(compare);
    return held.sorted;
  }

  /** Forgets what segments up to this one said, and later ones did not say again. */
  dropUpTo(seq: number): void {
    for (const [name, table] of this.#tables) {
      for (const [key, held] of table.entries) if (held.seq <= seq) table.entries.delete(key);
      table.sorted = null;
      if (table.entries.size === 0) this.#tables.delete(name);
    }
  }

  clear(): void {
    this.#tables.clear();
  }
}

/** Index of the first key that is greater than `after`, or not less than it where `inclusive`. */
export function firstBehind(keys: readonly string[], after: string, inclusive: boolean): number {
  let low = 0;
  let high = keys.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    const order = compare(keys[middle] ?? '', after);
    if (order < 0 || (order === 0 && !inclusive)) low = middle + 1;
    else high = middle;
  }
  return low;
}
