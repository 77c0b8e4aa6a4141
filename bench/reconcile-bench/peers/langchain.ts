import { InMemoryRecordManager } from '@langchain/community/indexes/memory';
import type { DocumentInterface } from '@langchain/core/documents';
import { Document } from '@langchain/core/documents';
import { Embeddings } from '@langchain/core/embeddings';
import { index } from '@langchain/core/indexing';
import { VectorStore } from '@langchain/core/vectorstores';
import { collect, type Library, type LibraryParts, type SavedItem, textOf } from '../contender.ts';

const SOURCE = 'the list';

/** `index()` with its cleanup over everything that the record manager knows. */
export function langchainFull(parts: LibraryParts): Library {
  return open(parts, async (docsSource, { recordManager, vectorStore }) => {
    await index({ docsSource, recordManager, vectorStore, options: { cleanup: 'full', sourceIdKey: 'source' } });
  });
}

/**
 * The JavaScript package has no `scoped_full`: this is `index()` without cleanup, followed by the cleanup of the Python
 * package, which deletes the older keys of the sources that were seen, and of no others.
 */
export function langchainScopedFull(parts: LibraryParts): Library {
  return open(parts, async (docsSource, { recordManager, vectorStore }) => {
    const before = await recordManager.getTime();
    await index({ docsSource, recordManager, vectorStore, options: { sourceIdKey: 'source' } });
    const groupIds = [...new Set(docsSource.map(({ metadata }) => String(metadata['source'])))];
    if (groupIds.length === 0) return;
    const old = await recordManager.listKeys({ before, groupIds });
    await vectorStore.delete({ ids: old });
    await recordManager.deleteKeys(old);
  });
}

interface Parts {
  readonly recordManager: RecordManager;
  readonly vectorStore: Store;
}

function open(parts: LibraryParts, indexAll: (docs: Document[], kept: Parts) => Promise<void>): Library {
  const vectorStore = new Store(parts);
  const recordManager = new RecordManager(parts.now);
  return {
    async full(pages) {
      await indexAll((await collect(pages)).map(toDocument), { recordManager, vectorStore });
    },
    async upsert(items) {
      const docsSource = items.map(toDocument);
      await index({ docsSource, recordManager, vectorStore, options: { sourceIdKey: 'source' } });
    },
    ids: async () => new Set([...vectorStore.rows.values()].map(({ metadata }) => String(metadata['id']))),
  };
}

function toDocument(item: SavedItem): Document {
  const { id, url, savedAt, stars } = item;
  return new Document({ pageContent: textOf(item), metadata: { source: SOURCE, id, url, savedAt, stars } });
}

/** The package's own, on the benchmark's clock. */
class RecordManager extends InMemoryRecordManager {
  readonly #now: () => number;

  constructor(now: () => number) {
    super();
    this.#now = now;
  }

  override async getTime(): Promise<number> {
    return this.#now();
  }
}

class CountedEmbeddings extends Embeddings {
  readonly #parts: LibraryParts;

  constructor(parts: LibraryParts) {
    super({ maxRetries: 0 });
    this.#parts = parts;
  }

  embedDocuments(texts: string[]): Promise<number[][]> {
    return this.#parts.embeddings.embed(texts);
  }

  async embedQuery(text: string): Promise<number[]> {
    return (await this.embedDocuments([text]))[0] ?? [];
  }
}

/**
 * A store as `index()` asks for: it takes ids, deletes by ids, and returns the ids of what it took. The one that comes with
 * LangChain does neither of the first two.
 */
class Store extends VectorStore {
  readonly rows = new Map<string, DocumentInterface>();
  readonly #parts: LibraryParts;

  constructor(parts: LibraryParts) {
    super(new CountedEmbeddings(parts), {});
    this.#parts = parts;
  }

  _vectorstoreType(): string {
    return 'map';
  }

  async addDocuments(documents: DocumentInterface[], options?: { readonly ids?: string[] }): Promise<string[]> {
    const vectors = await this.embeddings.embedDocuments(documents.map(({ pageContent }) => pageContent));
    return this.addVectors(vectors, documents, options);
  }

  async addVectors(
    _vectors: number[][],
    documents: DocumentInterface[],
    options?: { readonly ids?: string[] },
  ): Promise<string[]> {
    const taken: string[] = [];
    for (const [place, document] of documents.entries()) {
      const id = options?.ids?.[place];
      if (id === undefined || this.#parts.refused.has(String(document.metadata['id']))) continue;
      this.rows.set(id, document);
      taken.push(id);
    }
    return taken;
  }

  override async delete({ ids }: { readonly ids: readonly string[] }): Promise<void> {
    for (const id of ids) this.rows.delete(id);
  }

  async similaritySearchVectorWithScore(): Promise<[DocumentInterface, number][]> {
    return [];
  }
}
