import { describe, expect, it } from '@jest/globals';
import type { SnapshotEnd } from '../../schemas/generated/records.ts';
import { type LedgerRow, newAccountRow, newLedgerRow, newScopeRow } from '../ledger.ts';
import { isCandidate } from './apply-snapshot.ts';
import { DEFAULT_FOLD_SETTINGS, Effects, type FoldContext } from './effects.ts';

const context: FoldContext = {
  position: 100,
  first: 100,
  key: 'k',
  otherKeys: [],
  eventId: 'e',
  at: 0,
  scope: newScopeRow('reddit/me/saved'),
  account: newAccountRow('reddit/me'),
  run: null,
  effects: new Effects(),
  settings: DEFAULT_FOLD_SETTINGS,
};
const end: SnapshotEnd = {
  eventId: 'e',
  at: 0,
  provider: 'reddit',
  user: 'me',
  collection: 'saved',
  syncId: 's',
  fence: 1,
  seq: 9,
  snapshotId: 'S',
  status: 'complete',
  reason: null,
  login: null,
  chunks: 0,
  count: 5,
  digest: '',
  contentDigest: '',
  digestOnly: false,
  coverage: 'complete',
  kinds: ['t3'],
  proof: 'absence',
  asOf: 50,
  oldestRow: 1,
  explicitlyEmpty: false,
  evidence: '{}',
};
const BEGIN = 20;
const row = (change: Partial<LedgerRow> = {}): LedgerRow => ({
  ...newLedgerRow('t3_x'),
  state: 'active',
  seen: BEGIN - 1,
  savedAt: 10,
  ...change,
});

describe('a candidate (law 3)', () => {
  it('was last sighted before the Begin of the snapshot', () => {
    expect(isCandidate(context, row(), end, BEGIN)).toBe(true);
    expect(isCandidate(context, row({ seen: BEGIN }), end, BEGIN)).toBe(false);
    expect(isCandidate(context, row({ seen: BEGIN + 1 }), end, BEGIN)).toBe(false);
  });

  it('is in the collection, not pinned, and of a kind that the snapshot covers', () => {
    for (const state of ['trash', 'purged', null] as const)
      expect(isCandidate(context, row({ state }), end, BEGIN)).toBe(false);
    expect(isCandidate(context, row({ state: 'held' }), end, BEGIN)).toBe(true);
    expect(isCandidate(context, row({ pinned: true }), end, BEGIN)).toBe(false);
    expect(isCandidate(context, { ...row(), itemId: 't1_x' }, end, BEGIN)).toBe(false);
  });

  it('was not saved after the moment that an export speaks of', () => {
    expect(isCandidate(context, row({ savedAt: 50 }), end, BEGIN)).toBe(true);
    expect(isCandidate(context, row({ savedAt: 51 }), end, BEGIN)).toBe(false);
    expect(isCandidate(context, row({ savedAt: null }), end, BEGIN)).toBe(true);
  });
});
