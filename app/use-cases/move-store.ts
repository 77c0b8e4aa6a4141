import { existsSync } from 'node:fs';
import path from 'node:path';
import { InputError, messageOf } from '../../core/errors.ts';
import { accountName } from '../../core/keys.ts';
import type { MetadataStore } from '../../core/ports/metadata-store.ts';
import { openSqliteEmbeddingCache } from '../../processors/embed/sqlite/sqlite-embedding-cache.ts';
import { decryptCredentials } from '../../producers/credentials.ts';
import { openSqliteMetadata } from '../../sinks/sqlite/sqlite-metadata.ts';
import type { App } from '../app.ts';
import type { Config } from '../config.ts';
import { DATA_FILES, removeOwnStore } from '../data-folder.ts';
import { lockFolder } from '../embedded/folder-lock.ts';
import { followingPin } from '../embedder-holder.ts';
import { bringFigures } from '../embedding-figures.ts';
import { type Bringing, type Brought, bringMetadata } from '../move/bring-metadata.ts';
import { readTargets, shownTarget } from '../notify/targets.ts';
import { openStores, type StoreDeps } from '../store-adapters.ts';
import { readAccounts } from './accounts.ts';
import { drain } from './settle.ts';

export interface MoveStoreReport extends Brought {
  readonly digestBefore: string;
  readonly digestAfter: string;
  readonly match: true;
  readonly durationMs: number;
}

export interface MoveStoreDeps {
  /** as for any other command, but `keepsVectors`: that comes to nothing where the two differ */
  open(config: Config): Promise<App>;
  /** how the shared store is opened in the end; throws where the move was interrupted */
  reach(): StoreDeps;
}

/** Roles, and the groups of the log by their names. The scheduler would ask providers. */
const APPLIES = ['embed', 'sink'] as const;
const SETTLE_MS = 600_000;
const LOOK_MS = 100;

/**
 * Brings the collection that lies in a data folder to the shared store that the configuration names: what the log says is folded
 * there, both are compared, accounts and settings are copied, and only then what lay in the folder goes, since purges would not
 * reach it. Cut off at any moment, it is repeated.
 *
 * @throws InputError where there is nothing to bring, no place for it, a token that could not be read there, or somebody else
 *   has the folder open
 */
export async function moveStore(config: Config, deps: MoveStoreDeps): Promise<MoveStoreReport> {
  const { dataDir } = config;
  if (config.store !== 'couchbase')
    throw new InputError(
      'say where the collection is to go: set HOARDARR_STORE=couchbase, and COUCHBASE_URL and its user',
    );
  if (!existsSync(path.join(dataDir, DATA_FILES.metadata)))
    throw new InputError(`${dataDir} has no collection of its own: nothing is to be moved`);
  const since = performance.now();
  const { digestBefore, pinned } = await within(await deps.open({ ...config, store: 'sqlite' }), async (own) => {
    const running = [...(await own.presence.elsewhere())];
    if (running.length > 0)
      throw new InputError(
        `stop what runs on ${dataDir} first: ${running.join(', ')} would go on in the store that is left`,
      );
    await refuseUnreadable(own);
    return { digestBefore: await digestAtRest(own), pinned: await own.stores.embedder() };
  });
  // The model that a rebuild chose here counts there too.
  const there = { ...config, embedder: followingPin(config.embedder, pinned) };
  const digestAfter = await within(await deps.open(there), digestAtRest);
  if (digestAfter !== digestBefore)
    throw new Error(
      `the collections differ (${digestBefore} here, ${digestAfter} there): nothing was moved; run it again`,
    );
  const brought = await bringAndRemove(config, deps);
  return {
    ...brought,
    digestBefore,
    digestAfter,
    match: true,
    durationMs: Math.round(performance.now() - since),
  };
}

async function within<T>(app: App, work: (app: App) => Promise<T>): Promise<T> {
  try {
    return await work(app);
  } finally {
    await app.close();
  }
}

/** When everything that the log holds is applied. */
async function digestAtRest(app: App): Promise<string> {
  await app.roles.ensure(APPLIES);
  const until = app.clock.elapsed() + SETTLE_MS;
  while (!((await drain(app, SETTLE_MS, APPLIES)) && (await isFolded(app)))) {
    if (app.clock.elapsed() > until) throw new Error('not everything is applied yet: nothing was moved; run it again');
    await app.clock.sleep(LOOK_MS);
  }
  return await app.store.digest();
}

/** The sink's group may be further than this store, where another one was folded meanwhile. */
async function isFolded({ log, store }: App): Promise<boolean> {
  for (let partition = 0; partition < log.partitionCount; partition++) {
    const { nextOffset } = await store.progress(partition);
    if ((await log.read('enriched', partition, Math.max(0, nextOffset), { records: 1 })).length > 0) return false;
  }
  return true;
}

/** Else they could be read neither there nor, once the folder's own are gone, here. */
async function refuseUnreadable(app: App): Promise<void> {
  const check = (what: string, read: () => void): void => {
    try {
      read();
    } catch (error) {
      throw new InputError(
        `${what}: ${messageOf(error)}. Without HOARDARR_ENCRYPTION_KEY the key in the data folder counts.`,
      );
    }
  };
  for (const account of await readAccounts(app))
    if (account.credentialKind !== null)
      check(accountName(account), () => decryptCredentials(app.keys, account, account));
  for (const target of await readTargets(app))
    check('notifications', () => {
      if (target.receiver === null) throw new InputError(shownTarget(target));
    });
}

/** While nobody else has the folder open, so that nothing is written there that would go with it. */
async function bringAndRemove(config: Config, deps: MoveStoreDeps): Promise<Brought> {
  const { dataDir } = config;
  const leave = lockFolder(dataDir, 'alone');
  if (leave === null)
    throw new InputError(`another process has ${dataDir} open: let it end, and run this again. Nothing was moved.`);
  try {
    const reach = deps.reach();
    const shared = await openStores(config, reach);
    try {
      const bringing = await bringFrom(dataDir, shared.metadata);
      await openSqliteEmbeddingCache(dataDir, false).close();
      removeOwnStore(dataDir);
      await bringing
        .end()
        .catch((error: unknown) =>
          reach.log.warn('a note of the move stays in the bucket', { error: messageOf(error) }),
        );
      return { documents: bringing.documents, leftAlone: bringing.leftAlone };
    } finally {
      await shared.close();
    }
  } finally {
    leave();
  }
}

async function bringFrom(dataDir: string, shared: MetadataStore): Promise<Bringing> {
  const own = await openSqliteMetadata({ file: path.join(dataDir, DATA_FILES.metadata) });
  try {
    await bringFigures(own, shared);
    return await bringMetadata(own, shared);
  } finally {
    await own.close();
  }
}
