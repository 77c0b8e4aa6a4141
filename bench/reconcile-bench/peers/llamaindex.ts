import {
  BaseEmbedding,
  type BaseNode,
  DocStoreStrategy,
  Document,
  IngestionPipeline,
  SentenceSplitter,
  SimpleDocumentStore,
  SimpleVectorStore,
} from 'llamaindex';
import { collect, type Library, type LibraryParts, type SavedItem } from '../contender.ts';

/** `IngestionPipeline` with `UPSERTS_AND_DELETE`, and its cache, which is on by default. */
export function llamaindex(parts: LibraryParts): Library {
  const vectorStore = new Store(parts);
  const docStore = new SimpleDocumentStore();
  const pipelineWith = (docStoreStrategy: DocStoreStrategy): IngestionPipeline =>
    new IngestionPipeline({
      transformations: [new SentenceSplitter(), new CountedEmbedding(parts)],
      docStore,
      vectorStore,
      docStoreStrategy,
    });
  const full = pipelineWith(DocStoreStrategy.UPSERTS_AND_DELETE);
  const some = pipelineWith(DocStoreStrategy.UPSERTS);
  return {
    async full(pages) {
      await full.run({ documents: (await collect(pages)).map(toDocument) });
    },
    async upsert(items) {
      await some.run({ documents: items.map(toDocument) });
    },
    ids: async () => new Set(Object.values(vectorStore.toDict().textIdToRefDocId)),
  };
}

/** The counter and the date are kept out of what is embedded, as the package's documentation shows for such metadata. */
function toDocument({ id, title, text, url, savedAt, stars }: SavedItem): Document {
  return new Document({
    id_: id,
    text: `${title}\n${text}`,
    metadata: { url, savedAt, ...(stars === null ? {} : { stars }) },
    excludedEmbedMetadataKeys: ['url', 'savedAt', 'stars'],
  });
}

class CountedEmbedding extends BaseEmbedding {
  constructor(parts: LibraryParts) {
    super();
    // A method of the instance, since the base class sets its own there.
    this.getTextEmbeddings = (texts: string[]) => parts.embeddings.embed(texts);
  }

  async getTextEmbedding(text: string): Promise<number[]> {
    return (await this.getTextEmbeddings([text]))[0] ?? [];
  }
}

/** The package's own; a document that it refuses is not among the ids that it returns. */
class Store extends SimpleVectorStore {
  readonly #parts: LibraryParts;

  constructor(parts: LibraryParts) {
    super({ embedModel: new CountedEmbedding(parts) });
    this.#parts = parts;
  }

  override add(nodes: BaseNode[]): Promise<string[]> {
    return super.add(nodes.filter(({ sourceNode }) => !this.#parts.refused.has(sourceNode?.nodeId ?? '')));
  }
}
