import { BusyError, InputError, NotFoundError } from '../../core/errors.ts';
import { type Account, accountName, parseScope, scopeName } from '../../core/keys.ts';
import { disconnectedMetadata, NOTHING_LEARNED } from '../../producers/credentials.ts';
import { DEFAULT_RUN_LIMITS } from '../../producers/run-deps.ts';
import { ACCOUNT_CADENCE_MS, cadenceFor, nextSyncAt } from '../../producers/sync/cadence.ts';
import { removeHashes } from '../../producers/sync/known-hashes.ts';
import { isLeaseOver, readSyncMetadata, type SyncMetadata, syncMetadataKey } from '../../producers/sync-metadata.ts';
import { ways } from '../../producers/ways.ts';
import { LetterEraser } from '../../sinks/letter-eraser.ts';
import type { App } from '../app.ts';
import { eraseFormerMetadata } from '../erase-metadata.ts';
import { isGone } from '../instance.ts';
import { decideInScope } from './decide.ts';
import { checkProvider, checkUser, PROVIDERS } from './scopes.ts';
import { drain, PIPELINE } from './settle.ts';
import { eraseUploads } from './upload-erasure.ts';

/** Metadata of the accounts that have any, whether or not anything of them was applied. */
export async function readAccounts(app: App): Promise<readonly SyncMetadata[]> {
  const accounts: SyncMetadata[] = [];
  for (const provider of PROVIDERS) {
    for (const { key, value } of await app.metadata.list(`${provider}:`))
      accounts.push(readSyncMetadata({ provider, user: key.slice(provider.length + 1) }, value));
  }
  return accounts;
}

export interface AccountChanged {
  readonly provider: string;
  readonly user: string;
}

export interface AccountSettings {
  /** the scheduler asks for no syncs */
  readonly paused?: boolean;
  /** between two syncs, ms; null: as the installation has it */
  readonly cadenceMs?: number | null;
}

export interface AccountSet extends AccountChanged {
  readonly paused: boolean;
  /** what counts now, ms */
  readonly cadenceMs: number;
}

/**
 * Changes how the scheduler syncs an account: what is left out stays. A cadence counts from the last sync. InputError where the
 * cadence is not allowed, NotFoundError where there is no such account.
 */
export async function setAccount(
  app: App,
  provider: string,
  user: string,
  { paused, cadenceMs }: AccountSettings,
): Promise<AccountSet> {
  if (typeof cadenceMs === 'number') checkCadence(cadenceMs);
  const random = app.random();
  const changed = await changeMetadata(app, provider, user, (metadata) => {
    const set = { ...metadata, ...(paused === undefined ? {} : { paused }) };
    if (cadenceMs === undefined || cadenceMs === metadata.cadenceMs) return set;
    const cadence = cadenceFor({ cadenceMs }, app.config.cadence);
    const since = Math.min(metadata.lastSyncAt ?? 0, app.clock.now());
    // What is due at once stays so, and so does what never was synced.
    const isDue = metadata.nextSyncAt === 0 || since === 0;
    return { ...set, cadenceMs, nextSyncAt: isDue ? metadata.nextSyncAt : nextSyncAt(since, random, cadence) };
  });
  const { intervalMs } = cadenceFor(changed, app.config.cadence);
  return { provider, user, paused: changed.paused, cadenceMs: intervalMs };
}

function checkCadence(cadenceMs: number): void {
  const { least, most } = ACCOUNT_CADENCE_MS;
  if (Number.isInteger(cadenceMs) && cadenceMs >= least && cadenceMs <= most) return;
  throw new InputError(
    'an account can be synced once a minute at most, and once a year at least: choose a time between',
  );
}

const ERASE_PAGE = 500;
/** A run that goes on with the former credentials notices within a third of its lease that they are gone. */
const RUN_END_LIMIT_MS = 60_000;
const POLL_MS = 100;
const DRAIN_LIMIT_MS = 30_000;

/**
 * Forgets the tokens of an account, also in the bytes on disk, and pauses it; a run under way ends. With `erase`, purges all its
 * items too. The name stays bound to its login (law 5): so do the records in the log, whatever the metadata say.
 */
export async function disconnect(
  app: App,
  provider: string,
  user: string,
  erase: boolean,
): Promise<AccountChanged & { readonly erased: number }> {
  await changeMetadata(app, provider, user, (metadata) => ({ ...metadata, ...disconnectedMetadata() }));
  const erased = erase ? await eraseAccount(app, { provider, user }) : 0;
  await eraseFormerMetadata(app);
  return { provider, user, erased };
}

async function eraseAccount(app: App, account: Account): Promise<number> {
  // First, so that what they were to bring does not come after the rest is erased.
  await eraseUploads(app, account);
  await app.roles.ensure(PIPELINE);
  await untilNobodyWorks(app, account);
  // What the last run wrote is erased too.
  await drain(app, DRAIN_LIMIT_MS, ['embed', 'sink']);
  const erased = await eraseItems(app, account);
  if (await new LetterEraser(app).eraseOfAccount(account)) {
    // Tombstones go through the processor.
    await drain(app, DRAIN_LIMIT_MS);
    await app.eraseBytes();
  }
  await changeMetadata(app, account.provider, account.user, (metadata) => ({ ...metadata, ...NOTHING_LEARNED }));
  await removeHashes(app.metadata, account);
  return erased;
}

async function untilNobodyWorks(app: App, account: Account): Promise<void> {
  const until = app.clock.elapsed() + RUN_END_LIMIT_MS;
  for (;;) {
    const document = await app.metadata.get(syncMetadataKey(account));
    const { lease } = readSyncMetadata(account, document?.value);
    if (lease === null || isGone(lease.instance)) return;
    if (isLeaseOver(lease, app.clock.now(), DEFAULT_RUN_LIMITS.leaseMs)) return;
    if (app.clock.elapsed() >= until)
      throw new BusyError(
        `${accountName(account)} is disconnected, but another run works for it, so nothing was erased: run this again when it has ended`,
      );
    await app.clock.sleep(POLL_MS);
  }
}

async function changeMetadata(
  app: App,
  provider: string,
  user: string,
  change: (metadata: SyncMetadata) => SyncMetadata,
): Promise<SyncMetadata> {
  const account = { provider: checkProvider(provider), user: checkUser(user) };
  const key = syncMetadataKey(account);
  for (;;) {
    const document = await app.metadata.get(key);
    if (document === null)
      throw new NotFoundError(`there is no account ${accountName(account)}: ${ways.status}, lists what there is`);
    const changed = change(readSyncMetadata(account, document.value));
    if ((await app.metadata.compareAndSet(key, document.version, changed)) !== null) return changed;
  }
}

async function eraseItems(app: App, { provider, user }: Account): Promise<number> {
  let erased = 0;
  const scopes = (await app.store.scopes())
    .map((row) => parseScope(row.scope))
    .filter((scope) => scope.provider === provider && scope.user === user);
  for (const scope of scopes) {
    for (let after: string | null = null; ; ) {
      const rows = await app.store.glance(scopeName(scope), after, ERASE_PAGE);
      const last = rows.at(-1);
      if (last === undefined) break;
      after = last.itemId;
      const itemIds = rows.filter((row) => !row.blocked).map((row) => row.itemId);
      const decided =
        itemIds.length === 0
          ? []
          : await decideInScope(app, scope, {
              operation: 'purge',
              author: user,
              itemIds,
              reason: 'the account was disconnected, and its items erased',
            });
      erased += decided.filter((item) => item.done).length;
    }
  }
  return erased;
}
