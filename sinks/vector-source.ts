import { embeddableText } from '../core/item-text.ts';
import { withoutRepeats } from '../core/keys.ts';
import type { Embedder } from '../core/ports/embedder.ts';
import type { EventLog, LogRecord } from '../core/ports/event-log.ts';
import type { StoredVector } from '../core/ports/item-store.ts';
import type { SchemaCodec } from '../core/ports/schema-codec.ts';
import { textHashOf } from '../core/text-hash.ts';
import { dimensionsOf, hasDimensions } from '../core/vector-bytes.ts';
import type { RawItem } from '../schemas/generated/records.ts';

/** The embedding cache, as far as a rebuild needs it. */
export interface VectorCache {
  getMany(model: string, textHashes: readonly string[]): Promise<ReadonlyMap<string, Uint8Array>>;
  putMany(model: string, vectors: ReadonlyMap<string, Uint8Array>): Promise<void>;
}

export interface VectorSourceDeps {
  readonly log: EventLog;
  readonly codec: SchemaCodec;
  readonly cache: VectorCache;
  readonly embedder: Embedder;
  /** a rebuild with another model embeds what the cache lacks, without looking for vectors of the old model */
  readonly newModel: boolean;
}

/** A raw item, and the key of its record in `ingest`. */
export interface KeyedItem {
  readonly item: RawItem;
  readonly key: string;
}

interface Found {
  readonly textHash: string;
  readonly vector: StoredVector | null;
}

interface Wanted {
  readonly text: string;
  /** of the records that say it */
  readonly keys: readonly string[];
}

const PAGE_RECORDS = 1_000;

/**
 * Law 8: the vectors of a rebuild come from the cache, else from `enriched` by text hash, and only then from the embedding
 * API. A text that passed on without a vector stays without: its late vector will come. So does one whose records are erased by
 * tombstones that compaction has not come to: nobody is asked about it again. What `enriched` has by another model alone, or with
 * other dimensions, is embedded: a rebuild with another model writes its vectors to the cache, and not there.
 */
export class VectorSource {
  readonly #deps: VectorSourceDeps;
  /** texts that passed on without a vector, as far as `enriched` was read */
  readonly #withoutVector = new Set<string>();
  /** offset of the next record to look at, by topic and partition */
  readonly #readTo = new Map<string, number>();
  /** keys of records of `ingest` that a tombstone erases, as far as it was read */
  readonly #erased = new Set<string>();
  #embeddingCalls = 0;

  constructor(deps: VectorSourceDeps) {
    this.#deps = deps;
  }

  get embeddingCalls(): number {
    return this.#embeddingCalls;
  }

  /** Items with nothing to embed are absent from the result. */
  async vectorsOf(items: readonly KeyedItem[]): Promise<ReadonlyMap<RawItem, Found>> {
    const texts = new Map<string, Wanted>();
    const hashes = new Map<RawItem, string>();
    for (const { item, key } of items) {
      const text = embeddableText(item);
      if (text === null) continue;
      const textHash = textHashOf(text);
      hashes.set(item, textHash);
      texts.set(textHash, { text, keys: [...(texts.get(textHash)?.keys ?? []), key] });
    }
    const vectors = await this.#find(texts);
    return new Map([...hashes].map(([item, textHash]) => [item, { textHash, vector: vectors.get(textHash) ?? null }]));
  }

  async #find(texts: ReadonlyMap<string, Wanted>): Promise<ReadonlyMap<string, StoredVector | null>> {
    const found = await this.#cached([...texts.keys()]);
    const missing = [...texts.keys()].filter((textHash) => !found.has(textHash));
    if (missing.length === 0) return found;
    const erased = await this.#erasedKeys();
    const emitted = this.#deps.newModel ? new Set<string>() : await this.#recoverFromEnriched(erased);
    for (const [textHash, vector] of await this.#cached(missing)) found.set(textHash, vector);
    const unknown = missing.filter((textHash) => !found.has(textHash) && !emitted.has(textHash));
    const wanted = unknown.filter((textHash) => !(texts.get(textHash)?.keys ?? []).every((key) => erased.has(key)));
    for (const [textHash, vector] of await this.#embed(wanted, texts)) found.set(textHash, vector);
    return found;
  }

  /** Notes the tombstones of `ingest`, as far as it has grown: somebody may be purging meanwhile. */
  async #erasedKeys(): Promise<ReadonlySet<string>> {
    for await (const records of this.#readOn('ingest'))
      for (const { key, value } of records) if (value === null) this.#erased.add(key);
    return this.#erased;
  }

  /** Pages of what was written to a topic since it was last read here. */
  async *#readOn(topic: 'ingest' | 'enriched'): AsyncIterable<readonly LogRecord[]> {
    const { log } = this.#deps;
    for (const { partition } of await log.ends(topic)) {
      const place = `${topic} ${partition}`;
      for (;;) {
        const records = await log.read(topic, partition, this.#readTo.get(place) ?? 0, { records: PAGE_RECORDS });
        const last = records.at(-1);
        if (last === undefined) break;
        yield records;
        this.#readTo.set(place, last.offset + 1);
      }
    }
  }

  async #cached(textHashes: readonly string[]): Promise<Map<string, StoredVector | null>> {
    const { cache, embedder } = this.#deps;
    const cached = await cache.getMany(embedder.model, textHashes);
    const fitting = [...cached].filter(([, bytes]) => hasDimensions(bytes, embedder.dimensions));
    return new Map(fitting.map(([textHash, bytes]) => [textHash, storedVector(embedder.model, bytes)]));
  }

  async #embed(
    textHashes: readonly string[],
    texts: ReadonlyMap<string, Wanted>,
  ): Promise<ReadonlyMap<string, StoredVector>> {
    const { embedder, cache } = this.#deps;
    const embedded = new Map<string, StoredVector>();
    for (let from = 0; from < textHashes.length; from += embedder.batchTexts) {
      const part = textHashes.slice(from, from + embedder.batchTexts);
      this.#embeddingCalls++;
      const results = await embedder.embed(part.map((textHash) => texts.get(textHash)?.text ?? ''));
      const bytes = new Map<string, Uint8Array>();
      part.forEach((textHash, i) => {
        const result = results[i];
        if (result !== undefined && 'vector' in result)
          bytes.set(textHash, new Uint8Array(result.vector.buffer, result.vector.byteOffset, result.vector.byteLength));
      });
      await cache.putMany(embedder.model, bytes);
      for (const [textHash, value] of bytes) embedded.set(textHash, storedVector(embedder.model, value));
    }
    return embedded;
  }

  /**
   * Reads `enriched` once, only when the cache lacks something, and then as far as it has grown meanwhile: puts the vectors that it
   * holds back into the cache, and resolves to the hashes of texts that passed on without a vector.
   */
  async #recoverFromEnriched(erased: ReadonlySet<string>): Promise<ReadonlySet<string>> {
    const { codec, embedder, cache } = this.#deps;
    for await (const records of this.#readOn('enriched')) {
      const vectors = new Map<string, Uint8Array>();
      for (const { key, value } of records) {
        // What is erased has been forgotten by the cache, and must not come back to it (law 7).
        if (value === null || erased.has(key) || erased.has(withoutRepeats(key))) continue;
        const decoded = codec.decode(value);
        if (decoded.type !== 'EnrichedItem' && decoded.type !== 'LateVector') continue;
        const { textHash, vector, model } = decoded.value;
        if (textHash === null) continue;
        if (vector === null) {
          this.#withoutVector.add(textHash);
          continue;
        }
        // It came, though by another model, or with other dimensions: nothing is on its way any more.
        this.#withoutVector.delete(textHash);
        if (model === embedder.model && hasDimensions(vector, embedder.dimensions)) vectors.set(textHash, vector);
      }
      if (vectors.size > 0) await cache.putMany(embedder.model, vectors);
    }
    return this.#withoutVector;
  }
}

/** By its bytes: an embedder that has not answered yet need not know how many dimensions its model has. */
function storedVector(model: string, bytes: Uint8Array): StoredVector {
  return { model, dimensions: dimensionsOf(bytes), bytes };
}
