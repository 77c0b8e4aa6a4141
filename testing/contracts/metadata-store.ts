import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { StoreUnavailableError } from '../../core/errors.ts';
import type { MetadataStore } from '../../core/ports/metadata-store.ts';

/** One place where metadata are kept, fresh for each test. */
export interface MetadataStoreHarness {
  /** Opens one more store on the same data. */
  open(): MetadataStore | Promise<MetadataStore>;
  /** Whether the bytes at rest hold the text; absent where they cannot be looked at. */
  readonly holds?: (text: string) => boolean;
  /** While `work` runs, nothing can be written. */
  whileUnavailable(work: () => Promise<void>): Promise<void>;
  close(): void | Promise<void>;
}

export type MetadataStoreFeature = 'unavailable';

/** What every MetadataStore owes its callers. */
export function testMetadataStore(
  name: string,
  createHarness: () => MetadataStoreHarness | Promise<MetadataStoreHarness>,
  notSupported: readonly MetadataStoreFeature[] = [],
): void {
  describe(`${name} as a metadata store`, () => {
    let harness: MetadataStoreHarness;
    let store: MetadataStore;
    let other: MetadataStore;
    beforeEach(async () => {
      harness = await createHarness();
      store = await harness.open();
      other = await harness.open();
    });
    afterEach(async () => {
      await store.close();
      await other.close();
      await harness.close();
    });

    describe('documents', () => testDocuments(() => [store, other]));
    describe('compare and set', () => testCompareAndSet(() => [store, other]));
    it('erases what was, from the bytes where they can be looked at, and keeps what is', async () => {
      await store.compareAndSet('gone', null, 'former-document');
      const first = await store.compareAndSet('kept', null, 'former-value');
      const version = await other.compareAndSet('kept', first, 'present-value');
      await store.remove('gone');
      expect(await store.eraseFreed()).toBe(true);
      expect(await other.get('kept')).toEqual({ key: 'kept', version, value: 'present-value' });
      expect(await other.compareAndSet('kept', version, 'next-value')).not.toBeNull();
      if (harness.holds === undefined) return;
      expect(harness.holds('next-value')).toBe(true);
      for (const former of ['former-document', 'former-value']) expect(harness.holds(former)).toBe(false);
    });
    if (!notSupported.includes('unavailable')) {
      it('says when it cannot write now, and has written nothing', async () => {
        await harness.whileUnavailable(async () => {
          await expect(store.compareAndSet('a', null, 1)).rejects.toThrow(StoreUnavailableError);
        });
        expect(await store.get('a')).toBeNull();
        expect(await store.compareAndSet('a', null, 1)).not.toBeNull();
      });
    }
    it(`leaves out ${notSupported.length === 0 ? 'nothing' : notSupported.join(', ')}`, () => {
      expect(new Set(notSupported).size).toBe(notSupported.length);
    });
  });
}

type Stores = () => readonly [MetadataStore, MetadataStore];

function testDocuments(stores: Stores): void {
  it('keeps any JSON value, for every other store too', async () => {
    const [store, other] = stores();
    const values = [null, false, 0, '', 'Zürich 🙂', [1, [2]], { a: { b: null }, 'c d': [] }, 'x'.repeat(200_000)];
    for (const [i, value] of values.entries()) {
      const version = await store.compareAndSet(`key ${i}`, null, value);
      expect(await other.get(`key ${i}`)).toEqual({ key: `key ${i}`, version, value });
    }
    expect(await store.get('none')).toBeNull();
  });

  it('lists by prefix, in order of key', async () => {
    const [store, other] = stores();
    for (const key of ['tiktok:you', 'tiktok:me', 'tiktok', 'reddit:me', 'tiktok_', 'TIKTOK:me', 'tiktok:%'])
      await store.compareAndSet(key, null, key);
    const keys = async (prefix: string) => (await other.list(prefix)).map(({ key }) => key);
    expect(await keys('tiktok:')).toEqual(['tiktok:%', 'tiktok:me', 'tiktok:you']);
    expect(await keys('tiktok:%')).toEqual(['tiktok:%']);
    expect(await keys('none')).toEqual([]);
    expect(await keys('')).toHaveLength(7);
    expect((await other.list('reddit'))[0]).toEqual(await store.get('reddit:me'));
  });

  it('removes, also what is not there', async () => {
    const [store, other] = stores();
    await store.compareAndSet('a', null, 1);
    await store.remove('a');
    await store.remove('a');
    expect(await other.get('a')).toBeNull();
    expect(await other.list('')).toEqual([]);
  });
}

function testCompareAndSet(stores: Stores): void {
  it('writes only on the version that it expects', async () => {
    const [store, other] = stores();
    const first = await store.compareAndSet('a', null, { fence: 1 });
    expect(await other.compareAndSet('a', null, { fence: 9 })).toBeNull();
    const second = await other.compareAndSet('a', first, { fence: 2 });
    expect(second).not.toBe(first);
    expect(await store.compareAndSet('a', first, { fence: 9 })).toBeNull();
    expect(await store.get('a')).toEqual({ key: 'a', version: second, value: { fence: 2 } });
    expect(await store.compareAndSet('b', first, 1)).toBeNull();
    expect(await store.get('b')).toBeNull();
  });

  it('removes only the version that it is told, where it is told one', async () => {
    const [store, other] = stores();
    const first = await store.compareAndSet('a', null, 1);
    const second = await other.compareAndSet('a', first, 2);
    if (first === null || second === null) throw new Error('nothing was written');
    await store.remove('a', first);
    expect(await store.get('a')).toEqual({ key: 'a', version: second, value: 2 });
    expect((await other.list('')).map(({ key }) => key)).toEqual(['a']);
    await store.remove('a', second);
    expect(await other.get('a')).toBeNull();
    expect(await other.list('')).toEqual([]);
    await store.remove('a', second);
    expect(await other.get('a')).toBeNull();
  });

  it('never gives a version twice, not even after a removal', async () => {
    const [store, other] = stores();
    const first = await store.compareAndSet('a', null, 1);
    await other.remove('a');
    const second = await store.compareAndSet('a', null, 1);
    expect(second).not.toBe(first);
    expect(await other.compareAndSet('a', first, 2)).toBeNull();
  });

  it('lets one of many win', async () => {
    const [store, other] = stores();
    const increments = Array.from({ length: 40 }, (_, i) => increment(i % 2 === 0 ? store : other));
    await Promise.all(increments);
    expect((await store.get('counter'))?.value).toBe(40);
  });

  it('refuses what is no JSON value', async () => {
    const [store] = stores();
    await expect(store.compareAndSet('a', null, undefined)).rejects.toThrow(TypeError);
    expect(await store.get('a')).toBeNull();
  });
}

async function increment(store: MetadataStore): Promise<void> {
  for (;;) {
    const document = await store.get('counter');
    const value = typeof document?.value === 'number' ? document.value : 0;
    if ((await store.compareAndSet('counter', document?.version ?? null, value + 1)) !== null) return;
  }
}
