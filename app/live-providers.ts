import type { LiveProvider } from '../producers/sync/live-provider.ts';
import type { SyncDeps } from '../producers/sync/sync-deps.ts';
import type { Config } from './config.ts';

/** The providers that can be asked, put together. */
export function createLiveProviders(
  _deps: SyncDeps,
  _config: Config,
  _fetchWith: typeof fetch,
): ReadonlyMap<string, LiveProvider> {
  return new Map();
}
