import type { Written } from '../floor/batches.ts';
import { copyStore } from '../floor/copy-store.ts';
import { filesOf } from '../stack.ts';

/** The floor: a bare script writes the rows of the live store. */
export async function writeRows({ dataDir, to }: { readonly dataDir: string; readonly to: string }): Promise<Written> {
  return copyStore(filesOf(dataDir).store, filesOf(to).store);
}
