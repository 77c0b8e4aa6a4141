import type { MetadataStore } from '../../core/ports/metadata-store.ts';
import type { HeldInScope } from './notice.ts';

/** What one target was told, and who is telling it now: a document of the metadata. */
export interface Told {
  readonly claim: { readonly by: string; readonly until: number } | null;
  /** when the account was connected, ms, by its name: of those that need to be connected again */
  readonly accounts: Readonly<Record<string, number>>;
  /** by scope; the sketch is absent in what was noted before there were any */
  readonly held: Readonly<Record<string, Pick<HeldInScope, 'digest'> & Partial<Pick<HeldInScope, 'sketch'>>>>;
  /** next offset by partition */
  readonly deadLetters: Readonly<Record<string, number>>;
  /** the time that was due of the backup that failed, ms; 0: none */
  readonly backupSlot: number;
}

const PREFIX = 'notifier:';
const NOTHING: Told = { claim: null, accounts: {}, held: {}, deadLetters: {}, backupSlot: 0 };

export async function readTold(
  metadata: MetadataStore,
  target: string,
): Promise<{ readonly told: Told; readonly version: string | null }> {
  const document = await metadata.get(`${PREFIX}${target}`);
  return { told: { ...NOTHING, ...(document?.value as Told | undefined) }, version: document?.version ?? null };
}

/** For another log, whose dead letters are others. */
export async function forgetTold(metadata: MetadataStore): Promise<void> {
  for (const { key } of await metadata.list(PREFIX)) await metadata.remove(key);
}

/** Resolves to the new version; null when another process was first. */
export async function writeTold(
  metadata: MetadataStore,
  target: string,
  version: string | null,
  told: Told,
): Promise<string | null> {
  return await metadata.compareAndSet(`${PREFIX}${target}`, version, told);
}
