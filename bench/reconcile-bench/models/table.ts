import { type LibraryParts, type SavedItem, textOf } from '../contender.ts';

interface Row {
  readonly item: SavedItem;
  readonly text: string;
}

/** Texts of one request: few enough to stay within the limit of tokens with any texts of this benchmark. */
const BATCH = 64;

/**
 * The store of every model: embeds only what is new or whose text has changed, writes after the embedding succeeded, and
 * forgets nothing that the store refused. The models are to differ in how they remove, and in nothing else.
 */
export class Table {
  readonly #rows = new Map<string, Row>();
  readonly #parts: LibraryParts;

  constructor(parts: LibraryParts) {
    this.#parts = parts;
  }

  get ids(): ReadonlySet<string> {
    return new Set(this.#rows.keys());
  }

  async upsert(items: readonly SavedItem[]): Promise<void> {
    const changed = items.filter((item) => this.#rows.get(item.id)?.text !== textOf(item));
    for (let from = 0; from < changed.length; from += BATCH) {
      const batch = changed.slice(from, from + BATCH);
      await this.#parts.embeddings.embed(batch.map(textOf));
      for (const item of batch)
        if (!this.#parts.refused.has(item.id)) this.#rows.set(item.id, { item, text: textOf(item) });
    }
  }

  delete(ids: Iterable<string>): void {
    for (const id of ids) this.#rows.delete(id);
  }
}
