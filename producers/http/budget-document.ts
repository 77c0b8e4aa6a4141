import type { BudgetReading, RateCeiling } from './types.ts';

/** Grants that fell into one slice of the window; slices keep the document small, and count until their end has left it. */
interface Slice {
  /** ms since the epoch */
  readonly from: number;
  readonly count: number;
}

/** One budget of a credential: what was granted of late, and what the provider last said. */
export interface ResourceState {
  readonly slices: readonly Slice[];
  /** as the provider said; `left` is lowered by every grant since */
  readonly said: { readonly left: number; readonly resetAt: number } | null;
  /** nobody may ask before, ms */
  readonly blockedUntil: number;
  /** as it was when a request was granted last; absent before */
  readonly ceiling?: RateCeiling;
}

/** What all processes know of a credential's budgets. */
export interface BudgetState {
  readonly resources: Readonly<Record<string, ResourceState>>;
  /** requests on their way */
  readonly busy: readonly { readonly id: string; readonly instance: string; readonly until: number }[];
}

const SLICES_OF_A_WINDOW = 100;
/** Two readings whose windows end so close together speak of the same window. */
const SAME_WINDOW_MS = 10_000;
/** No provider has a longer window. */
export const LONGEST_BLOCK_MS = 86_400_000;
const NEW: ResourceState = { slices: [], said: null, blockedUntil: 0 };

export function resourceOf(state: BudgetState, resource: string): ResourceState {
  return state.resources[resource] ?? NEW;
}

/**
 * The state after a clock was put right that had been ahead: what was granted then counts as granted now, since it may have
 * been a moment ago; what was said then is forgotten, and the next reply says it again. The same object where nothing is to
 * be done.
 */
export function setRight(state: ResourceState, ceiling: RateCeiling, now: number): ResourceState {
  const current = sliceOf(now, ceiling);
  const ahead = state.slices.filter(({ from }) => from > now);
  const isBlocked = state.blockedUntil > now + LONGEST_BLOCK_MS;
  const isSaid = state.said !== null && state.said.resetAt > now + 2 * ceiling.windowMs;
  if (ahead.length === 0 && !isBlocked && !isSaid) return state;
  const count = state.slices.reduce((sum, slice) => sum + (slice.from >= current ? slice.count : 0), 0);
  const before = state.slices.filter(({ from }) => from < current);
  return {
    ...state,
    slices: count === 0 ? before : [...before, { from: current, count }],
    said: isSaid ? null : state.said,
    blockedUntil: isBlocked ? 0 : state.blockedUntil,
  };
}

/** When the next request may go: now or earlier, it may; `reason` says what it waits for. */
export function whenFree(
  { slices, said, blockedUntil }: ResourceState,
  ceiling: RateCeiling,
  now: number,
): { readonly at: number; readonly reason: string } {
  if (blockedUntil > now) return { at: blockedUntil, reason: 'the provider asked to wait' };
  if (said !== null && said.resetAt > now && said.left <= 0)
    return { at: said.resetAt, reason: 'the budget of the provider’s window is used up' };
  const live = slices.filter((slice) => leavesAt(slice, ceiling) > now);
  let over = live.reduce((sum, { count }) => sum + count, 0) - (ceiling.requests - ceiling.reserve) + 1;
  let at = now;
  for (const slice of live) {
    if (over <= 0) break;
    at = leavesAt(slice, ceiling);
    over -= slice.count;
  }
  return { at, reason: 'the ceiling of requests is reached' };
}

/** Requests that may go now, without the reserve; null: nothing was asked yet. */
export function leftOf({ slices, said, blockedUntil, ceiling }: ResourceState, now: number): number | null {
  if (ceiling === undefined) return null;
  if (blockedUntil > now) return 0;
  const granted = slices.filter((slice) => leavesAt(slice, ceiling) > now).reduce((sum, { count }) => sum + count, 0);
  const ours = ceiling.requests - ceiling.reserve - granted;
  return Math.max(0, said !== null && said.resetAt > now ? Math.min(ours, said.left) : ours);
}

/** When all of it can be had again, by what is known now, ms since the epoch; null: it can be had now. */
export function fullAgainAt({ slices, said, blockedUntil, ceiling }: ResourceState, now: number): number | null {
  if (ceiling === undefined) return null;
  const ours = slices.map((slice) => leavesAt(slice, ceiling));
  const at = Math.max(blockedUntil, said?.resetAt ?? 0, ...ours);
  return at > now ? at : null;
}

/** Takes one request out of the budget. */
export function grant(state: ResourceState, ceiling: RateCeiling, now: number): ResourceState {
  const from = sliceOf(now, ceiling);
  const live = state.slices.filter((slice) => leavesAt(slice, ceiling) > now);
  const last = live.at(-1);
  const slices =
    last !== undefined && last.from >= from
      ? [...live.slice(0, -1), { from: last.from, count: last.count + 1 }]
      : [...live, { from, count: 1 }];
  const said = state.said === null || state.said.resetAt <= now ? null : { ...state.said, left: state.said.left - 1 };
  return { ...state, slices, said, ceiling };
}

/** Puts back a request that the provider did not count. */
export function giveBack(state: ResourceState, grantedAt: number, ceiling: RateCeiling): ResourceState {
  const from = sliceOf(grantedAt, ceiling);
  return {
    ...state,
    slices: state.slices.map((slice) => (slice.from === from ? { from, count: Math.max(0, slice.count - 1) } : slice)),
    said: state.said === null ? null : { ...state.said, left: state.said.left + 1 },
  };
}

/** Takes in what a reply said; `others` are on their way, and not yet counted in it. */
export function learn(state: ResourceState, reading: BudgetReading, others: number): ResourceState {
  const { said } = state;
  const left = reading.remaining - others;
  const sameWindow = said !== null && Math.abs(said.resetAt - reading.resetAt) <= SAME_WINDOW_MS;
  if (said !== null && !sameWindow && reading.resetAt < said.resetAt) return state;
  return {
    ...state,
    said: { left: sameWindow ? Math.min(said.left, left) : left, resetAt: reading.resetAt },
  };
}

function sliceOf(at: number, ceiling: RateCeiling): number {
  return Math.floor(at / sliceMs(ceiling)) * sliceMs(ceiling);
}

function sliceMs({ windowMs }: RateCeiling): number {
  return Math.ceil(windowMs / SLICES_OF_A_WINDOW);
}

/** When the last request that can be in the slice has left the window. */
function leavesAt({ from }: Slice, ceiling: RateCeiling): number {
  return from + sliceMs(ceiling) + ceiling.windowMs;
}
