import type { Account } from '../core/keys.ts';
import type { Clock, Random } from '../core/ports/clock.ts';
import type { EventLog, Subscription } from '../core/ports/event-log.ts';
import type { ItemStore } from '../core/ports/item-store.ts';
import type { MetadataStore } from '../core/ports/metadata-store.ts';
import type { CommandHandler } from '../core/ports/provider.ts';
import type { SchemaCodec } from '../core/ports/schema-codec.ts';
import type { Telemetry } from '../core/ports/telemetry.ts';
import { startCommandLoop } from '../producers/command-loop.ts';
import type { Importer } from '../producers/import-run.ts';
import { importReddit } from '../producers/reddit/import.ts';
import type { RunDeps } from '../producers/run-deps.ts';
import type { LiveProvider } from '../producers/sync/live-provider.ts';
import type { SyncDeps } from '../producers/sync/sync-deps.ts';
import { readSyncMetadata, syncMetadataKey } from '../producers/sync-metadata.ts';
import { tiktokCommands } from '../producers/tiktok/backfill.ts';
import { createTikTokHttp } from '../producers/tiktok/http.ts';
import { importTikTok } from '../producers/tiktok/import.ts';
import { fetchOEmbed } from '../producers/tiktok/oembed.ts';
import { resolveShortLink } from '../producers/tiktok/short-links.ts';
import type { Config } from './config.ts';
import { isGone } from './instance.ts';
import { createLiveProviders } from './live-providers.ts';
import type { Presence } from './presence.ts';
import type { KeyRing } from './secrets.ts';
import { createLedgerView } from './store-ledger-view.ts';

export interface ProducerParts {
  readonly config: Config;
  readonly telemetry: Telemetry;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: EventLog;
  readonly codec: SchemaCodec;
  readonly metadata: MetadataStore;
  readonly store: ItemStore;
  readonly presence: Presence;
  readonly keys: KeyRing;
}

/** Resolves to null where the video is not shown, or nobody answers. */
export type AskThumbnail = (itemId: string, signal: AbortSignal) => Promise<string | null>;

export interface Producers {
  /** by name */
  readonly live: ReadonlyMap<string, LiveProvider>;
  /** by name of the provider */
  readonly importers: ReadonlyMap<string, Importer>;
  /** Since when somebody can be asked for what items of the account are, ms; null: nobody can. */
  readonly askableSince: (account: Account) => Promise<number | null>;
  /** Where the thumbnail of a video is now; null where nobody is to be asked. */
  readonly tiktokThumbnail: AskThumbnail | null;
  /** Executes the commands of all providers until it is closed. */
  readonly start: () => Promise<Subscription>;
}

/** The providers, put together. One HTTP client for each, so that its pace holds for the whole process. */
export function createProducers(
  parts: ProducerParts,
  fetchWith: typeof fetch,
  createLive = createLiveProviders,
): Producers {
  const { config, clock, random } = parts;
  const run: RunDeps = { ...parts, instance: parts.presence.instance, isGone };
  const ledger = createLedgerView(parts.store);
  const http = createTikTokHttp({ clock, random, fetch: fetchWith });
  const { tiktokOembedUrl } = config;
  const resolve =
    tiktokOembedUrl === null ? null : (url: string, signal: AbortSignal) => resolveShortLink(http, url, signal);
  const sync: SyncDeps = { ...run, ledger, secrets: parts.keys, cadence: config.cadence };
  const live = createLive(sync, config, fetchWith);
  const handlers = new Map<string, CommandHandler>([
    ['tiktok', tiktokCommands({ ...run, ledger, http, oembedUrl: tiktokOembedUrl })],
    ...[...live].map(([name, { handler }]) => [name, handler] as const),
  ]);
  return {
    live,
    importers: new Map<string, Importer>([
      ['tiktok', (file, options) => importTikTok({ ...run, ledger, resolveShortLink: resolve }, file, options)],
      ['reddit', (file, options) => importReddit({ ...run, ledger }, file, options)],
    ]),
    async askableSince(account) {
      if (!live.has(account.provider)) return tiktokOembedUrl === null ? null : 0;
      const stored = await parts.metadata.get(syncMetadataKey(account));
      const { credentialKind, needsReauth, connectedAt } = readSyncMetadata(account, stored?.value);
      return credentialKind === null || needsReauth ? null : (connectedAt ?? 0);
    },
    tiktokThumbnail:
      tiktokOembedUrl === null
        ? null
        : async (itemId, signal) => {
            const answer = await fetchOEmbed(http, tiktokOembedUrl, itemId, signal);
            return answer.kind === 'video' ? (answer.oembed.thumbnail_url ?? null) : null;
          },
    start: () => startCommandLoop({ ...run, handlers }),
  };
}
