import { describe, expect, it } from '@jest/globals';
import type { Embedder } from '../core/ports/embedder.ts';
import { textHashOf } from '../core/text-hash.ts';
import type { RawItem } from '../schemas/generated/records.ts';
import { asksNobody } from '../testing/log-checker/fold-digest.ts';
import { MemoryEventLog } from '../testing/memory-log/memory-event-log.ts';
import { ObjectCodec } from '../testing/scenario/object-codec.ts';
import { Scenario } from '../testing/scenario/scenario.ts';
import { VirtualClock } from '../testing/virtual-clock.ts';
import { VectorSource } from './vector-source.ts';

function items(...itemIds: readonly string[]): readonly RawItem[] {
  const run = new Scenario().run();
  return itemIds.flatMap((itemId) => {
    const { decoded } = run.item(itemId);
    return decoded?.type === 'RawItem' ? [decoded.value] : [];
  });
}

describe('the vectors of a rebuild', () => {
  it('leaves a text alone that passed on without one, also after the rebuild began', async () => {
    const log = new MemoryEventLog({ clock: new VirtualClock(), partitionCount: 1 });
    const codec = new ObjectCodec();
    const embedder = asksNobody({ name: 'counting', model: 'counting-1', dimensions: 16 });
    const cache = { getMany: async () => new Map<string, Uint8Array>(), putMany: async () => undefined };
    const vectors = new VectorSource({ log, codec, cache, embedder, newModel: false });
    const passOn = async (raw: RawItem): Promise<void> => {
      const textHash = textHashOf(raw.text ?? '');
      const none = { vector: null, model: null, dimensions: null, textTruncated: false };
      const value = codec.encode('EnrichedItem', { item: raw, textHash, ...none });
      await log.append('enriched', 0, [{ key: raw.itemId, value }]);
    };
    for (const each of items('first', 'later')) {
      await passOn(each);
      expect([...(await vectors.vectorsOf([{ item: each, key: each.itemId }])).values()]).toEqual([
        { textHash: textHashOf(each.text ?? ''), vector: null },
      ]);
    }
  });

  it('embeds what only another model made vectors of, as where the cache was lost after a rebuild with this one', async () => {
    const log = new MemoryEventLog({ clock: new VirtualClock(), partitionCount: 1 });
    const codec = new ObjectCodec();
    const asked: string[] = [];
    const embedder: Embedder = {
      ...asksNobody({ name: 'counting', model: 'counting-2', dimensions: 1 }),
      embed: async (texts) => texts.map((text) => asked.push(text) > 0 && { vector: Float32Array.of(1) }) as never,
    };
    const cache = { getMany: async () => new Map<string, Uint8Array>(), putMany: async () => undefined };
    const vectors = new VectorSource({ log, codec, cache, embedder, newModel: false });
    const [item] = items('first');
    const textHash = textHashOf(item?.text ?? '');
    const before = { vector: Uint8Array.of(0, 0, 0, 0), model: 'counting-1', dimensions: 1, textTruncated: false };
    const none = { vector: null, model: null, dimensions: null, textTruncated: false };
    // It came without, and its vector later.
    for (const vector of [none, before])
      await log.append('enriched', 0, [
        { key: 'first', value: codec.encode('EnrichedItem', { item: item!, textHash, ...vector }) },
      ]);
    const found = await vectors.vectorsOf([{ item: item!, key: 'first' }]);
    expect(found.get(item!)).toMatchObject({ vector: { model: 'counting-2' } });
    expect(asked).toEqual([item?.text]);
  });

  it('asks nobody about what a tombstone erases, though compaction has not come to it', async () => {
    const log = new MemoryEventLog({ clock: new VirtualClock(), partitionCount: 1 });
    const asked: string[] = [];
    const embedder: Embedder = {
      ...asksNobody({ name: 'counting', model: 'counting-1', dimensions: 1 }),
      embed: async (texts) => texts.map((text) => asked.push(text) > 0 && { vector: Float32Array.of(1) }) as never,
    };
    const cache = { getMany: async () => new Map<string, Uint8Array>(), putMany: async () => undefined };
    const vectors = new VectorSource({ log, codec: new ObjectCodec(), cache, embedder, newModel: true });
    await log.append('ingest', 0, [{ key: 'erased', value: null }]);
    const [purged, kept, twin] = items('purged', 'kept', 'twin').map((item) => ({
      ...item,
      text: `text of ${item.itemId}`,
    }));
    const found = await vectors.vectorsOf([
      { item: purged!, key: 'erased' },
      { item: kept!, key: 'kept' },
      { item: { ...twin!, text: kept?.text ?? null }, key: 'erased' },
    ]);
    expect(asked).toEqual(['text of kept']);
    expect(found.get(purged!)).toMatchObject({ vector: null });
  });

  it('do not come back to the cache where their text is erased', async () => {
    const log = new MemoryEventLog({ clock: new VirtualClock(), partitionCount: 1 });
    const codec = new ObjectCodec();
    const cached = new Set<string>();
    const cache = {
      getMany: async () => new Map<string, Uint8Array>(),
      putMany: async (_model: string, vectors: ReadonlyMap<string, Uint8Array>) => {
        for (const textHash of vectors.keys()) cached.add(textHash);
      },
    };
    const embedder = asksNobody({ name: 'counting', model: 'counting-1', dimensions: 1 });
    const vectors = new VectorSource({ log, codec, cache, embedder, newModel: false });
    const [purged, kept] = items('purged', 'kept').map((item) => ({ ...item, text: `text of ${item.itemId}` }));
    for (const item of [purged!, kept!]) {
      const vector = { vector: Uint8Array.of(0, 0, 0, 0), model: 'counting-1', dimensions: 1, textTruncated: false };
      const value = codec.encode('EnrichedItem', { item, textHash: textHashOf(item.text), ...vector });
      await log.append('enriched', 0, [{ key: `${item.itemId}~again`, value }]);
    }
    // Compaction has not come to either topic.
    await log.append('ingest', 0, [{ key: 'purged', value: null }]);
    await vectors.vectorsOf([{ item: purged!, key: 'purged' }]);
    expect([...cached]).toEqual([textHashOf('text of kept')]);
  });
});
