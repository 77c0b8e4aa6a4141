import { messageOf } from '../../core/errors.ts';
import { accountName } from '../../core/keys.ts';
import type { ListingEnd, Provider, Session, WalkEnd } from '../../core/ports/provider.ts';
import type { SyncCommand } from '../../schemas/generated/records.ts';
import { AccountBusyError } from '../account-lease.ts';
import type { Run } from '../run.ts';
import { describeIds } from '../snapshot-chunks.ts';
import { beginSnapshot } from '../snapshot-writer.ts';
import { readSyncMetadata, type SyncMetadata, syncMetadataKey } from '../sync-metadata.ts';
import { dueMode } from './cadence.ts';
import { capable, executeConnected } from './connected-run.ts';
import { type KnownHashes, readHashes, removeUnnamed, writeHashes } from './known-hashes.ts';
import type { SyncDeps } from './sync-deps.ts';
import { deltaRequest, fullRequest, type WalkCounts, type Walked, walkCollection } from './walk.ts';

/** A collection after its walk: what the metadata remember of it (law 5). */
interface Remembered {
  readonly collection: string;
  /** key of the document with the hashes */
  readonly hashesAt: string;
  readonly end: WalkEnd;
  readonly count: number;
}

/** A walk, and what is known after it. */
interface Learned {
  readonly walked: Pick<Walked<WalkEnd>, 'end' | 'counts'>;
  readonly hashes: KnownHashes;
  readonly count: number;
}

/**
 * One sync of an account, full or delta as the command says or the cadence has it. What it learned advances only when
 * everything was acknowledged. Resolves and rejects as executeConnected does.
 */
export async function runSync<Raw, S extends Session>(
  deps: SyncDeps,
  provider: Provider<Raw, S>,
  command: SyncCommand,
  signal: AbortSignal,
): Promise<void> {
  const account = { provider: provider.name, user: command.user };
  const metadata = readSyncMetadata(account, (await deps.metadata.get(syncMetadataKey(account)))?.value);
  const modeBy = (known: SyncMetadata): 'delta' | 'full' =>
    command.mode === 'full' ? 'full' : dueMode(known, deps.clock.now(), deps.cadence);
  const mode = modeBy(metadata);
  const documents: string[] = [];
  try {
    await executeConnected(deps, provider, command, mode, signal, async (run, session) => {
      // Another sync may have counted while this one waited for the account, or stood still: by its count this is another sync.
      if (modeBy(run.metadata) !== mode)
        throw new AccountBusyError(`another sync of ${accountName(account)} came in between`);
      const walks: Remembered[] = [];
      const counts: WalkCounts = { fetched: 0, emitted: 0, unreadable: 0, restarts: 0 };
      documents.push(...Object.values(run.metadata.hashesAt));
      for (const collection of provider.collections) {
        const known = await readHashes(deps.metadata, run.metadata, collection);
        const { walked, hashes, count } =
          mode === 'full'
            ? await fullWalk(deps, provider, session, run, collection, known, command.causedBy !== null)
            : await deltaWalk(deps, provider, session, run, collection, known);
        const hashesAt = await writeHashes(deps.metadata, run, collection, known, hashes);
        documents.push(hashesAt);
        walks.push({ collection, hashesAt, end: walked.end, count });
        for (const name of Object.keys(counts) as (keyof WalkCounts)[]) counts[name] += walked.counts[name];
      }
      const done = mode === 'full' ? { lastFullReconciliation: deps.clock.now() } : {};
      return { counts: { ...counts }, advance: (before) => ({ ...walks.reduce(remember, before), ...done }) };
    });
  } finally {
    await removeUnnamed(deps.metadata, account, documents).catch((error: unknown) =>
      deps.telemetry.log.warn('what was known of items before could not be removed', { error: messageOf(error) }),
    );
  }
}

/** `withChunks`: the sink asked for them. */
async function fullWalk<Raw, S extends Session>(
  deps: SyncDeps,
  provider: Provider<Raw, S>,
  session: S,
  run: Run,
  collection: string,
  known: KnownHashes,
  withChunks: boolean,
): Promise<Learned> {
  const listIds = capable(provider.listIds);
  const snapshot = await beginSnapshot(deps, run, collection, session.login, null);
  const steps = listIds(session, fullRequest(run.metadata, collection), run.signal);
  const walked = await walkCollection(deps, provider, session, run, collection, known, steps);
  const { listed, counts, end } = walked;
  await snapshot.end(
    await describeIds({ by: 'documentHash', items: listed }),
    {
      // Something in it could not be read, and may be any of those that seem to be missing.
      coverage: walked.nameless > 0 ? 'unknown' : end.coverage,
      kinds: [...end.kinds],
      proof: end.proof,
      asOf: null,
      oldestRow: null,
      explicitlyEmpty: end.explicitlyEmpty,
      evidence: evidenceOf(walked),
    },
    { withChunks },
  );
  return { walked, hashes: listed, count: Math.max(listed.size, counts.fetched) };
}

async function deltaWalk<Raw, S extends Session>(
  deps: SyncDeps,
  provider: Provider<Raw, S>,
  session: S,
  run: Run,
  collection: string,
  known: KnownHashes,
): Promise<Learned> {
  const steps = capable(provider.fetchItems)(session, deltaRequest(run.metadata, collection, known), run.signal);
  const walked = await walkCollection(deps, provider, session, run, collection, known, steps);
  return { walked, hashes: new Map([...known, ...walked.listed]), count: 0 };
}

function evidenceOf({ counts, nameless, end }: Walked<ListingEnd>): string {
  const { unreadable, restarts } = counts;
  return JSON.stringify({ ...end.evidence, unreadable, nameless, restarts });
}

function remember(metadata: SyncMetadata, { collection, hashesAt, end, count }: Remembered): SyncMetadata {
  const { cursor, etag, mostEver } = metadata;
  return {
    ...metadata,
    cursor: withOrWithout(cursor, collection, end.cursor ?? cursor[collection] ?? null),
    etag: withOrWithout(etag, collection, end.etag),
    hashesAt: { ...metadata.hashesAt, [collection]: hashesAt },
    mostEver: { ...mostEver, [collection]: Math.max(mostEver[collection] ?? 0, count) },
  };
}

function withOrWithout(
  values: Readonly<Record<string, string>>,
  name: string,
  value: string | null,
): Readonly<Record<string, string>> {
  const { [name]: _before, ...others } = values;
  return value === null ? others : { ...others, [name]: value };
}
