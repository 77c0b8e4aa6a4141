import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { textHashOf } from '../../core/text-hash.ts';
import type { EmbeddingCache, ReserveOptions } from '../../processors/embed/embedding-cache.ts';

/** The part of a cache that processes share. */
export type ReservingCache = Pick<EmbeddingCache, 'getMany' | 'putMany' | 'remove' | 'reserve' | 'release'>;

export interface ReservationsHarness {
  /** two processes on one cache; where it is in memory both may be the same */
  readonly caches: readonly [ReservingCache, ReservingCache];
  close(): void | Promise<void>;
}

const [A, B, C] = ['a', 'b', 'c'].map(textHashOf) as [string, string, string];
const NOW = 1_000;
const UNTIL = 2_000;
const VECTOR = Uint8Array.from([1, 2, 3, 4]);

function by(owner: string, fields: Partial<ReserveOptions> = {}): ReserveOptions {
  return { id: `${owner}/1`, owner, now: NOW, until: UNTIL, over: [], ...fields };
}

/** Law 9 across processes: what every cache owes those who are about to ask for vectors. */
export function testReservations(name: string, open: () => ReservationsHarness | Promise<ReservationsHarness>): void {
  describe(`${name}: texts that are asked for`, () => {
    let harness: ReservationsHarness;
    let here: ReservingCache;
    let there: ReservingCache;
    beforeEach(async () => {
      harness = await open();
      [here, there] = harness.caches;
    });
    afterEach(() => harness.close());

    it('go to one of two who ask, each by itself', async () => {
      const [mine, theirs] = await Promise.all([
        here.reserve('m', [A, B], by('here')),
        there.reserve('m', [B, C], by('there')),
      ]);
      expect([...mine.mine, ...theirs.mine].toSorted()).toEqual([A, B, C].toSorted());
      const loser = mine.mine.has(B) ? theirs : mine;
      expect([...loser.others]).toEqual([[B, mine.mine.has(B) ? 'here' : 'there']]);
      expect([mine.found.size, theirs.found.size]).toEqual([0, 0]);
    });

    it('are of one model', async () => {
      await here.reserve('m', [A], by('here'));
      expect((await there.reserve('other', [A], by('there'))).mine).toEqual(new Set([A]));
    });

    it('are found once their vector is there, reserved or not', async () => {
      await here.reserve('m', [A, B], by('here'));
      await here.putMany('m', [{ textHash: A, vector: VECTOR, truncated: true }]);
      const { mine, found, others } = await there.reserve('m', [A, B], by('there'));
      expect(found.get(A)?.truncated).toBe(true);
      expect(Buffer.from(found.get(A)?.vector ?? [])).toEqual(Buffer.from(VECTOR));
      expect([...mine]).toEqual([]);
      expect([...others.keys()]).toEqual([B]);
      expect((await there.getMany('m', [A, B])).size).toBe(1);
    });

    it('are others to have when they are released, but for those that have their vector', async () => {
      await here.reserve('m', [A, B], by('here'));
      await here.reserve('m', [C], by('here', { id: 'here/2' }));
      await here.putMany('m', [{ textHash: A, vector: VECTOR, truncated: false }]);
      await here.release('here/1');
      await here.release('nobody knows it');
      const { mine, found, others } = await there.reserve('m', [A, B, C], by('there'));
      expect([[...mine], [...found.keys()], [...others.keys()]]).toEqual([[B], [A], [C]]);
    });

    it('are others to have when the reservation ran out, and not before', async () => {
      await here.reserve('m', [A], by('here'));
      const late = (now: number) => there.reserve('m', [A], by('there', { now, until: now + 1_000 }));
      expect((await late(UNTIL - 1)).mine.size).toBe(0);
      expect((await late(UNTIL)).mine).toEqual(new Set([A]));
      // Whoever comes back then takes nothing from who has them now.
      await here.release('here/1');
      expect((await here.reserve('m', [A], by('here', { id: 'here/2', now: UNTIL }))).others).toEqual(
        new Map([[A, 'there']]),
      );
    });

    it('are others to have when the owner is dead, and go to one of them', async () => {
      await here.reserve('m', [A, B], by('dead'));
      const over = ['dead'];
      const taken = await Promise.all([
        here.reserve('m', [A, B], by('here', { over })),
        there.reserve('m', [A, B], by('there', { over })),
      ]);
      expect(taken.flatMap(({ mine }) => [...mine]).toSorted()).toEqual([A, B].toSorted());
    });

    it('are in the way of no vector that comes all the same', async () => {
      await here.reserve('m', [A], by('here'));
      await there.putMany('m', [{ textHash: A, vector: VECTOR, truncated: false }]);
      await here.putMany('m', [{ textHash: A, vector: VECTOR, truncated: false }]);
      await here.release('here/1');
      expect((await here.getMany('m', [A])).size).toBe(1);
    });

    it('leave nothing of a vector that is removed', async () => {
      await here.reserve('m', [A], by('here'));
      await here.putMany('m', [{ textHash: A, vector: VECTOR, truncated: false }]);
      await there.remove([{ textHash: A, scope: 'tiktok/me/favorites', itemId: 'a', position: null }]);
      await here.release('here/1');
      expect((await there.reserve('m', [A], by('there'))).mine).toEqual(new Set([A]));
    });
  });
}
