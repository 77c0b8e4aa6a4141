import { beforeEach, describe, expect, it } from '@jest/globals';
import type { LedgerRow } from '../../core/ledger.ts';
import { applied, commit, content, historyEntry, row, scopeRow } from '../../testing/contracts/item-store-samples.ts';
import { MemoryItemStore } from '../../testing/memory-store/memory-item-store.ts';
import { Oracle } from './oracle.ts';
import type { Source } from './source.ts';
import { tiktokSource } from './sources/tiktok-source.ts';

const HOUR_MS = 3_600_000;
const iso = (ms: number): string => new Date(ms).toISOString();

/** The oracle is believed only as far as it can be shown to object. */
describe('the oracle', () => {
  let now: number;
  let source: Source;
  let oracle: Oracle;
  let store: MemoryItemStore;
  beforeEach(() => {
    now = Date.UTC(2026, 0, 1);
    source = tiktokSource(() => now);
    oracle = new Oracle(source);
    store = new MemoryItemStore();
    source.save(0);
    now += HOUR_MS;
  });

  const put = (fields: Partial<LedgerRow>, title = '', evidence: object | null = null): Promise<unknown> => {
    const itemId = source.idOf(0);
    const entry = { scope: oracle.scope, event: 'removed', evidence: JSON.stringify(evidence) };
    return commit(store, {
      items: [{ scope: oracle.scope, row: row(itemId, fields), content: content(title) }],
      history: evidence === null ? [] : [historyEntry(itemId, 7, entry)],
    });
  };
  const removedBy = async (evidence: object | null, fields: Partial<LedgerRow> = {}): Promise<readonly string[]> => {
    await put({ state: 'trash', decided: 7, ...fields }, '', evidence);
    await oracle.judge(store, now);
    return oracle.violations;
  };

  it('objects to a removal of what was saved at that moment, by an answer or by an export', async () => {
    expect(await removedBy({ askedAt: iso(now - 1) })).toEqual([expect.stringContaining('wrong removal')]);
    expect(await removedBy({ asOf: iso(now - 1) }, { decided: 8 })).toHaveLength(2);
    expect(oracle.removals).toMatchObject({ true: 0, wrong: 2 });
  });

  it('judges by the true moment what a clock told that is behind', async () => {
    source.unsave(0);
    oracle.trueTime = (told) => told + HOUR_MS;
    expect(await removedBy({ askedAt: iso(now - HOUR_MS + 60_000) })).toEqual([]);
    expect(await removedBy({ askedAt: iso(now - HOUR_MS - 1) }, { decided: 8 })).toHaveLength(1);
  });

  it('objects to a removal by one walk of a public list, or by two between which it was seen', async () => {
    source.unsave(0);
    const walked = { walkedFrom: iso(now + 1), walkedTo: iso(now + 2) };
    now += HOUR_MS;
    expect(await removedBy({ ...walked, lastSighting: 2, absentSince: 3, begin: 5 })).toEqual([]);
    expect(await removedBy({ ...walked, lastSighting: 2, absentSince: -1, begin: 5 }, { decided: 8 })).toHaveLength(1);
    expect(await removedBy({ ...walked, lastSighting: 4, absentSince: 3, begin: 5 }, { decided: 9 })).toHaveLength(2);
    expect(oracle.reached).toEqual({ 'removed by walks': 3 });
  });

  it('lets a removal go of what was not saved at that moment, also when it is saved again', async () => {
    source.unsave(0);
    const asked = now + 60_000;
    now += HOUR_MS;
    source.save(0);
    expect(await removedBy({ askedAt: iso(asked) })).toEqual([]);
    expect(oracle.removals).toMatchObject({ true: 1, wrong: 0 });
  });

  it('objects where nothing explains a removal, or a person had pinned the item, or it was shown since then', async () => {
    expect(await removedBy(null)).toEqual([expect.stringContaining('nothing explains')]);
    source.unsave(0);
    const asked = now + 60_000;
    now += HOUR_MS;
    source.save(0);
    now += HOUR_MS;
    oracle.decidedByPerson.add(source.idOf(0));
    await removedBy({ askedAt: iso(asked) }, { decided: 8, pinned: true, lastSeenAt: now - 1 });
    expect(oracle.violations.slice(1)).toEqual([
      expect.stringContaining('pinned'),
      expect.stringContaining('before it was shown again'),
    ]);
  });

  it('objects at the end to what is lost, to an old text, and to what ought to be gone', async () => {
    await oracle.judgeEnd(store);
    await put({ state: 'active' }, 'an old text');
    await oracle.judgeEnd(store);
    await put({ state: 'active' }, source.markOf(0));
    await oracle.judgeEnd(store);
    source.unsave(0);
    await oracle.judgeEnd(store);
    const objections = oracle.violations.map((violation) => violation.replace(/ of .*| \d.*/, ''));
    expect(objections).toEqual(['lost item', 'lost edit', 'missed removal']);
  });

  it('objects where a removal waits and both sides are said to be equal, but for what its author deleted', async () => {
    source.unsave(0);
    const listing = applied(3);
    const scopes = [{ ...scopeRow({ applied: listing, converged: true }), scope: oracle.scope }];
    const held = { state: 'held', holdId: listing.snapshotId, decided: 7 } as const;
    for (const hidden of [true, false]) {
      const items = [{ scope: oracle.scope, row: row(source.idOf(0), { ...held, hidden }), content: content('') }];
      await commit(store, { scopes, items });
      await oracle.judge(store, now);
      const found = oracle.violations.filter((violation) => violation.startsWith('both sides'));
      expect(found).toHaveLength(hidden ? 0 : 1);
    }
  });

  it('objects to an export of the moment of the one before it that holds more, if nothing came in between', async () => {
    const exported = { ...applied(3), asOf: 50, asOfByKind: { '': 50 }, seenAt: 50 };
    const apply = async (begin: number, fields: object): Promise<readonly string[]> => {
      const snapshot = { ...exported, begin, snapshotId: `snapshot ${begin}`, ...fields };
      await commit(store, { scopes: [{ ...scopeRow({ applied: snapshot }), scope: oracle.scope }] });
      await oracle.judge(store, now);
      return oracle.violations;
    };
    expect(await apply(3, {})).toEqual([]);
    // A list of the source was applied since, and then this one, before anybody looked.
    expect(await apply(9, { count: 2, seenAt: 60 })).toEqual([]);
    expect(await apply(12, { count: 3, seenAt: 60 })).toEqual([expect.stringContaining('of the same moment')]);
  });

  it('objects to what the account never saved, and to what is pinned or blocked though no person asked for that', async () => {
    const unknown = { scope: oracle.scope, row: row('of-the-neighbour', { state: 'trash' }), content: content('') };
    await commit(store, { items: [unknown] });
    await put({ state: 'active', pinned: true });
    await oracle.judge(store, now);
    expect(oracle.violations).toEqual([
      'of-the-neighbour was never saved, and is trash',
      `${source.idOf(0)} is pinned, and no person asked for that`,
    ]);
    oracle.violations.length = 0;
    oracle.decidedByPerson.add(source.idOf(0));
    await put({ state: 'active', blocked: true });
    await oracle.judge(store, now);
    expect(oracle.violations.slice(1)).toEqual([`${source.idOf(0)} is blocked, and active`]);
  });

  it('looks at the items of its own account, and says whose they are', async () => {
    const neighbour = new Oracle(source.neighbour, 'next-door');
    await put({ state: 'active' });
    await neighbour.judge(store, now);
    expect(neighbour.violations).toEqual([]);
    const [itemId, scope] = [source.idOf(0), neighbour.scope];
    await commit(store, { items: [{ scope, row: row(itemId, { state: 'active' }), content: content('') }] });
    await neighbour.judge(store, now);
    expect(neighbour.violations).toEqual([`the neighbour: ${itemId} was never saved, and is active`]);
  });
});
