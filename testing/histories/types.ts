import type { Decoded } from '../../core/ports/schema-codec.ts';

/** The scope that all histories are about, one account with six items. */
export const SCOPE = { provider: 'reddit', user: 'me', collection: 'saved' } as const;
export const ITEM_COUNT = 6;
/** one step of the world's clock, ms */
export const TICK_MS = 900_000;
/** ticks in an hour */
export const HOUR = 4;
const EPOCH_MS = Date.UTC(2026, 0, 1);

export const msOf = (tick: number): number => EPOCH_MS + tick * TICK_MS;
export const tickOf = (ms: number): number => (ms - EPOCH_MS) / TICK_MS;

/** How the source can be asked: about single items, only by exports, or only by walks. */
export type Proof = 'verdict' | 'absence' | 'walks';

/** Uniform in [0, 1). */
export type Random = () => number;

/** mulberry32: small, seeded, good enough to draw histories from. */
export function randomFrom(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** A record of `ingest` or `enriched`; in the latter `offset` differs from `position`. */
export interface HistoryRecord {
  readonly offset: number;
  readonly position: number;
  readonly key: string;
  /** null: a tombstone */
  readonly decoded: Decoded | null;
  readonly first: number;
  readonly firstKey: string | null;
  /** stands in `enriched` for a record that went to the dead letters */
  readonly poison?: true;
}
