import { InputError } from '../../core/errors.ts';
import type { MetadataStore } from '../../core/ports/metadata-store.ts';

interface CopyDocument {
  readonly topicPrefix: string;
  /** ms since the epoch */
  readonly copiedAt: number;
}

const KEY = 'copied';
const DAY_MS = 86_400_000;
/** The log keeps tombstones for 30 days: later nobody can tell what has to be erased from the copies. */
const LONGEST_MS = 25 * DAY_MS;

/** @throws InputError where it is so long ago that copies were up to date that some tombstones since may be gone */
export async function checkCopied(metadata: MetadataStore, topicPrefix: string, now: number): Promise<void> {
  const copied = (await metadata.get(KEY))?.value as CopyDocument | undefined;
  if (copied === undefined || copied.topicPrefix !== topicPrefix || now - copied.copiedAt <= LONGEST_MS) return;
  const days = Math.floor((now - copied.copiedAt) / DAY_MS);
  throw new InputError(
    `the copies with the prefix '${topicPrefix}' are ${days} days old, and what was erased since may not be told any more: delete those topics, or set HOARDARR_TOPIC_PREFIX to another one`,
  );
}

/** The copies hold, or did not hold yet, everything that the log held at `copiedAt`. */
export async function noteCopied(metadata: MetadataStore, topicPrefix: string, copiedAt: number): Promise<void> {
  for (;;) {
    const stored = await metadata.get(KEY);
    const next: CopyDocument = { topicPrefix, copiedAt };
    if ((await metadata.compareAndSet(KEY, stored?.version ?? null, next)) !== null) return;
  }
}

/** The copies are the log now. */
export async function forgetCopied(metadata: MetadataStore): Promise<void> {
  await metadata.remove(KEY);
}
