/**
 * What the API answers, as far as the console shows it. Written by hand: the console imports nothing of the server. Fields
 * that older servers lack are optional.
 */

export type ItemState = 'active' | 'held' | 'trash' | 'purged';

/** What names an item. */
export interface ItemName {
  readonly provider: string;
  readonly user: string;
  readonly collection: string;
  readonly itemId: string;
}

interface ShownItem extends ItemName {
  readonly state: ItemState | null;
  readonly title: string | null;
  readonly url: string | null;
  readonly author: string | null;
  /** ISO 8601 */
  readonly savedAt: string | null;
  readonly hasThumbnail?: boolean;
}

export interface Item extends ShownItem {
  readonly pinned: boolean;
  readonly blocked: boolean;
  readonly hidden: boolean;
  readonly stub: boolean;
  readonly unavailable: boolean;
  readonly hasVector: boolean;
}

export interface SearchResult extends ShownItem {
  readonly score: number;
  /** plain text */
  readonly snippet: string;
  readonly matched?: readonly ('words' | 'meaning')[];
}

export interface SearchAnswer {
  /** `text`: the query could not be embedded, so by words alone */
  readonly mode: 'hybrid' | 'text';
  readonly results: readonly SearchResult[];
}

export interface ListedItem extends Item {
  /** of what is in the trash: when it went there, and from when on it is purged */
  readonly removedAt?: string | null;
  readonly purgeAt?: string | null;
  /** why it is there, where that was asked for */
  readonly removal?: HistoryLine | null;
}

export interface ItemPage {
  readonly items: readonly ListedItem[];
  readonly next: string | null;
  readonly total?: number;
}

export interface ItemDetail extends Item {
  readonly body: string | null;
  readonly createdAt: string | null;
  readonly thumbnailUrl: string | null;
  readonly extra: Readonly<Record<string, unknown>>;
}

export interface HistoryLine {
  readonly at: string | null;
  readonly event: string;
  readonly reason: string;
  readonly snapshotId: string | null;
  readonly evidence: Readonly<Record<string, unknown>>;
  /** `source`, `sink`, or the name of a person */
  readonly author: string;
}

export interface Explanation extends ItemName {
  readonly state: ItemState | null;
  readonly history: readonly HistoryLine[];
}

export interface Overview {
  readonly version: string;
  readonly embedder: {
    readonly name: string;
    readonly model: string | null;
    readonly dimensions: number | null;
    readonly coverage: number | null;
    readonly isRemote: boolean;
    /** a rebuild can choose another model */
    readonly hasModels: boolean;
    /** null: none, and the one of the latest rebuild counts */
    readonly configuredModel: string | null;
  };
  readonly outbound: readonly { readonly host: string; readonly why: string }[];
  readonly eventLog: 'embedded' | 'kafka';
  readonly store: 'sqlite' | 'couchbase';
  /** how long what was removed is kept in the trash */
  readonly trashDays?: number;
  readonly totals: { readonly active: number; readonly trash: number; readonly held: number };
  readonly collections: readonly {
    readonly provider: string;
    readonly user: string;
    readonly collection: string;
    readonly active: number;
    readonly trash: number;
    readonly held: number;
  }[];
  readonly isEmpty: boolean;
  readonly hasSample: boolean;
  /** the built-in sample can be imported here */
  readonly samples: boolean;
  readonly connecting: readonly {
    readonly provider: string;
    readonly way: 'token' | 'code' | 'browser' | 'public';
    /** what has to be configured before it can work */
    readonly missing: readonly string[];
  }[];
}

export interface UploadView {
  readonly id: string;
  readonly provider: string;
  readonly user: string;
  readonly fileName: string;
  readonly bytes: number;
  readonly status: 'receiving' | 'queued' | 'importing' | 'done' | 'failed';
  readonly progress: { readonly phase: string; readonly done: number; readonly total: number | null } | null;
  readonly error: string | null;
  readonly createdAt: string | null;
  readonly finishedAt: string | null;
  readonly processed?: number;
  readonly new?: number;
  readonly updated?: number;
  readonly unchanged?: number;
  readonly removed?: number;
  readonly restored?: number;
  readonly held?: number;
  readonly skipped?: number;
  readonly failed?: number;
  readonly converged?: boolean | null;
  readonly asOf?: string | null;
  readonly warnings?: readonly string[];
}

export interface Decided {
  readonly itemId: string;
  readonly done: boolean;
  readonly reason: string | null;
  readonly state: ItemState | null;
}

export interface Session {
  readonly isLoggedIn: boolean;
  readonly methods: readonly ('password' | 'oidc' | 'proxy' | 'none')[];
  readonly user: string | null;
  readonly needsSetup: boolean;
}
