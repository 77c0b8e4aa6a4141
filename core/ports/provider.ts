import type {
  BackfillCommand,
  Document,
  ItemVerdict,
  RawItem,
  RecheckCommand,
  SnapshotEnd,
  SyncCommand,
} from '../../schemas/generated/records.ts';
import type { Volatile } from '../document-hash.ts';
import type { Account } from '../keys.ts';

/** Something that a provider can do, or the reason why it cannot, in words for the user. */
export type Capability<F> = { readonly run: F } | { readonly notApplicable: string };

/** Fields of a raw item that come from the provider; the run adds the others (law 1). */
export type ProviderItem = Omit<
  RawItem,
  'eventId' | 'at' | 'provider' | 'user' | 'collection' | 'syncId' | 'fence' | 'seq'
>;

/** What a provider answered about one item that it was asked for. */
export interface ProviderAnswer<Raw> {
  readonly itemId: string;
  readonly answer: ItemVerdict['answer'];
  /** whether the provider says that the user has it saved now; null: it does not say. What control ids are judged by. */
  readonly saved: boolean | null;
  /** what was observed, small */
  readonly evidence: Readonly<Record<string, unknown>>;
  /** the item as it is now; null where it was not shown */
  readonly raw: Raw | null;
}

/** A row of a listing that cannot be read; the others of its page go on (protocol.md, errors). */
export interface UnreadableRow {
  /** null: not even that can be told, so that the listing is no longer complete */
  readonly itemId: string | null;
  readonly reason: string;
  /** as it came */
  readonly payload: string;
}

/**
 * What a walk gives, step by step. `restart` says that the list changed while it was walked and is now walked again from
 * its beginning: what was listed before no longer counts, though it was truly seen.
 */
export type WalkStep<Raw> =
  | { readonly kind: 'page'; readonly items: readonly Raw[]; readonly unreadable: readonly UnreadableRow[] }
  | { readonly kind: 'restart'; readonly reason: string };

/** What is kept after a completed walk, and handed to the next delta (law 5). */
export interface WalkEnd {
  /** how far the walk came; null: as before */
  readonly cursor: string | null;
  /** of the first page; null: none */
  readonly etag: string | null;
}

/** What a completed walk of the whole list proves (protocol.md, Snapshot evidence). */
export interface ListingEnd extends WalkEnd {
  readonly coverage: SnapshotEnd['coverage'];
  readonly kinds: readonly string[];
  readonly proof: SnapshotEnd['proof'];
  /** the source itself says that the list is empty */
  readonly explicitlyEmpty: boolean;
  /** pages, checks, counts: what a person can be shown */
  readonly evidence: Readonly<Record<string, unknown>>;
}

export interface DeltaWalk {
  readonly collection: string;
  /** of the last completed walk; null: none yet */
  readonly cursor: string | null;
  readonly etag: string | null;
  /** whether the last completed walk knew the item */
  readonly isKnown: (itemId: string) => boolean;
}

export interface FullWalk {
  readonly collection: string;
  /** most items that any walk of the scope ever gave */
  readonly mostEver: number;
}

/** What an account was connected with; encrypted wherever it is stored (law 12). */
export interface Credentials {
  /** `public`: nothing secret, what everybody may see of a login */
  readonly kind: 'token' | 'oauth' | 'public';
  readonly accessToken: string | null;
  readonly refreshToken: string | null;
  /** of the access token, ms since the epoch; null: it does not expire, or is not known */
  readonly expiresAt: number | null;
}

/** An account that was just connected. */
export interface Connected {
  /** the provider's immutable account id */
  readonly login: string;
  /** the name people know it by; may change */
  readonly loginName: string;
  readonly credentials: Credentials;
}

/** The credentials of an account, while a run works for it. */
export interface CredentialHolder {
  readonly account: Account;
  /** as bound when it was connected */
  readonly login: string;
  readonly loginName: string;
  read(): Promise<Credentials>;
  /**
   * Replaces the credentials by what `renewal` makes of them, and stores those before it resolves: a refresh token may count
   * only once. One process renews at a time; where another one did so since these were read, or the account was connected
   * again, it resolves to what is stored, and `renewal` is not called.
   */
  renew(renewal: (stored: Credentials) => Promise<Credentials>, signal: AbortSignal): Promise<Credentials>;
}

/** One account's line to its provider during a run. It keeps the provider's pace, and counts what it costs. */
export interface Session {
  /** the login that the account is bound to, as in the credentials */
  readonly login: string;
  /** Asks the provider whose credentials these are: its immutable account id. */
  identify(signal: AbortSignal): Promise<string>;
  /** requests that went out, and ms waited for rate limits, since the session was opened */
  usage(): { readonly requests: number; readonly rateLimitWaitMs: number };
}

/** What a person is told while connecting: where to go, which code to type there, and how long that may take. */
export type ConnectPrompt = (prompt: {
  readonly url: string;
  readonly code: string | null;
  readonly expiresInMs: number;
}) => void;

/** Somebody who waits for a person's browser to come back from the provider. */
export interface BrowserCallback {
  /** where it comes back to; the application has to be registered with exactly this */
  readonly redirectUrl: string;
  /** Resolves to what the browser brought with this state, which counts once; nobody else is ever told of. */
  wait(state: string, signal: AbortSignal): Promise<URLSearchParams>;
}

/** How accounts of a provider are connected, and how a run gets its session. */
export interface Connector<S extends Session> {
  /** base address of the provider's API: what is tried where nothing works */
  readonly address: string;
  /** the person has set something of this provider, and so means to use it */
  readonly configured: boolean;
  /** what has to be set before an account can be connected; null: nothing is missing */
  readonly missing: { readonly detail: string; readonly fix: string } | null;
  /** Checks a token that the person brings (a refresh token where the provider has them). InputError when it is refused. */
  fromToken(token: string, signal: AbortSignal): Promise<Connected>;
  /**
   * Device flow, or a browser that comes back to `callback` (without one, to a port on loopback); settles when the person has
   * answered.
   */
  readonly interactive: Capability<
    (prompt: ConnectPrompt, signal: AbortSignal, callback?: BrowserCallback) => Promise<Connected>
  >;
  /** What everybody may see of a login, without a credential. */
  readonly fromPublic: Capability<(loginName: string, signal: AbortSignal) => Promise<Connected>>;
  /** Rejects with ReauthorizationError when the credentials are no longer taken. May make no request. */
  open(credentials: CredentialHolder, signal: AbortSignal): Promise<S>;
}

/**
 * Where saved items come from. Adapters: producers/NAME. The shared machinery (producers/sync, producers/run.ts) numbers,
 * fences and appends; a provider only reads its source and says what it saw. Every method rejects when the source failed: a
 * failure is never an empty answer (law 5). ReauthorizationError marks the account `needs re-auth`.
 */
export interface Provider<Raw, S extends Session = Session> {
  /** `reddit`, `github`, `tiktok`: the name in every record */
  readonly name: string;
  /** the lists of an account: `saved`, `starred`, `favorites` */
  readonly collections: readonly string[];
  /** what of a document changes without the item having changed */
  readonly volatile: Volatile;
  /** The provider's stable id, always a string. Throws InputError when the item has none. */
  itemId(raw: Raw): string;
  /** In one shape for all providers. */
  toDocument(raw: Raw): Document;
  /** What is embedded; null where there is nothing to embed. Counters and dates do not belong in it (law 9). */
  vectorizationText(raw: Raw): string | null;
  /** Whether the source still shows what it is: `deleted` by its author, `removed` by moderators. */
  contentOf(raw: Raw): Extract<RawItem['content'], 'full' | 'stub' | 'deleted' | 'removed'>;
  /**
   * Whether an item with this `extra` is shown to some credentials alone. That it is not shown to those of today is then no proof
   * that it is gone (law 3). Default: all are shown to everybody.
   */
  isRestricted?(extra: Readonly<Record<string, unknown>>): boolean;
  /**
   * Adds what takes a request of its own to an item that is about to be written, and does not count for its document hash.
   * Where it cannot be had, the item goes without.
   */
  complete?(session: S, raw: Raw, signal: AbortSignal): Promise<Raw>;
  readonly connector: Capability<Connector<S>>;
  /** Delta: pages newest first, until what the last completed walk knew begins. */
  readonly fetchItems: Capability<
    (session: S, walk: DeltaWalk, signal: AbortSignal) => AsyncGenerator<WalkStep<Raw>, WalkEnd, undefined>
  >;
  /** Full: pages of the whole list, whose ids a snapshot is made of. */
  readonly listIds: Capability<
    (session: S, walk: FullWalk, signal: AbortSignal) => AsyncGenerator<WalkStep<Raw>, ListingEnd, undefined>
  >;
  /**
   * Asks about at most `RECHECK_IDS` single ids, in one answer for each id; an id that the provider omits is answered
   * `unknown` (law 3). Also how content is fetched for a backfill.
   */
  readonly recheck: Capability<
    (
      session: S,
      collection: string,
      itemIds: readonly string[],
      signal: AbortSignal,
    ) => Promise<readonly ProviderAnswer<Raw>[]>
  >;
}

/** Ids of one question, control ids included: what Reddit and GitHub take in one request. */
export const RECHECK_IDS = 100;

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
