import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  accountName,
  isItemId,
  itemOfKey,
  kindOf,
  lateVectorKey,
  parseAccount,
  parseRecordKey,
  parseScope,
  recordKey,
  SLOT,
  scopeName,
} from './keys.ts';

const part = fc.string({ minLength: 1, unit: 'grapheme' }).filter((text) => !/\p{Surrogate}/u.test(text));
const scope = fc.record({ provider: part, user: part, collection: part });

describe('names', () => {
  it('come apart as they were put together, whatever is in them', () => {
    fc.assert(
      fc.property(scope, part, part, (where, itemId, eventId) => {
        expect(parseScope(scopeName(where))).toEqual(where);
        expect(parseAccount(accountName(where))).toEqual({ provider: where.provider, user: where.user });
        const parsed = parseRecordKey(recordKey(where, where.collection, itemId, eventId));
        expect(parsed).toMatchObject({ account: accountName(where), scope: scopeName(where), slot: itemId });
      }),
    );
  });

  it('of different parts never collide when joined', () => {
    fc.assert(
      fc.property(scope, scope, part, part, (a, b, idA, idB) => {
        const same = JSON.stringify([a, idA]) === JSON.stringify([b, idB]);
        expect(recordKey(a, a.collection, idA, 'e') === recordKey(b, b.collection, idB, 'e')).toBe(same);
      }),
    );
  });

  it('tell items from what is of no single item', () => {
    const where = { provider: 'tiktok', user: 'me', collection: 'favorites' };
    expect(itemOfKey(recordKey(where, where.collection, '7', 'f1.2', '~x'))).toEqual({
      scope: 'tiktok/me/favorites',
      itemId: '7',
    });
    expect(itemOfKey(lateVectorKey(recordKey(where, where.collection, '7', 'f1.2')))).toEqual({
      scope: 'tiktok/me/favorites',
      itemId: '7',
    });
    for (const slot of Object.values(SLOT))
      expect(itemOfKey(recordKey(where, where.collection, slot, 'f1.0'))).toBeNull();
    expect(itemOfKey(recordKey(where, null, '7', 'f1.0'))).toBeNull();
    for (const key of ['of somebody else', '||%|', 'a|%E0%A4%A|7|f1.0', 'a|b|7|%']) {
      expect(itemOfKey(key)).toBeNull();
      expect(parseRecordKey(key)).toBeNull();
    }
  });

  it('take as an id what providers have', () => {
    for (const id of ['7290074173500706079', 't3_abc', 'x']) expect(isItemId(id)).toBe(true);
    for (const id of ['', ':run', 'a b', 'é', '\n', 'x'.repeat(257)]) expect(isItemId(id)).toBe(false);
  });

  it('know the kind of an id by its prefix', () => {
    expect(['t3_abc', 't1_x', '7290074173500706079', 'owner_name'].map(kindOf)).toEqual(['t3', 't1', '', '']);
  });
});
