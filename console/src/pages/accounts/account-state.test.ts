import { describe, expect, it } from '@jest/globals';
import type { Account } from '../../api/types-accounts.ts';
import { accountState } from './account-state.ts';

const account: Account = {
  provider: 'github',
  user: 'me',
  collection: 'starred',
  login: '7',
  lastSyncAt: null,
  lastFullReconciliation: null,
  active: 0,
  trash: 0,
  held: 0,
  needsReauth: false,
  paused: false,
  connected: true,
};

describe('the state of an account', () => {
  it.each([
    ['connected', {}],
    ['paused', { paused: true }],
    ['reauth', { needsReauth: true, paused: true }],
    // Disconnecting pauses it too.
    ['disconnected', { connected: false, paused: true }],
    ['disconnected', { connected: false, login: null }],
    ['disconnected', { connected: false, provider: 'reddit' }],
    ['uploads', { connected: false, provider: 'reddit', login: null }],
    ['uploads', { connected: false, provider: 'tiktok', login: null }],
  ] as const)('is %s with %j', (state, changed) => {
    expect(accountState({ ...account, ...changed })).toBe(state);
  });
});
