import type { Embedder } from '../../core/ports/embedder.ts';
import type { EventLog } from '../../core/ports/event-log.ts';
import type { SchemaCodec } from '../../core/ports/schema-codec.ts';
import { Rebuild } from '../../sinks/rebuild.ts';
import { VectorSource } from '../../sinks/vector-source.ts';
import { MemoryItemStore } from '../memory-store/memory-item-store.ts';

/** Whose vectors `enriched` holds. */
export type EmbeddedBy = Pick<Embedder, 'name' | 'model' | 'dimensions'>;

/** The digest that the fold of `ingest` gives, with the vectors that `enriched` holds and no others (law 8). */
export async function foldDigest(log: EventLog, codec: SchemaCodec, by: EmbeddedBy): Promise<string> {
  const vectors = new Map<string, Uint8Array>();
  const cache = {
    getMany: async (_model: string, textHashes: readonly string[]) =>
      new Map([...new Set(textHashes)].flatMap((each) => entryOf(vectors, each))),
    putMany: async (_model: string, more: ReadonlyMap<string, Uint8Array>) => {
      for (const [textHash, vector] of more) vectors.set(textHash, vector);
    },
  };
  const fresh = new MemoryItemStore();
  const rebuild = new Rebuild({
    log,
    codec,
    fresh,
    vectors: new VectorSource({ log, codec, cache, embedder: asksNobody(by), newModel: false }),
    pause: async () => undefined,
  });
  for (const { partition, end } of await log.ends('ingest')) await rebuild.fold(partition, end - 1);
  return await fresh.digest();
}

function entryOf(vectors: ReadonlyMap<string, Uint8Array>, textHash: string): [string, Uint8Array][] {
  const vector = vectors.get(textHash);
  return vector === undefined ? [] : [[textHash, vector]];
}

/** An embedder that must not be asked: every vector is in `enriched`. */
export function asksNobody(by: EmbeddedBy): Embedder {
  return {
    ...by,
    batchTexts: 1,
    concurrency: 1,
    embed: async () => {
      throw new Error('a vector is missing from the topic enriched');
    },
    close: async () => undefined,
  };
}
