import { beforeEach, describe, expect, it } from '@jest/globals';
import { MemoryMetadataStore } from '../testing/memory-metadata/memory-metadata-store.ts';
import { claimStore, forgetOther, isFoldDue, moveClaim, noteFolded, whyNotClaimed } from './store-claim.ts';

describe('the claim of a store that several machines reach', () => {
  let metadata: MemoryMetadataStore;
  beforeEach(() => {
    metadata = new MemoryMetadataStore();
  });
  const claim = (logId: string, take = false, orTo: string | null = null): ReturnType<typeof claimStore> =>
    claimStore(metadata, { logId, take, orTo });

  it('is by the log that comes first, and every process of it is welcome', async () => {
    expect(await claim('embedded a')).toEqual({ foldAnew: false });
    expect(await claim('embedded a')).toEqual({ foldAnew: false });
    expect(await whyNotClaimed(metadata, 'embedded a')).toBeNull();
    await expect(claim('kafka b')).rejects.toThrow('another log (embedded a, and not kafka b)');
    await expect(claim('kafka b')).rejects.toThrow('rebuild --claim');
  });

  it('is by one of two that come at once', async () => {
    const claims = await Promise.allSettled(['a', 'b', 'c'].map((id) => claim(id)));
    expect(claims.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected', 'rejected']);
  });

  it('is taken only explicitly, for a store that is folded anew until that is done', async () => {
    await claim('a');
    await metadata.compareAndSet('tiktok:me', null, { cursor: { x: '1' }, scannedTo: 9, fence: 3, accessToken: 't' });
    await metadata.compareAndSet('notifier:0123456789ab', null, { deadLetters: { 0: 4 } });
    await metadata.compareAndSet('store', null, { generation: 4, embedder: { name: 'hash' } });
    expect(await isFoldDue(metadata)).toBe(false);
    expect(await claim('b', true)).toEqual({ foldAnew: true });
    expect(await isFoldDue(metadata)).toBe(true);
    await forgetOther(metadata);
    expect((await metadata.get('tiktok:me'))?.value).toMatchObject({
      cursor: {},
      scannedTo: 0,
      fence: 3,
      accessToken: 't',
    });
    expect(await metadata.get('notifier:0123456789ab')).toBeNull();
    expect((await metadata.get('store'))?.value).toEqual({ generation: 4, embedder: null });
    expect(await whyNotClaimed(metadata, 'a')).toContain('another log (b');
    // Cut off here, the next process goes on with it.
    expect(await claim('b')).toEqual({ foldAnew: true });
    await noteFolded(metadata, 'b');
    expect(await isFoldDue(metadata)).toBe(false);
    expect(await claim('b')).toEqual({ foldAnew: false });
    await expect(claim('a')).rejects.toThrow('another log');
  });

  it('goes with a log that moves, also where that was cut off', async () => {
    await moveClaim(metadata, 'kafka');
    expect(await metadata.get('log')).toBeNull();
    await claim('embedded');
    await moveClaim(metadata, 'kafka');
    await expect(claim('embedded')).rejects.toThrow('another log');
    expect(await claim('embedded', false, 'kafka')).toEqual({ foldAnew: false });
    expect(await claim('kafka')).toEqual({ foldAnew: false });
  });
});
