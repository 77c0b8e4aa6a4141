import type { Account } from '../../core/keys.ts';
import type { ListingEnd, Provider, Session, WalkStep } from '../../core/ports/provider.ts';
import { toRawItem } from '../raw-item.ts';
import { readSyncMetadata, syncMetadataKey } from '../sync-metadata.ts';
import { dueMode } from './cadence.ts';
import { capable, mustStillBe, openSession } from './connected-run.ts';
import { readHashes } from './known-hashes.ts';
import type { SyncDeps } from './sync-deps.ts';
import { deltaRequest, fullRequest } from './walk.ts';

/** What a sync would see, of each collection. */
export interface Preview {
  readonly mode: 'delta' | 'full';
  readonly collections: readonly {
    readonly collection: string;
    /** document hash by item id */
    readonly listed: ReadonlyMap<string, string>;
    /** kinds of ids whose absence a full sync would look into; empty for a delta, and for a list that could not be read whole */
    readonly kinds: readonly string[];
    readonly proof: ListingEnd['proof'];
  }[];
  readonly requests: number;
  readonly rateLimitWaitMs: number;
}

/** Walks as a sync would, and writes nothing. Rejects as the provider does. */
export async function previewSync<Raw, S extends Session>(
  deps: SyncDeps,
  provider: Provider<Raw, S>,
  account: Account,
  full: boolean,
  signal: AbortSignal,
): Promise<Preview> {
  const metadata = readSyncMetadata(account, (await deps.metadata.get(syncMetadataKey(account)))?.value);
  const mode = full ? 'full' : dueMode(metadata, deps.clock.now(), deps.cadence);
  const { session } = await openSession(deps, provider, account, signal);
  await mustStillBe(session, account, signal);
  const collections: Preview['collections'][number][] = [];
  for (const collection of provider.collections) {
    if (mode === 'full') {
      const steps = capable(provider.listIds)(session, fullRequest(metadata, collection), signal);
      const { listed, nameless, end } = await readWalk(provider, steps);
      collections.push({ collection, listed, kinds: nameless > 0 ? [] : end.kinds, proof: end.proof });
    } else {
      const known = await readHashes(deps.metadata, metadata, collection);
      const steps = capable(provider.fetchItems)(session, deltaRequest(metadata, collection, known), signal);
      const { listed } = await readWalk(provider, steps);
      collections.push({ collection, listed, kinds: [], proof: 'verdict' });
    }
  }
  return { mode, collections, ...session.usage() };
}

async function readWalk<Raw, S extends Session, End>(
  provider: Provider<Raw, S>,
  steps: AsyncGenerator<WalkStep<Raw>, End, undefined>,
): Promise<{ readonly listed: ReadonlyMap<string, string>; readonly nameless: number; readonly end: End }> {
  const listed = new Map<string, string>();
  let nameless = 0;
  for (;;) {
    const { value: step, done } = await steps.next();
    if (done === true) return { listed, nameless, end: step };
    if (step.kind === 'restart') {
      listed.clear();
      nameless = 0;
      continue;
    }
    for (const raw of step.items) {
      const { itemId, documentHash } = toRawItem(provider, raw, true);
      listed.set(itemId, documentHash);
    }
    nameless += step.unreadable.filter(({ itemId }) => itemId === null).length;
  }
}
