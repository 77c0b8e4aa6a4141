import { accountName, itemOfKey, scopeName } from '../core/keys.ts';
import type { FoldInput } from './fold-input.ts';
import { actedEvent, type UnitOfWork } from './unit-of-work.ts';

/** One record of a batch: something to fold, nothing (a tombstone), or what could not be read. */
export type BatchRecord =
  | { readonly kind: 'input'; readonly input: FoldInput }
  | { readonly kind: 'empty'; readonly offset: number; readonly position: number }
  /** stands for a record that an earlier stage put into the dead letters: its key still names content that a purge must find */
  | { readonly kind: 'marker'; readonly offset: number; readonly position: number; readonly key: string }
  | {
      readonly kind: 'poison';
      readonly offset: number;
      readonly position: number;
      readonly key: string;
      readonly error: string;
    };

/** The item that a record is of, and of no other. */
export function itemOf(record: BatchRecord): { readonly scope: string; readonly itemId: string } | null {
  if (record.kind === 'empty') return null;
  if (record.kind !== 'input') return itemOfKey(record.key);
  const { type, value } = record.input.decoded;
  if (type === 'EnrichedItem') return { scope: scopeName(value.item), itemId: value.item.itemId };
  if (type === 'ItemVerdict' || type === 'Decision' || type === 'LateVector')
    return { scope: scopeName(value), itemId: value.itemId };
  return null;
}

/** Law 7: content that never arrived is still in the log, under this key. */
export function foldMarker(unit: UnitOfWork, marker: { readonly offset: number; readonly key: string }): void {
  const item = itemOfKey(marker.key);
  if (item === null) return;
  const draft = unit.draft(item.scope, item.itemId);
  if (draft.row.state === 'purged' || draft.row.blocked) unit.effects.tombstones.push(marker.key);
  else if (!draft.row.contentKeys.includes(marker.key)) {
    draft.row.contentKeys.push(marker.key);
    draft.dirty = true;
  }
}

/** Loads what the records will ask for, in few calls. */
export async function prefetch(unit: UnitOfWork, records: readonly BatchRecord[]): Promise<void> {
  const items = new Map<string, string[]>();
  const events: string[] = [];
  const wanted = (scope: string, itemId: string): void => {
    const ids = items.get(scope);
    if (ids === undefined) items.set(scope, [itemId]);
    else ids.push(itemId);
  };
  for (const record of records) {
    const item = itemOf(record);
    if (item !== null) wanted(item.scope, item.itemId);
    if (record.kind !== 'input') continue;
    const { type, value } = record.input.decoded;
    const isRedriven = record.input.first !== record.input.position;
    if (type === 'Decision')
      events.push(
        `decision ${value.eventId}`,
        `left out ${value.eventId}`,
        ...[record.input.key, ...record.input.otherKeys].map(actedEvent),
      );
    else if (isRedriven) {
      const produced = type === 'EnrichedItem' ? value.item : value;
      if ('provider' in produced) events.push(`redriven ${accountName(produced)} ${produced.eventId}`);
    }
  }
  for (const [scope, ids] of items) await unit.loadItems(scope, ids);
  await unit.loadEvents(events);
}
