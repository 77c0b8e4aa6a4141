import type { MetadataStore } from '../../core/ports/metadata-store.ts';
import { isSwapDue, type Marker, readMarker } from './marker.ts';

/** A restore, as people see it. */
export interface Restore {
  readonly id: string;
  readonly state: 'restarting' | 'done' | 'failed';
  /** name of the backup */
  readonly from: string;
  readonly items: number;
  /** ISO 8601: when the backup was made, and when it was asked for */
  readonly backupAt: string;
  readonly startedAt: string;
  /** why it failed; all is as before then */
  readonly detail: string | null;
}

const KEY = 'restore';

export function toRestore({ phase, ...about }: Marker): Restore {
  if (phase === 'failed') return { ...about, state: 'failed' };
  return { ...about, state: phase === 'placed' || phase === 'done' ? 'done' : 'restarting' };
}

/** The restore under way, or else the last one; null where there was none. */
export async function readRestore(dataDir: string, metadata: MetadataStore): Promise<Restore | null> {
  const marker = readMarker(dataDir);
  if (marker !== null && isSwapDue(marker)) return toRestore(marker);
  return ((await metadata.get(KEY))?.value as Restore | undefined) ?? null;
}

export async function writeRestore(metadata: MetadataStore, restore: Restore): Promise<void> {
  for (;;) {
    const stored = await metadata.get(KEY);
    if ((await metadata.compareAndSet(KEY, stored?.version ?? null, restore)) !== null) return;
  }
}
