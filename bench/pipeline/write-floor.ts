import type { Written } from '../floor/batches.ts';
import { copyFile } from '../floor/copy-file.ts';
import { copyStore } from '../floor/copy-store.ts';
import { filesOf } from '../stack.ts';

export interface FloorInput {
  /** data folder of a run of the pipeline, whose bytes are written again */
  readonly dataDir: string;
  /** an empty folder */
  readonly to: string;
}

export interface FloorResult {
  readonly log: Written;
  readonly cache: Written;
  readonly store: Written;
}

/** A bare script that writes what the pipeline wrote to the same tables, with the same promise to survive power cuts. */
export async function writeFloor({ dataDir, to }: FloorInput): Promise<FloorResult> {
  const from = filesOf(dataDir);
  const into = filesOf(to);
  return {
    log: copyFile(from.log, into.log, 'power'),
    cache: copyFile(from.cache, into.cache, 'process'),
    store: copyStore(from.store, into.store),
  };
}
