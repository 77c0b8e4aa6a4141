import { DEAD_LETTER_HEADER } from '../../core/dead-letter.ts';
import type { EventLog } from '../../core/ports/event-log.ts';
import type { HeldGroup, ItemStore } from '../../core/ports/item-store.ts';
import type { MetadataStore } from '../../core/ports/metadata-store.ts';
import { digestOfIds } from '../../core/set-digest.ts';
import { readSyncMetadata } from '../../producers/sync-metadata.ts';
import { isWithin, sketchOf } from './id-sketch.ts';
import type { HeldInScope, RefusedAccount } from './notice.ts';
import type { Told } from './told.ts';

/** Accounts that need to be connected again. */
export async function refusedAccounts(
  metadata: MetadataStore,
  providers: readonly string[],
): Promise<readonly RefusedAccount[]> {
  const found: RefusedAccount[] = [];
  for (const provider of providers) {
    for (const { key, value } of await metadata.list(`${provider}:`)) {
      const user = key.slice(provider.length + 1);
      const { needsReauth, connectedAt } = readSyncMetadata({ provider, user }, value);
      if (needsReauth) found.push({ provider, user, connectedAt });
    }
  }
  return found;
}

/** What is held now, by scope. */
export async function heldNow(store: Pick<ItemStore, 'held'>): Promise<readonly HeldInScope[]> {
  const byScope = new Map<string, HeldGroup[]>();
  for (const group of await store.held()) {
    const groups = byScope.get(group.scope);
    if (groups === undefined) byScope.set(group.scope, [group]);
    else groups.push(group);
  }
  return [...byScope].map(([scope, groups]) => {
    const itemIds = groups.flatMap((group) => group.itemIds);
    return {
      scope,
      count: itemIds.length,
      groups: groups.map(({ id, count }) => ({ id, count })),
      digest: digestOfIds(itemIds),
      sketch: sketchOf(itemIds),
    };
  });
}

/**
 * Whether somebody was told of these. A newer snapshot may hold the same items anew, and a person may have decided about some:
 * neither is news. Where it cannot be known, they count as news: told twice is better than not at all.
 */
export function isTold({ scope, digest, sketch }: HeldInScope, { held }: Told): boolean {
  const before = held[scope];
  if (before === undefined) return false;
  if (before.digest === digest) return true;
  return sketch !== null && typeof before.sketch === 'string' && isWithin(sketch, before.sketch);
}

export interface NewDeadLetters {
  readonly byStage: Readonly<Record<string, number>>;
  /** next offset by partition: those before it are in `byStage`, or were told of */
  readonly next: Readonly<Record<string, number>>;
}

const PAGE_RECORDS = 100;

/** Dead letters that nobody was told of, and that were neither redriven nor erased meanwhile. */
export async function newDeadLetters(log: EventLog, told: Told): Promise<NewDeadLetters> {
  const stages = new Map<string, readonly string[]>();
  const next: Record<string, number> = {};
  for (const { partition, end } of await log.ends('dead-letter')) {
    let from = told.deadLetters[partition] ?? 0;
    while (from < end) {
      const records = await log.read('dead-letter', partition, from, { records: PAGE_RECORDS });
      for (const { key, value, headers } of records) {
        const slot = `${partition} ${key}`;
        if (value === null) stages.delete(slot);
        else stages.set(slot, [...(stages.get(slot) ?? []), headers[DEAD_LETTER_HEADER.stage] ?? 'unknown']);
      }
      from = (records.at(-1)?.offset ?? end - 1) + 1;
    }
    next[partition] = from;
  }
  const byStage: Record<string, number> = {};
  for (const stage of [...stages.values()].flat()) byStage[stage] = (byStage[stage] ?? 0) + 1;
  return { byStage, next };
}
