import type { Account } from '../../core/keys.ts';
import type { MetadataStore } from '../../core/ports/metadata-store.ts';
import { changeSyncMetadata } from '../../producers/sync-metadata.ts';
import type { App } from '../app.ts';
import type { PinnedEmbedder } from '../current-store.ts';
import { removeEmbeddedLog } from '../data-folder.ts';
import { bindToKafka } from '../open-log.ts';
import { KEEP_OLD_MS } from '../presence.ts';
import { moveClaim } from '../store-claim.ts';
import { forgetCopied } from './copy-age.ts';

/** What is left to do once the embedded log was left: written before, so that whoever was cut off can be followed. */
export interface MoveDocument {
  /** the log that counts from then on, as OpenedLog names it */
  readonly to: string;
  readonly topicPrefix: string;
  /** of the store, folded from the new log */
  readonly generation: number;
  readonly embedder: PinnedEmbedder | null;
  /** some positions are others in the new log */
  readonly shifted: boolean;
}

const KEY = 'move';

export async function readMove(metadata: MetadataStore): Promise<MoveDocument | null> {
  return ((await metadata.get(KEY))?.value as MoveDocument | undefined) ?? null;
}

export async function writeMove(metadata: MetadataStore, move: MoveDocument): Promise<void> {
  for (;;) {
    const stored = await metadata.get(KEY);
    if ((await metadata.compareAndSet(KEY, stored?.version ?? null, move)) !== null) return;
  }
}

/**
 * Everything after the moment from which only the new log counts. Each step can be repeated, and the last one that needs the
 * others is the marker by which a start tells which log the folder belongs to.
 */
export async function finishMove(app: App, move: MoveDocument, accounts: readonly Account[]): Promise<void> {
  const { metadata, stores, config } = app;
  // They are sought in the new log from its beginning, which takes longer and finds the same.
  if (move.shifted)
    for (const account of accounts)
      await changeSyncMetadata(metadata, account, (stored) => ({ ...stored, scannedTo: 0 }));
  await stores.refresh();
  if (stores.generation !== move.generation) await stores.switchTo(move.generation, move.embedder);
  await stores.refresh();
  await moveClaim(metadata, move.to);
  bindToKafka(config.dataDir, move.topicPrefix);
  removeEmbeddedLog(config.dataDir);
  await forgetCopied(metadata);
}

/**
 * Removes what only the embedded log needed, once nobody reads it any more: purges from now on do not reach it. Only then is the
 * move over, so that whoever was cut off before can be followed.
 */
export async function endMove({ metadata, generations, clock }: App, move: MoveDocument): Promise<void> {
  await clock.sleep(KEEP_OLD_MS);
  for (const generation of await generations.list())
    if (generation !== move.generation) await generations.remove(generation);
  await metadata.remove(KEY);
}
