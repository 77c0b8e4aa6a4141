import { beforeEach, describe, expect, it } from '@jest/globals';
import { StoreUnavailableError } from '../core/errors.ts';
import type { MetadataStore } from '../core/ports/metadata-store.ts';
import { MemoryMetadataStore } from '../testing/memory-metadata/memory-metadata-store.ts';
import { VirtualClock } from '../testing/virtual-clock.ts';
import { bringFigures, EmbeddingLedger, FIGURES_KEY } from './embedding-figures.ts';
import { createTelemetry } from './telemetry.ts';

const HOUR_MS = 3_600_000;
const SAVED_MS = 2_000;

describe('the figures of embedding', () => {
  let clock: VirtualClock;
  let metadata: MemoryMetadataStore;
  beforeEach(() => {
    clock = new VirtualClock();
    metadata = new MemoryMetadataStore();
  });
  const telemetry = createTelemetry({ level: 'silent', secrets: [] });
  const open = (instance: string, on: MetadataStore = metadata): EmbeddingLedger =>
    new EmbeddingLedger({ metadata: on, clock, telemetry, instance });
  const embed = (ledger: EmbeddingLedger, tokens: number, usdPerToken: number | null = null): void => {
    const { metrics } = ledger.counting(usdPerToken);
    metrics.count('hoardarr_embedding_requests');
    metrics.count('hoardarr_embedding_tokens', tokens);
    metrics.count('hoardarr_embedding_cache_misses', 3);
  };

  it('are none before anything was counted, and nothing is written', async () => {
    const ledger = open('a');
    expect(await ledger.read()).toMatchObject({ requests: 0, tokens: 0, costUsd: null, since: null });
    await ledger.close();
    expect(await metadata.list('')).toEqual([]);
  });

  it('outlive the process, and say since when', async () => {
    const since = clock.now();
    const first = open('a');
    embed(first, 100, 0.5);
    first.counting(0.5).metrics.count('hoardarr_embedding_tokens_saved', 10);
    await clock.advance(100);
    await first.close();
    const second = open('b');
    const kept = { requests: 1, tokens: 100, tokensSaved: 10, costUsd: 50, savedUsd: 5, since };
    expect(await second.read()).toMatchObject(kept);
    embed(second, 7);
    expect(await second.read()).toMatchObject({ ...kept, requests: 2, tokens: 107 });
    await second.close();
    expect(await open('c').read()).toMatchObject({ ...kept, requests: 2, tokens: 107 });
  });

  it('are those of all processes, written once for many texts', async () => {
    const [first, second] = [open('a'), open('b')];
    for (let text = 0; text < 500; text++) for (const ledger of [first, second]) embed(ledger, 1);
    expect(await metadata.get(FIGURES_KEY)).toBeNull();
    await clock.advance(SAVED_MS);
    const stored = await metadata.get(FIGURES_KEY);
    expect(stored?.value).toMatchObject({ slots: { a: { at: clock.now() }, b: { at: clock.now() } } });
    for (const ledger of [first, second, open('c')])
      expect(await ledger.read()).toMatchObject({ requests: 1000, tokens: 1000 });
    await clock.advance(10 * SAVED_MS);
    expect((await metadata.get(FIGURES_KEY))?.version).toBe(stored?.version);
  });

  it('are not lost where the store is away, nor counted twice', async () => {
    const ways = { isAway: true, isDeaf: false };
    const flaky: MetadataStore = {
      get: (key) => metadata.get(key),
      list: (prefix) => metadata.list(prefix),
      remove: (key, expected) => metadata.remove(key, expected),
      eraseFreed: () => metadata.eraseFreed(),
      close: () => metadata.close(),
      async compareAndSet(key, expected, value) {
        if (ways.isAway) throw new StoreUnavailableError('it is away');
        const version = await metadata.compareAndSet(key, expected, value);
        if (ways.isDeaf) throw new StoreUnavailableError('its answer was lost');
        return version;
      },
    };
    const ledger = open('a', flaky);
    embed(ledger, 5);
    await clock.advance(5 * SAVED_MS);
    expect(await ledger.read()).toMatchObject({ requests: 1, tokens: 5 });
    Object.assign(ways, { isAway: false, isDeaf: true });
    await clock.advance(5 * SAVED_MS);
    Object.assign(ways, { isDeaf: false });
    embed(ledger, 5);
    await clock.advance(SAVED_MS);
    expect(await open('b').read()).toMatchObject({ requests: 2, tokens: 10 });
    await ledger.close();
  });

  it('of processes that are silent for long are put together, once, though one of them goes on', async () => {
    const [silent, ...dead] = ['a', 'b', 'c'].map((name) => open(name));
    for (const ledger of dead) {
      embed(ledger, 10, 0.5);
      await ledger.close();
    }
    if (silent === undefined) throw new Error('there are three');
    embed(silent, 10);
    await clock.advance(SAVED_MS + HOUR_MS);
    const other = open('d');
    embed(other, 10);
    await clock.advance(SAVED_MS);
    const stored = (await metadata.get(FIGURES_KEY))?.value as { readonly slots: object };
    expect(Object.keys(stored.slots).toSorted()).toEqual(['d', 'past']);
    for (const ledger of [silent, other]) expect(await ledger.read()).toMatchObject({ tokens: 40, costUsd: 10 });
    embed(silent, 10);
    for (const _ of ['before it is written', 'after'] as const) {
      expect(await silent.read()).toMatchObject({ requests: 5, tokens: 50, costUsd: 10 });
      await clock.advance(SAVED_MS);
    }
    expect(await other.read()).toMatchObject({ requests: 5, tokens: 50, costUsd: 10 });
  });

  it('go along to another store, as often as that is repeated, with what was counted there', async () => {
    const since = clock.now();
    const shared = new MemoryMetadataStore();
    await bringFigures(metadata, shared);
    expect(await shared.list('')).toEqual([]);
    const count = async (instance: string, on: MetadataStore): Promise<void> => {
      const ledger = open(instance, on);
      embed(ledger, 10);
      await ledger.close();
    };
    await count('a', metadata);
    await clock.advance(2 * HOUR_MS);
    await count('b', metadata);
    await count('c', shared);
    for (const _ of ['first', 'repeated'] as const) await bringFigures(metadata, shared);
    expect(await open('d', shared).read()).toMatchObject({ requests: 3, tokens: 30, since });
    await clock.advance(2 * HOUR_MS);
    await count('e', shared);
    expect(await open('f', shared).read()).toMatchObject({ requests: 4, tokens: 40, since });
  });
});
