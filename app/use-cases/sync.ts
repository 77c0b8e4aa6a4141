import { randomUUID } from 'node:crypto';
import { InputError, NotFoundError } from '../../core/errors.ts';
import { type Account, accountName, kindOf, scopeName } from '../../core/keys.ts';
import {
  type ItemState,
  inCollection,
  newAccountRow,
  type RunCounts,
  type RunRow,
  showsAll,
} from '../../core/ledger.ts';
import type { RateLimitWait } from '../../producers/http/rate-budget.ts';
import { cadenceFor, nextSyncAt } from '../../producers/sync/cadence.ts';
import type { LiveProvider } from '../../producers/sync/live-provider.ts';
import { writeSyncCommand } from '../../producers/sync/sync-command.ts';
import {
  changeSyncMetadata,
  readSyncMetadata,
  type SyncMetadata,
  syncMetadataKey,
} from '../../producers/sync-metadata.ts';
import { ways } from '../../producers/ways.ts';
import type { App } from '../app.ts';
import { checkProvider, checkUser } from './scopes.ts';
import { drain, PIPELINE, undoneOf, waitFor, waitUntilSettled } from './settle.ts';

export interface SyncRequest {
  readonly provider: string;
  readonly user: string;
  readonly full?: boolean;
  readonly signal?: AbortSignal;
  /** runs that have ended, of those that are known */
  readonly progress?: (progress: { readonly done: number; readonly total: number }) => void;
  readonly onRateLimit?: (waits: readonly RateLimitWait[]) => void;
}

export interface SyncReport extends RunCounts {
  readonly provider: string;
  readonly user: string;
  readonly syncId: string | null;
  readonly mode: string;
  /** items that the source showed */
  readonly fetched: number;
  /** candidates that wait for a verdict: an agreeing one, or a person */
  readonly suspect: number;
  readonly converged: boolean | null;
  readonly requests: number;
  readonly rateLimitWaitMs: number;
  /** why it, or something that it caused, was aborted and not done by another; null when all was done */
  readonly error: string | null;
  readonly needsReauth: boolean;
  readonly dryRun: boolean;
}

/** Longer than any wait for a rate limit. */
const DEADLINE_MS = 6 * 3_600_000;
const LATE_LIMIT_MS = 3_000;
const PAGE = 5_000;

/**
 * One sync now, and everything that it causes: rechecks and backfills too. A sync that was aborted is reported, not thrown.
 * InputError where the provider cannot be synced with, or the account is not connected.
 */
export async function syncAccount(app: App, request: SyncRequest): Promise<SyncReport> {
  const { signal, progress } = request;
  const { account } = await connectedAccount(app, request);
  await app.embedder();
  const eventId = await ask(app, account, request.full === true);
  await app.roles.ensure(PIPELINE);
  const watched = {
    ...(signal === undefined ? {} : { signal }),
    ...(request.onRateLimit === undefined ? {} : { onRateLimit: request.onRateLimit }),
  };
  let run = await waitFor(app, 'the sync was asked for, but that it', () => runOf(app, account, eventId), watched);
  let runs: readonly RunRow[];
  for (;;) {
    runs = await waitUntilSettled(app, run.syncId, {
      ...watched,
      progress: (seen) =>
        progress?.({ done: seen.filter((each) => each.settledAt !== null).length, total: seen.length }),
    });
    // Where its process died or stood still, another one executes the command again.
    const latest = await runOf(app, account, eventId);
    if (latest === null || latest.syncId === run.syncId) break;
    run = latest;
  }
  // Outcomes and erasures that are still on their way; what does not make it goes on at the next start.
  await drain(app, LATE_LIMIT_MS, ['embed', 'sink', 'eraser']);
  return report(runs, await metadataOf(app, account));
}

/** Asks for a sync and does not wait; resolves to the id of the command. */
export async function requestSync(app: App, request: SyncRequest): Promise<{ readonly commandId: string }> {
  const { account } = await connectedAccount(app, request);
  return { commandId: await ask(app, account, request.full === true) };
}

async function ask(app: App, account: Account, full: boolean): Promise<string> {
  const commandId = `asked:${randomUUID()}`;
  const mode = full ? 'full' : 'delta';
  // This one stands for the scheduler's next, which else would bring first what the person waits for, and tell nobody.
  const random = app.random();
  await changeSyncMetadata(app.metadata, account, (metadata) => {
    const next = nextSyncAt(app.clock.now(), random, cadenceFor(metadata, app.config.cadence));
    return { ...metadata, nextSyncAt: Math.max(metadata.nextSyncAt, next) };
  });
  await writeSyncCommand(app, { account, mode, reason: 'asked for', eventId: commandId, deadlineMs: DEADLINE_MS });
  return commandId;
}

/** What a sync would see and do; nothing is written. */
export async function previewAccount(app: App, request: SyncRequest): Promise<SyncReport> {
  const { account, live, metadata } = await connectedAccount(app, request);
  const signal = request.signal ?? new AbortController().signal;
  const preview = await live.preview(account, request.full === true, signal);
  const counts = { new: 0, updated: 0, unchanged: 0, restored: 0 };
  let suspect = 0;
  let fetched = 0;
  const row = (await app.store.account(accountName(account))) ?? newAccountRow(accountName(account));
  for (const { collection, listed, kinds, proof } of preview.collections) {
    const scope = scopeName({ ...account, collection });
    fetched += listed.size;
    const asked = showsAll(row, proof) ? kinds : [];
    const stored = new Map<
      string,
      { readonly state: ItemState | null; readonly blocked: boolean; readonly hash: string }
    >();
    for (let after: string | null = null; ; ) {
      const rows = await app.store.glance(scope, after, PAGE);
      const last = rows.at(-1);
      if (last === undefined) break;
      after = last.itemId;
      for (const { itemId, state, pinned, blocked, documentHash: hash } of rows) {
        stored.set(itemId, { state, blocked, hash });
        if (inCollection(state) && !pinned && !listed.has(itemId) && asked.includes(kindOf(itemId))) suspect++;
      }
    }
    for (const [itemId, hash] of listed) {
      const was = stored.get(itemId);
      if (was?.blocked !== true && was?.state === 'trash') counts.restored++;
      else if (was?.blocked === true || was?.hash === hash) counts.unchanged++;
      else counts[was === undefined || was.state === null || was.state === 'purged' ? 'new' : 'updated']++;
    }
  }
  return {
    ...head(metadata),
    ...NOTHING,
    ...counts,
    mode: preview.mode,
    fetched,
    suspect,
    requests: preview.requests,
    rateLimitWaitMs: preview.rateLimitWaitMs,
    dryRun: true,
  };
}

const NOTHING = {
  syncId: null,
  removed: 0,
  held: 0,
  failed: 0,
  converged: null,
  error: null,
} as const;

async function connectedAccount(
  app: App,
  { provider, user }: Pick<SyncRequest, 'provider' | 'user'>,
): Promise<{ readonly account: Account; readonly live: LiveProvider; readonly metadata: SyncMetadata }> {
  const live = liveProvider(app, provider);
  const account = { provider, user: checkUser(user) };
  const document = await app.metadata.get(syncMetadataKey(account));
  const metadata = readSyncMetadata(account, document?.value);
  if (metadata.credentialKind !== null) return { account, live, metadata };
  const message = `${accountName(account)} is not connected: ${ways.connect(provider, user)}`;
  throw document === null ? new NotFoundError(message) : new InputError(message);
}

/** Throws InputError where the provider has no list that can be asked for. */
export function liveProvider(app: App, provider: string): LiveProvider {
  const live = app.live.get(checkProvider(provider));
  if (live === undefined)
    throw new InputError(
      `${provider} has no connection to sync with: bring a newer export with ${ways.import(provider)}`,
    );
  return live;
}

async function metadataOf(app: App, account: Account): Promise<SyncMetadata> {
  return readSyncMetadata(account, (await app.metadata.get(syncMetadataKey(account)))?.value);
}

/** The latest run of the account that executes the command; null while there is none. */
async function runOf(app: App, account: Account, commandId: string): Promise<RunRow | null> {
  let position = Number.MAX_SAFE_INTEGER;
  for (let looked = 0; looked < LOOK_BACK_RUNS; looked++) {
    const run = await app.store.runBefore(accountName(account), position);
    if (run === null || run.commandId === commandId) return run;
    position = run.startedPosition;
  }
  return null;
}

/** Other runs of the account may begin between the one that is looked for and the look. */
const LOOK_BACK_RUNS = 20;

function head({ provider, user, needsReauth }: SyncMetadata): Pick<SyncReport, 'provider' | 'user' | 'needsReauth'> {
  return { provider, user, needsReauth };
}

function report(runs: readonly RunRow[], metadata: SyncMetadata): SyncReport {
  const [run] = runs;
  const sum = (name: keyof RunCounts): number => runs.reduce((total, each) => total + each.counts[name], 0);
  const produced = (name: string): number => runs.reduce((total, each) => total + (each.producerCounts[name] ?? 0), 0);
  const gone = produced('unsaved') + produced('gone_upstream');
  return {
    ...head(metadata),
    syncId: run?.syncId ?? null,
    mode: run?.mode ?? '',
    fetched: run?.producerCounts['fetched'] ?? 0,
    new: sum('new'),
    updated: sum('updated'),
    // What was shown and needed no record: the sink counts those of the snapshot, which holds the new ones too.
    unchanged: (run?.producerCounts['fetched'] ?? 0) - (run?.producerCounts['emitted'] ?? 0),
    removed: sum('removed'),
    restored: sum('restored'),
    held: sum('held'),
    failed: sum('failed'),
    suspect: Math.max(0, gone - sum('removed') - sum('held')),
    converged: run?.converged ?? null,
    requests: produced('requests'),
    rateLimitWaitMs: produced('rateLimitWaitMs'),
    error: run?.error ?? undoneOf(runs)[0] ?? null,
    dryRun: false,
  };
}
