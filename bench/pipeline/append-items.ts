import { sampleItems } from '../sample-items.ts';
import type { Stack } from '../stack.ts';

export const ACCOUNT = { provider: 'tiktok', user: 'me' };
/** Records of a run besides its items: what begins and what ends it. */
export const FRAME_RECORDS = 2;

const ITEMS_AT_ONCE = 500;
const COLLECTION = 'favorites';

/** What a producer's run of so many items appends. Resolves to the position of its last record, when it is acknowledged. */
export async function appendItems(stack: Stack, items: number, textBytes: number): Promise<number> {
  const itemAt = sampleItems(textBytes);
  const run = stack.newRun(ACCOUNT, 'bench', 1);
  await run.append(
    [
      {
        type: 'SyncStarted',
        value: { mode: 'full', login: null, causedBy: null, commandId: null, credentialKind: null },
      },
    ],
    () => {},
  );
  for (let from = 0; from < items; from += ITEMS_AT_ONCE) {
    const count = Math.min(ITEMS_AT_ONCE, items - from);
    const records = Array.from({ length: count }, (_, i) => {
      return { type: 'RawItem', value: { ...itemAt(from + i), collection: COLLECTION } } as const;
    });
    await run.append(records, () => {});
  }
  return await run.append([{ type: 'SyncFinished', value: { status: 'done', error: null, counts: {} } }], () => {});
}
