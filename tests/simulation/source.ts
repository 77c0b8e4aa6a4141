import type { createLiveProviders } from '../../app/live-providers.ts';
import type { ConnectBy } from '../../producers/sync/connect.ts';
import type { FakeService } from '../../testing/fake-service/fake-service.ts';
import type { Truth } from './truth.ts';

/** An export as its bytes came at some moment, which may be long ago when it is handed in. */
export interface Taken {
  readonly name: string;
  readonly bytes: Uint8Array;
  /** the moment that the person knows it to be of, ms; null: it tells itself */
  readonly asOf: number | null;
  /** made up: it is well formed, and says what is not true */
  readonly isForged: boolean;
}

/** What one account saved, and how it can be asked for it. Items are counted from 0. */
export interface Saved {
  readonly provider: string;
  readonly items: number;
  readonly truth: Truth;
  /** its lists hold all that is saved, as far as nothing goes wrong */
  readonly listsAll: boolean;
  readonly connectBy: ConnectBy | null;
  idOf(n: number): string;
  /** A word that only the present version of it has. */
  markOf(n: number): string;
  save(n: number): void;
  unsave(n: number): void;
  /** Null where there are no exports. */
  takeExport(how: 'honest' | 'forged'): Taken | null;
  /** Lists that everybody may see lack it. */
  isPrivate(n: number): boolean;
  /** Whether something was taken out in that time, ms, in a way that no page of a list tells whoever walks it. */
  shrankUnseen(since: number, until: number): boolean;
  /** Items of which the source alone cannot tell, so that what becomes of them is not judged at the end. */
  isExcused(n: number): boolean;
}

/** The world of the account that a history is about, and of a neighbour at the same provider, who may save the same items. */
export interface Source extends Saved {
  readonly neighbour: Saved;
  readonly env: Readonly<Record<string, string>>;
  readonly live?: typeof createLiveProviders;
  readonly oembed: typeof fetch;
  /** answers what is asked; null: nobody can be asked for what is saved */
  readonly service: FakeService | null;
  /** How it can be connected besides, by a list that lacks what is private; null: not at all. */
  readonly publicBy: ConnectBy | null;
  /** what must never be told (law 12) */
  readonly secrets: readonly string[];
  edit(n: number, version: number): void;
  /** From now on, until it is edited, it says what another one says. False where no two can. */
  twin(n: number, other: number): boolean;
  /** Something about it changes that is no content. */
  touch(n: number): void;
  /** Its source shows it no more, or again. */
  hide(n: number): void;
  show(n: number): void;
  /** The login's credentials are refused, or taken again; the neighbour's are not refused. */
  revoke(): void;
  grant(): void;
  /** Somebody else answers, or the right one again; the neighbour is answered as ever. */
  impersonate(isOther: boolean): void;
}
