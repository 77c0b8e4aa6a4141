import type { ItemContent, ItemSummary } from '../../core/ports/item-store.ts';

/** An item as it is exported; without content, nothing but its name is known. */
export interface ExportedItem {
  readonly summary: ItemSummary;
  readonly content: ItemContent | null;
}

/** How a file is written, piece by piece: a head, then scope by scope its items, then an end. A piece may be empty. */
export interface ExportWriter {
  readonly head: string;
  readonly beginScope: (scope: string) => string;
  readonly item: (item: ExportedItem) => string;
  readonly endScope: string;
  readonly end: () => string;
}

/** The address of an item, where a browser opens it; null for any other, which must not become a bookmark. */
export function webAddress({ summary, content }: ExportedItem): string | null {
  const url = content?.url ?? summary.url;
  if (url === null || !URL.canParse(url)) return null;
  return ['http:', 'https:'].includes(new URL(url).protocol) ? url : null;
}
