import type { Account } from '../../api/types-accounts.ts';

/** `reauth`: the provider takes the authorization no more; `uploads`: exports alone bring what it has. */
export type AccountState = 'reauth' | 'connected' | 'paused' | 'disconnected' | 'uploads';

const WITH_EXPORTS: ReadonlySet<string> = new Set(['tiktok', 'reddit']);

/** How an account is kept up to date, if it is. One that was connected once has its login for good. */
export function accountState({ provider, login, connected, needsReauth, paused }: Account): AccountState {
  if (needsReauth) return 'reauth';
  if (connected === false) return login === null && hasExports(provider) ? 'uploads' : 'disconnected';
  return paused ? 'paused' : 'connected';
}

/** Whether its provider gives people an export that can be uploaded. */
export function hasExports(provider: string): boolean {
  return WITH_EXPORTS.has(provider);
}
