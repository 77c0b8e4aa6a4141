import { describe, expect, it } from '@jest/globals';
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
      expect([...(await vectors.vectorsOf([each])).values()]).toEqual([
        { textHash: textHashOf(each.text ?? ''), vector: null },
      ]);
    }
  });
});
