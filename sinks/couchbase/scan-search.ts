import type { ItemFilter, SearchHit } from '../../core/ports/item-store.ts';
import type { Catalog } from './catalog.ts';
import { inParallel } from './documents.ts';
import { type ItemDocument, type ItemDocuments, vectorOf } from './item-documents.ts';
import { joinKey, prefixOf, splitKey } from './keys.ts';
import { datesOf, decodeRow, rowsOf, type StoredRow } from './ledger-tables.ts';
import { BEHIND_IDS, DEFAULT_STATES, dateRange, summaryOf } from './people-reads.ts';

const PAGE = 500;

/**
 * Search on a server without its Search service: reads every item that the filter lets through. Right, and slow: some
 * seconds for 20,000 items. In bounded memory.
 */
export class ScanSearch {
  readonly #catalog: Catalog;
  readonly #items: ItemDocuments;

  constructor(catalog: Catalog, items: ItemDocuments) {
    this.#catalog = catalog;
    this.#items = items;
  }

  /** The score is the number of words that an item holds. */
  async text(query: string, filter: ItemFilter, limit: number): Promise<readonly SearchHit[]> {
    const words = query
      .toLowerCase()
      .split(/\s+/)
      .filter((word) => word !== '');
    if (words.length === 0) return [];
    return this.#best(filter, limit, ({ content }) => {
      const text = `${content?.title ?? ''}\n${content?.author ?? ''}\n${content?.body ?? ''}`.toLowerCase();
      return words.filter((word) => text.includes(word)).length || null;
    });
  }

  /** The score is the exact cosine. */
  async vectors(vector: Float32Array, model: string, filter: ItemFilter, limit: number): Promise<readonly SearchHit[]> {
    return this.#best(filter, limit, (document) => {
      const stored = vectorOf(document);
      return stored?.model === model && stored.dimensions === vector.length ? cosine(vector, stored.bytes) : null;
    });
  }

  async #best(
    filter: ItemFilter,
    limit: number,
    score: (document: ItemDocument) => number | null,
  ): Promise<readonly SearchHit[]> {
    let best: SearchHit[] = [];
    if (limit < 1) return best;
    for await (const page of this.#documents(filter)) {
      for (const { scope, document, row } of page) {
        const points = document.content === null ? null : score(document);
        if (document.content === null || points === null) continue;
        const shown = summaryOf(scope, { row: decodeRow(document.itemId, row), content: document.content });
        best.push({ ...shown, content: document.content, score: points });
      }
      best = best.sort((a, b) => b.score - a.score).slice(0, limit);
    }
    return best;
  }

  async *#documents(
    filter: ItemFilter,
  ): AsyncGenerator<readonly { readonly scope: string; readonly document: ItemDocument; readonly row: StoredRow }[]> {
    const dates = dateRange(filter);
    for (const scope of await this.#catalog.scopes(filter)) {
      const log = await this.#catalog.logOf(scope);
      if (log === null) continue;
      for (const state of new Set(filter.states ?? DEFAULT_STATES)) {
        for (let after = dates.behind === null ? null : joinKey(state, dates.behind, BEHIND_IDS); ; ) {
          const page: readonly (readonly [string, unknown])[] = await log.page(datesOf(scope), PAGE, {
            after,
            prefix: prefixOf(state),
          });
          const ids = page
            .filter(([key, hidden]) => (hidden === 0 || filter.includeHidden === true) && isWithin(key, dates.upTo))
            .map(([key]) => splitKey(key)[2] ?? '');
          const rows = await log.getMany(rowsOf(scope), ids);
          yield (
            await inParallel(ids, async (itemId) => {
              const row = rows.get(itemId) as StoredRow | undefined;
              const document = row?.cas === undefined ? null : await this.#items.read(scope, itemId);
              return row === undefined || document === null ? [] : [{ scope, document, row }];
            })
          ).flat();
          after = page.at(-1)?.[0] ?? null;
          if (page.length < PAGE || after === null || !isWithin(after, dates.upTo)) break;
        }
      }
    }
  }
}

const isWithin = (key: string, upTo: string): boolean => (splitKey(key)[1] ?? '') <= upTo;

/** Null where a vector points nowhere. */
function cosine(a: Float32Array, bytes: Uint8Array): number | null {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  let dot = 0;
  let lengthA = 0;
  let lengthB = 0;
  for (let i = 0; i < a.length; i++) {
    const x = a[i] ?? 0;
    const y = view.getFloat32(i * 4, true);
    dot += x * y;
    lengthA += x * x;
    lengthB += y * y;
  }
  return lengthA * lengthB === 0 ? null : dot / Math.sqrt(lengthA * lengthB);
}
