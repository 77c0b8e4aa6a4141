import { testReservations } from './contracts/reservations.ts';
import { MemoryEmbeddingCache } from './memory-cache.ts';

testReservations('memory', () => {
  const cache = new MemoryEmbeddingCache();
  return { caches: [cache, cache], close: () => cache.close() };
});
