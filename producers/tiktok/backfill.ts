import type { Scope } from '../../core/keys.ts';
import type { LedgerView } from '../../core/ports/ledger-view.ts';
import type { CommandHandler, ProviderItem } from '../../core/ports/provider.ts';
import type { BackfillCommand } from '../../schemas/generated/records.ts';
import { endUndone } from '../end-undone.ts';
import type { PoliteHttp } from '../polite-http.ts';
import { type Run, withRun } from '../run.ts';
import type { RunDeps } from '../run-deps.ts';
import { fetchOEmbed } from './oembed.ts';
import { type TikTokVideo, tiktokProvider, toFailure, toHydration } from './provider.ts';

export interface BackfillDeps extends RunDeps {
  readonly ledger: LedgerView;
  readonly http: PoliteHttp;
  /** null: TIKTOK_OEMBED_URL=off, nothing is asked */
  readonly oembedUrl: string | null;
}

export interface BackfillResult {
  readonly fetched: number;
  readonly failed: number;
}

/** A run of so many requests takes seconds, so that an import does not wait long for the account. */
const ITEMS_OF_A_RUN = 60;
const IDS_AT_ONCE = 1000;
/** Appended when so many have come, or after so long: search fills while it goes. */
const APPEND_ITEMS = 200;
const APPEND_AFTER_MS = 1000;

/**
 * Fetches the content of items through oEmbed, in runs of their own. Every id gets an answer: full, or `failed` with the
 * reason, also where the network does not answer; none where it is switched off. Items that have their content by now,
 * or are blocked, are left out, so that a command that is executed again goes on where it stopped.
 *
 * Rejects with what withRun rejects with; then the command is to be executed again.
 */
export async function backfillTikTok(
  deps: BackfillDeps,
  command: BackfillCommand,
  signal: AbortSignal,
): Promise<BackfillResult> {
  const scope: Scope = { provider: 'tiktok', user: command.user, collection: command.collection };
  const total = { fetched: 0, failed: 0 };
  let videos = await wanted(deps.ledger, scope, command.itemIds);
  do {
    const size = deps.oembedUrl === null ? videos.length : ITEMS_OF_A_RUN;
    const part = videos.slice(0, size);
    videos = videos.slice(size);
    // Only the last run carries the command's id: its end says that the command is done.
    const commandId = videos.length === 0 ? command.eventId : null;
    const account = { provider: scope.provider, user: scope.user };
    const { fetched, failed } = await withRun(
      deps,
      { account, mode: 'backfill', causedBy: command.causedBy, commandId, signal },
      async (run) => {
        const value = await fetchAll(deps, run, scope, part);
        return { value, counts: { fetched: value.fetched, failed: value.failed } };
      },
    );
    total.fetched += fetched;
    total.failed += failed;
  } while (videos.length > 0);
  return total;
}

async function wanted(ledger: LedgerView, scope: Scope, itemIds: readonly string[]): Promise<TikTokVideo[]> {
  const videos: TikTokVideo[] = [];
  const distinct = [...new Set(itemIds)];
  for (let from = 0; from < distinct.length; from += IDS_AT_ONCE) {
    const ids = distinct.slice(from, from + IDS_AT_ONCE);
    const known = await ledger.known(scope, ids);
    for (const itemId of ids) {
      const row = known.get(itemId);
      if (row?.blocked === true || row?.content === 'full') continue;
      videos.push({ itemId, savedAt: row?.savedAt ?? null, details: null, oembed: null });
    }
  }
  return videos;
}

/** Several requests at a time; what came is appended in small groups, one append after another. */
async function fetchAll(
  deps: BackfillDeps,
  run: Run,
  scope: Scope,
  videos: readonly TikTokVideo[],
): Promise<BackfillResult> {
  const result = { fetched: 0, failed: 0 };
  const { oembedUrl } = deps;
  // Nobody was asked, so nothing failed: the items stay stubs, and are asked for again, maybe with the network on.
  if (oembedUrl === null) return result;
  let ready: ProviderItem[] = [];
  let appendedAt = deps.clock.now();
  const append = async (): Promise<void> => {
    const items = ready;
    ready = [];
    appendedAt = deps.clock.now();
    await run.append(items.map((item) => ({ type: 'RawItem', value: { ...item, collection: scope.collection } })));
  };
  const queue = videos.values();
  const failure = new AbortController();
  const work = async (): Promise<void> => {
    for (const video of queue) {
      failure.signal.throwIfAborted();
      const item = await fetchItem(deps, oembedUrl, video, run.signal);
      if (item.content === 'full') result.fetched++;
      else result.failed++;
      ready.push(item);
      if (ready.length >= APPEND_ITEMS || deps.clock.now() - appendedAt >= APPEND_AFTER_MS) await append();
    }
  };
  const worker = (): Promise<void> => work().catch((error: unknown) => failure.abort(error));
  // All have to stop before the run ends: what they append belongs into it.
  await Promise.all(Array.from({ length: deps.http.concurrency }, worker));
  failure.signal.throwIfAborted();
  if (ready.length > 0) await append();
  return result;
}

async function fetchItem(
  deps: BackfillDeps,
  oembedUrl: string,
  video: TikTokVideo,
  signal: AbortSignal,
): Promise<ProviderItem> {
  const itemId = tiktokProvider.itemId(video);
  const answer = await fetchOEmbed(deps.http, oembedUrl, itemId, signal);
  return answer.kind === 'video' ? toHydration({ ...video, oembed: answer.oembed }) : toFailure(video, answer.reason);
}

/** What the command loop calls for TikTok. */
export function tiktokCommands(deps: BackfillDeps): CommandHandler {
  const reasonOf = (capability: typeof tiktokProvider.recheck | typeof tiktokProvider.listIds): string =>
    'notApplicable' in capability ? capability.notApplicable : '';
  return {
    backfill: async (command, signal) => void (await backfillTikTok(deps, command, signal)),
    recheck: (command, signal) => endUndone(deps, command, 'recheck', reasonOf(tiktokProvider.recheck), signal),
    sync: (command, signal) => endUndone(deps, command, command.mode, reasonOf(tiktokProvider.listIds), signal),
  };
}
