import { testMetadataStore } from '../contracts/metadata-store.ts';
import { MemoryMetadataStore } from './memory-metadata-store.ts';

testMetadataStore('Memory', () => {
  const store = new MemoryMetadataStore();
  return {
    open: () => store,
    whileUnavailable: async (work) => {
      store.isFull = true;
      await work();
      store.isFull = false;
    },
    close: () => undefined,
  };
});
