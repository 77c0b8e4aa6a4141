import { messageOf, ReauthorizationError } from '../../core/errors.ts';
import type { Provider, ProviderItem, Session } from '../../core/ports/provider.ts';
import { toRawItem } from '../raw-item.ts';
import type { SyncDeps } from './sync-deps.ts';

/** An item that is about to be written, with what takes a request of its own, as far as that can be had. */
export async function completeItem<Raw, S extends Session>(
  deps: Pick<SyncDeps, 'telemetry'>,
  provider: Provider<Raw, S>,
  session: S,
  raw: Raw,
  sighting: boolean,
  signal: AbortSignal,
): Promise<ProviderItem> {
  if (provider.complete === undefined || provider.contentOf(raw) !== 'full') return toRawItem(provider, raw, sighting);
  try {
    return toRawItem(provider, raw, sighting, await provider.complete(session, raw, signal));
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof ReauthorizationError) throw error;
    const { log } = deps.telemetry;
    log.warn('an item goes without what could not be fetched', {
      itemId: provider.itemId(raw),
      error: messageOf(error),
    });
    return toRawItem(provider, raw, sighting);
  }
}
