import type { MetadataStore } from '../../core/ports/metadata-store.ts';

/** What was told, and who is telling now: a document of the metadata. Of accounts their own documents say it. */
export interface Told {
  readonly claim: { readonly by: string; readonly until: number } | null;
  readonly held: Readonly<Record<string, { readonly count: number; readonly digest: string }>>;
  /** next offset by partition */
  readonly deadLetters: Readonly<Record<string, number>>;
}

const KEY = 'notifier';
const NOTHING: Told = { claim: null, held: {}, deadLetters: {} };

export async function readTold(
  metadata: MetadataStore,
): Promise<{ readonly told: Told; readonly version: string | null }> {
  const document = await metadata.get(KEY);
  return { told: { ...NOTHING, ...(document?.value as Told | undefined) }, version: document?.version ?? null };
}

/** For another log, whose dead letters are others. */
export async function forgetTold(metadata: MetadataStore): Promise<void> {
  await metadata.remove(KEY);
}

/** False when another process was first. */
export async function writeTold(metadata: MetadataStore, version: string | null, told: Told): Promise<boolean> {
  return (await metadata.compareAndSet(KEY, version, told)) !== null;
}
