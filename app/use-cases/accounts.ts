import { NotFoundError } from '../../core/errors.ts';
import { accountName, parseScope, scopeName } from '../../core/keys.ts';
import { readSyncMetadata, type SyncMetadata, syncMetadataKey } from '../../producers/sync-metadata.ts';
import type { App } from '../app.ts';
import { decideInScope } from './decide.ts';
import { checkProvider, checkUser } from './scopes.ts';

export interface AccountChanged {
  readonly provider: string;
  readonly user: string;
}

/** Stops or continues the syncs of an account that the scheduler makes. */
export async function setPaused(
  app: App,
  provider: string,
  user: string,
  paused: boolean,
): Promise<AccountChanged & { readonly paused: boolean }> {
  await changeMetadata(app, provider, user, (metadata) => ({ ...metadata, paused }));
  return { provider, user, paused };
}

const ERASE_PAGE = 500;

/** Forgets the tokens of an account and pauses it; with `erase`, purges all its items too. */
export async function disconnect(
  app: App,
  provider: string,
  user: string,
  erase: boolean,
): Promise<AccountChanged & { readonly erased: number }> {
  await changeMetadata(app, provider, user, (metadata) => ({
    ...metadata,
    accessToken: null,
    refreshToken: null,
    paused: true,
  }));
  return { provider, user, erased: erase ? await eraseItems(app, provider, user) : 0 };
}

async function changeMetadata(
  app: App,
  provider: string,
  user: string,
  change: (metadata: SyncMetadata) => SyncMetadata,
): Promise<void> {
  const account = { provider: checkProvider(provider), user: checkUser(user) };
  const key = syncMetadataKey(account);
  for (;;) {
    const document = await app.metadata.get(key);
    if (document === null)
      throw new NotFoundError(`there is no account ${accountName(account)}: \`hoardarr status\` lists what there is`);
    const changed = change(readSyncMetadata(account, document.value));
    if ((await app.metadata.compareAndSet(key, document.version, changed)) !== null) return;
  }
}

async function eraseItems(app: App, provider: string, user: string): Promise<number> {
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
