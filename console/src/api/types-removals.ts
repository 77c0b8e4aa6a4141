import type { Decided, ItemName } from './types.ts';

/** Removals of one snapshot that wait for a person, as `GET v1/held` tells them. */
export interface HeldGroup {
  readonly id: string;
  readonly scope: string;
  readonly provider?: string;
  readonly user?: string;
  readonly collection?: string;
  readonly count: number;
  readonly reason: string;
  /** ISO 8601 */
  readonly createdAt: string | null;
  readonly evidence?: Readonly<Record<string, unknown>>;
  readonly items: readonly HeldItem[];
}

export interface HeldItem {
  readonly itemId: string;
  readonly title: string | null;
  readonly url: string | null;
  readonly author?: string | null;
  readonly savedAt?: string | null;
  /** in plain words */
  readonly why?: string;
}

export type JournalKind = 'removed' | 'restored' | 'held' | 'purged';

/** Something that was removed, or came back, and why. */
export interface JournalEntry extends ItemName {
  readonly id: string;
  readonly at: string | null;
  readonly kind: JournalKind;
  readonly title: string | null;
  readonly url: string | null;
  readonly reason: string;
  readonly snapshotId: string | null;
  readonly evidence: Readonly<Record<string, unknown>>;
  readonly author: string;
}

export interface JournalPage {
  readonly entries: readonly JournalEntry[];
  readonly next: string | null;
}

/** What of many decisions is in force. */
export interface Decisions {
  readonly done: number;
  readonly items: readonly (ItemName & Decided)[];
}
