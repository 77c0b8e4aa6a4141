import type { EmbeddingApi } from './embedding-api.ts';

/** A saved item as the connector read it, from a page or from an export. */
export interface SavedItem {
  readonly id: string;
  readonly title: string;
  readonly text: string;
  readonly url: string;
  /** ISO 8601 */
  readonly savedAt: string;
  /** a counter that changes without the item having changed; null where the source has none */
  readonly stars: number | null;
}

/** What is wrong with the connector, not with the source. Hoardarr has its own, of which none of this is true. */
export interface Walk {
  /** takes a failed page, or an export in which nothing is found, for the end of the list */
  readonly swallows?: boolean;
  /** begins here, where an earlier walk was interrupted, and hands this on as if it were all */
  readonly fromPage?: number;
  /** called with the number of each page that was read */
  readonly afterPage?: (page: number) => Promise<void>;
}

/**
 * Who keeps a collection equal to a source. What a contender refuses or fails at is part of its result: these methods reject
 * only where the benchmark itself is wrong.
 */
export interface Contender {
  /** One sync of everything that the source lists. */
  sync(walk?: Walk): Promise<void>;
  /** An export is handed in. `madeAt`: when it was made, ms. */
  takeExport(bytes: string, walk?: Walk): Promise<void>;
  /** News of one item comes apart from any sync, perhaps late. */
  deliver(item: SavedItem): Promise<void>;
  /** Ids of what can be found now. */
  ids(): Promise<ReadonlySet<string>>;
  /** Of these, the ones that a person was asked about: whether they are to be removed. */
  waiting?(): Promise<ReadonlySet<string>>;
  /** Lets the work go on until it is done, or for as long as it does something. */
  goOn(work: Promise<void>): Promise<void>;
  /** So much time passes, ms. */
  pass(ms: number): Promise<void>;
  close(): Promise<void>;
  /** how often a person was asked for something so far; absent: nobody is ever asked */
  readonly asked?: number;
}

/** What a library is given instead of the world. */
export interface LibraryParts {
  readonly embeddings: EmbeddingApi;
  /** documents that the store refuses, one of a batch, by id */
  readonly refused: ReadonlySet<string>;
  /** ms; two readings are never the same, unless the fault is that they are */
  readonly now: () => number;
}

/** How a framework, or a model of one, keeps documents. */
export interface Library {
  /** All that a walk finds; where the walk rejects, nobody knows the rest. */
  full(pages: AsyncIterable<readonly SavedItem[]>): Promise<void>;
  upsert(items: readonly SavedItem[]): Promise<void>;
  ids(): Promise<ReadonlySet<string>>;
}

export type OpenLibrary = (parts: LibraryParts) => Library;

/** What every contender makes of the text of an item, but Hoardarr, which has its own. */
export function textOf({ title, text }: SavedItem): string {
  return `${title}\n${text}`;
}

export async function collect(pages: AsyncIterable<readonly SavedItem[]>): Promise<SavedItem[]> {
  const items: SavedItem[] = [];
  for await (const page of pages) items.push(...page);
  return items;
}
