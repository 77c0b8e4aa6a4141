import type {
  BackfillCommand,
  Document,
  ItemVerdict,
  RawItem,
  RecheckCommand,
  SyncCommand,
} from '../../schemas/generated/records.ts';

/** Something that a provider can do, or the reason why it cannot, in words for the user. */
export type Capability<F> = { readonly run: F } | { readonly notApplicable: string };

/** Fields of a raw item that come from the provider; the run adds the others (law 1). */
export type ProviderItem = Omit<
  RawItem,
  'eventId' | 'at' | 'provider' | 'user' | 'collection' | 'syncId' | 'fence' | 'seq'
>;

/** What a provider answered about one candidate. */
export type ProviderAnswer = Pick<ItemVerdict, 'itemId' | 'answer' | 'evidence'>;

/** One page of a listing, as the provider gave it. */
export interface ListingPage<Raw> {
  readonly items: readonly Raw[];
  /** where the next page begins; null when the provider said that this was the last */
  readonly next: string | null;
}

/**
 * Where saved items come from. Adapters: producers/NAME. The shared machinery (producers/run.ts) numbers, fences and
 * appends; a provider only reads its source and says what it saw. Every method rejects when the source failed: a failure
 * is never an empty answer (law 5). ReauthorizationError marks the account `needs re-auth`.
 */
export interface Provider<Raw> {
  /** `reddit`, `github`, `tiktok`: the name in every record */
  readonly name: string;
  /** the lists of an account: `saved`, `starred`, `favorites` */
  readonly collections: readonly string[];
  /** The provider's stable id, always a string. Throws InputError when the item has none. */
  itemId(raw: Raw): string;
  /** In one shape for all providers. */
  toDocument(raw: Raw): Document;
  /** What is embedded; null where there is nothing to embed. Counters and dates do not belong in it (law 9). */
  vectorizationText(raw: Raw): string | null;
  /** Delta: pages newest first, from `cursor` (null: the newest). */
  readonly fetchItems: Capability<
    (collection: string, cursor: string | null, signal: AbortSignal) => Promise<ListingPage<Raw>>
  >;
  /** Full: pages of the whole list, whose ids a snapshot is made of. */
  readonly listIds: Capability<
    (collection: string, cursor: string | null, signal: AbortSignal) => Promise<ListingPage<Raw>>
  >;
  /** Asks about single ids; an id that the provider omits is answered `unknown` (law 3). */
  readonly recheck: Capability<
    (collection: string, itemIds: readonly string[], signal: AbortSignal) => Promise<readonly ProviderAnswer[]>
  >;
}

/**
 * Executes the commands of one provider; the composition root makes one for each and hands it to the command loop. A
 * handler resolves when its run has finished and everything of it was acknowledged. It rejects when it should be tried
 * again, with InputError when trying again cannot help.
 */
export interface CommandHandler {
  backfill(command: BackfillCommand, signal: AbortSignal): Promise<void>;
  recheck(command: RecheckCommand, signal: AbortSignal): Promise<void>;
  sync(command: SyncCommand, signal: AbortSignal): Promise<void>;
}
