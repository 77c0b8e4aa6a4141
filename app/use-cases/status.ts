import { type Account, accountName, parseScope, type Scope, scopeName } from '../../core/keys.ts';
import type { ScopeTotals } from '../../core/ports/item-store.ts';
import { readCredentialBudget } from '../../producers/http/credential-budget.ts';
import { readRateLimits } from '../../producers/http/rate-budget.ts';
import { cadenceFor } from '../../producers/sync/cadence.ts';
import { readSyncMetadata, type SyncMetadata, syncMetadataKey } from '../../producers/sync-metadata.ts';
import type { App } from '../app.ts';
import { budgetOf } from '../live-providers.ts';
import { readAccounts } from './accounts.ts';
import { type ConvergenceView, describeConvergence } from './convergence.ts';
import { countDeadLetters } from './dead-letters.ts';
import { isoOf } from './format.ts';

export interface AccountStatus {
  readonly provider: string;
  readonly user: string;
  readonly collection: string | null;
  readonly login: string | null;
  readonly syncCount: number;
  readonly lastSyncAt: string | null;
  readonly lastFullReconciliation: string | null;
  readonly active: number;
  readonly trash: number;
  readonly held: number;
  readonly purged: number;
  readonly pinned: number;
  readonly blocked: number;
  readonly stub: number;
  readonly digest: string | null;
  readonly converged: boolean | null;
  readonly needsReauth: boolean;
  readonly paused: boolean;
  readonly connected: boolean;
  readonly loginName: string | null;
  /** when the scheduler asks for the next sync; null where it does not */
  readonly nextSyncAt: string | null;
  /** why the latest run was aborted; null: the latest sync was done */
  readonly lastError: string | null;
  readonly lastErrorAt: string | null;
  /** between two syncs, ms; null where there are none */
  readonly cadenceMs: number | null;
  /** requests that syncs of the account may still make; null: none were made yet */
  readonly budget: { readonly limit: number; readonly remaining: number; readonly resetAt: string | null } | null;
  readonly convergence: ConvergenceView;
}

export interface Status {
  readonly accounts: readonly AccountStatus[];
  /** records behind, by stage (consumer group) */
  readonly lag: Readonly<Record<string, number>>;
  readonly embedder: {
    readonly name: string;
    readonly model: string | null;
    readonly dimensions: number | null;
    readonly coverage: number | null;
  };
  readonly digest: string;
  readonly generation: number;
  readonly deadLetters: number;
  readonly roles: readonly string[];
  /** by provider and resource, of the credential that has the fewest requests left */
  readonly rateLimits: readonly {
    readonly provider: string;
    readonly resource: string;
    readonly remaining: number | null;
    /** null: nobody waits */
    readonly waitsUntil: string | null;
  }[];
}

const NONE: Omit<ScopeTotals, 'scope'> = {
  active: 0,
  trash: 0,
  held: 0,
  purged: 0,
  pinned: 0,
  stub: 0,
  blocked: 0,
  withVector: 0,
  withText: 0,
};

/** Accounts, lag and health. */
export async function readStatus(app: App, user: string | null = null): Promise<Status> {
  const totals = await totalsOf(app, user);
  const accounts = await accountsOf(app, totals, user);
  const pinned = await app.stores.embedder();
  const limits = await readRateLimits(app.metadata, app.clock.now());
  return {
    accounts,
    lag: await readLag(app),
    embedder: {
      name: pinned?.name ?? app.config.embedder.name,
      model: pinned?.model ?? app.config.embedder.model ?? null,
      dimensions: pinned === null || pinned.dimensions === 0 ? null : pinned.dimensions,
      coverage: coverageOf(totals),
    },
    digest: await app.store.digest(),
    generation: app.stores.generation,
    deadLetters: await countDeadLetters(app),
    roles: [...new Set([...(await app.presence.elsewhere()), ...app.roles.running])].sort(),
    rateLimits: limits.map((limit) => ({ ...limit, waitsUntil: isoOf(limit.waitsUntil) })),
  };
}

/** Accounts and their collections, of one user or all. */
export async function listAccounts(app: App, user: string | null = null): Promise<readonly AccountStatus[]> {
  return accountsOf(app, await totalsOf(app, user), user);
}

async function totalsOf(app: App, user: string | null): Promise<readonly ScopeTotals[]> {
  return (await app.store.totals()).filter((each) => user === null || parseScope(each.scope).user === user);
}

/** Records behind, by consumer group, over all partitions. */
export async function readLag(app: App): Promise<Readonly<Record<string, number>>> {
  const lag: Record<string, number> = {};
  for (const { group, committed, end } of await app.log.lag())
    lag[group] = (lag[group] ?? 0) + Math.max(0, end - committed);
  return lag;
}

/** The share of items with text that have a vector; null where none has text. */
export function coverageOf(totals: readonly ScopeTotals[]): number | null {
  const withText = totals.reduce((sum, each) => sum + each.withText, 0);
  const withVector = totals.reduce((sum, each) => sum + each.withVector, 0);
  return withText === 0 ? null : withVector / withText;
}

async function accountsOf(
  app: App,
  totals: readonly ScopeTotals[],
  user: string | null,
): Promise<readonly AccountStatus[]> {
  const byScope = new Map(totals.map((each) => [each.scope, each]));
  const scopes: (Scope | Account)[] = totals.map((each) => parseScope(each.scope));
  for (const { provider, user: owner } of await readAccounts(app)) {
    const account = { provider, user: owner };
    const isNew = !scopes.some((scope) => accountName(scope) === accountName(account));
    if (isNew && (user === null || account.user === user)) scopes.push(account);
  }
  return Promise.all(
    scopes.map((scope) =>
      accountStatus(app, scope, 'collection' in scope ? (byScope.get(scopeName(scope)) ?? null) : null),
    ),
  );
}

async function accountStatus(app: App, account: Scope | Account, totals: ScopeTotals | null): Promise<AccountStatus> {
  const { provider, user } = account;
  const metadata: SyncMetadata = readSyncMetadata(
    { provider, user },
    (await app.metadata.get(syncMetadataKey({ provider, user })))?.value,
  );
  const scope = 'collection' in account ? scopeName(account) : null;
  const row = scope === null ? null : await app.store.scope(scope);
  const { active, trash, held, purged, pinned, blocked, stub } = totals ?? NONE;
  return {
    provider,
    user,
    collection: 'collection' in account ? account.collection : null,
    login: metadata.login,
    syncCount: metadata.syncCount,
    lastSyncAt: isoOf(metadata.lastSyncAt),
    lastFullReconciliation: isoOf(metadata.lastFullReconciliation),
    active,
    trash,
    held,
    purged,
    pinned,
    blocked,
    stub,
    digest: scope === null ? null : await app.store.digest(scope),
    converged: row?.converged ?? null,
    convergence: describeConvergence(provider, row, app.clock.now()),
    budget: await budgetView(app, metadata),
    ...connectionOf(app, metadata),
  };
}

type Connection = Pick<
  AccountStatus,
  'needsReauth' | 'paused' | 'connected' | 'loginName' | 'nextSyncAt' | 'cadenceMs' | 'lastError' | 'lastErrorAt'
>;

async function budgetView(app: App, metadata: SyncMetadata): Promise<AccountStatus['budget']> {
  const spent = budgetOf(app.config, metadata);
  const now = app.clock.now();
  const budget = spent === null ? null : await readCredentialBudget(app.metadata, spent, now);
  return budget === null ? null : { ...budget, resetAt: isoOf(budget.resetAt) };
}

function connectionOf(app: App, metadata: SyncMetadata): Connection {
  const { needsReauth, paused, credentialKind, loginName, nextSyncAt, lastError } = metadata;
  const connected = credentialKind !== null;
  const isScheduled = connected && !needsReauth && !paused;
  return {
    needsReauth,
    paused,
    connected,
    loginName,
    // What is due is asked for at the next look of a scheduler.
    nextSyncAt: isScheduled ? isoOf(Math.max(nextSyncAt, app.clock.now())) : null,
    cadenceMs: connected ? cadenceFor(metadata, app.config.cadence).intervalMs : null,
    lastError: lastError?.message ?? null,
    lastErrorAt: isoOf(lastError?.at ?? null),
  };
}
