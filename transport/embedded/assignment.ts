import type { TopicName } from '../../core/ports/event-log.ts';

export interface Member {
  readonly id: string;
  readonly topics: readonly TopicName[];
}

export interface Claim {
  readonly topic: TopicName;
  readonly partition: number;
  /** a living member, or null */
  readonly owner: string | null;
}

/**
 * Who should own each claim, in their order; null where no member subscribes. Every member computes the same from the same
 * state. Owners keep what they have, except that nobody keeps two more than another who could take one, so that a change
 * of members moves as little as possible.
 */
export function assign(members: readonly Member[], claims: readonly Claim[]): readonly (string | null)[] {
  const subscribed = new Map(members.map(({ id, topics }) => [id, new Set(topics)]));
  const ids = [...subscribed.keys()].toSorted();
  const loads = new Map(ids.map((id) => [id, 0]));
  const addLoad = (id: string, amount: number): void => void loads.set(id, (loads.get(id) ?? 0) + amount);
  const leastLoaded = (topic: TopicName): string | null => {
    const candidates = ids.filter((id) => subscribed.get(id)?.has(topic));
    return candidates.toSorted((a, b) => (loads.get(a) ?? 0) - (loads.get(b) ?? 0))[0] ?? null;
  };

  const owners = claims.map(({ topic, owner }) => (owner !== null && subscribed.get(owner)?.has(topic) ? owner : null));
  for (const owner of owners) if (owner !== null) addLoad(owner, 1);
  for (const [index, { topic }] of claims.entries()) {
    if (owners[index] !== null) continue;
    const taker = leastLoaded(topic);
    owners[index] = taker;
    if (taker !== null) addLoad(taker, 1);
  }
  for (;;) {
    const move = firstMove(claims, owners, loads, leastLoaded);
    if (move === null) return owners;
    addLoad(owners[move.index] ?? '', -1);
    addLoad(move.taker, 1);
    owners[move.index] = move.taker;
  }
}

/** The claim of the most loaded owner that someone with at least two fewer could take. Each move evens loads, so they end. */
function firstMove(
  claims: readonly Claim[],
  owners: readonly (string | null)[],
  loads: ReadonlyMap<string, number>,
  leastLoaded: (topic: TopicName) => string | null,
): { readonly index: number; readonly taker: string } | null {
  const loadOf = (id: string | null): number => (id === null ? 0 : (loads.get(id) ?? 0));
  let best: { readonly index: number; readonly taker: string; readonly gap: number } | null = null;
  for (const [index, { topic }] of claims.entries()) {
    const taker = leastLoaded(topic);
    const gap = loadOf(owners[index] ?? null) - loadOf(taker);
    if (taker !== null && gap >= 2 && gap > (best?.gap ?? 0)) best = { index, taker, gap };
  }
  return best;
}
