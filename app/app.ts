import type { FoldSettings } from '../core/fold/effects.ts';
import type { Account } from '../core/keys.ts';
import type { Clock, Random } from '../core/ports/clock.ts';
import type { Embedder } from '../core/ports/embedder.ts';
import type { EventLog } from '../core/ports/event-log.ts';
import type { ItemStore } from '../core/ports/item-store.ts';
import type { MetadataStore } from '../core/ports/metadata-store.ts';
import type { MovableLog } from '../core/ports/movable-log.ts';
import type { SchemaCodec } from '../core/ports/schema-codec.ts';
import type { EmbeddingCache } from '../processors/embed/embedding-cache.ts';
import type { Importer } from '../producers/import-run.ts';
import type { LiveProvider } from '../producers/sync/live-provider.ts';
import type { Search } from './app-search.ts';
import type { Config } from './config.ts';
import type { CurrentStore } from './current-store.ts';
import type { KeptFigures } from './embedding-figures.ts';
import type { Generations } from './generations.ts';
import type { Presence } from './presence.ts';
import type { AskThumbnail } from './producers.ts';
import type { RoleHost } from './role-host.ts';
import type { KeyRing } from './secrets.ts';
import type { AppTelemetry } from './telemetry.ts';
import type { ImageFetcher } from './thumbnails/fetch-image.ts';

/** Everything of an open data folder, put together: what use cases work with. */
export interface App {
  readonly config: Config;
  readonly telemetry: AppTelemetry;
  readonly clock: Clock;
  readonly random: Random;
  /** the platform's fetch, or a fake */
  readonly fetch: typeof fetch;
  readonly log: EventLog;
  readonly codec: SchemaCodec;
  /** names the log for good: no other one has it */
  readonly logId: string;
  /** the log itself, where `migrate` can bring it elsewhere; null on Kafka */
  readonly movable: MovableLog | null;
  readonly metadata: MetadataStore;
  /** of the generation that counts now */
  readonly store: ItemStore;
  readonly stores: CurrentStore;
  /** For a rebuild, which makes another one. */
  readonly generations: Generations;
  readonly foldSettings: FoldSettings;
  readonly cache: EmbeddingCache;
  readonly keys: KeyRing;
  readonly presence: Presence;
  readonly roles: RoleHost;
  /** Made at the first call. Rejects with InputError when another one is pinned. */
  readonly embedder: () => Promise<Embedder>;
  /** One with another model, for a rebuild; the caller closes it. */
  readonly newEmbedder: (model: string) => Promise<Embedder>;
  /** What all processes embedded, and what that took. */
  readonly embeddingFigures: () => Promise<KeptFigures>;
  /** The providers that can be asked, by name. */
  readonly live: ReadonlyMap<string, LiveProvider>;
  /** Those whose exports can be taken in, by name of the provider. */
  readonly importers: ReadonlyMap<string, Importer>;
  readonly search: Search;
  /** Asks TikTok where the thumbnail of a video is now; null: TikTok is not to be asked. */
  readonly tiktokThumbnail: AskThumbnail | null;
  /** Fetches an image from an address that somebody else chose. */
  readonly fetchImage: ImageFetcher;
  /** Where the API of this process can be reached; null where it does not run. */
  readonly apiUrl: () => string | null;
  /** Erases what was deleted from the bytes on disk, in all files. */
  readonly eraseBytes: () => Promise<void>;
  /** Stops the roles in order, and closes everything. */
  close(): Promise<void>;
}

/** An account and one list of it, as people name them. */
export interface ScopeChoice extends Account {
  /** may be left out where the account has only one */
  readonly collection?: string | null;
}
