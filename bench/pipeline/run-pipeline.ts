import { accountName } from '../../core/keys.ts';
import type { EventLog } from '../../core/ports/event-log.ts';
import { cpuMs } from '../measure.ts';
import { sampleItems } from '../sample-items.ts';
import { openStack, waitFor } from '../stack.ts';

export interface PipelineInput {
  readonly dataDir: string;
  readonly items: number;
  readonly textBytes: number;
  readonly dimensions: number;
}

export interface PipelineResult {
  /** from the first append to the last item applied */
  readonly ms: number;
  /** computing, meanwhile */
  readonly cpuMs: number;
  readonly appendMs: number;
  readonly digest: string;
}

const ITEMS_AT_ONCE = 500;
const COLLECTION = 'favorites';

const account = { provider: 'tiktok', user: 'me' };

/**
 * Everything from a producer's append to the store, in one process.
 *
 * @param eventLog one that is not in the data folder
 */
export async function runPipeline(input: PipelineInput, eventLog?: EventLog): Promise<PipelineResult> {
  const stack = await openStack(input.dataDir, input.dimensions, eventLog);
  const itemAt = sampleItems(input.textBytes);
  await stack.start();
  const run = stack.newRun(account, 'bench', 1);
  const since = performance.now();
  const cpuSince = cpuMs();
  await run.append(
    [{ type: 'SyncStarted', value: { mode: 'full', login: null, causedBy: null, commandId: null } }],
    () => {},
  );
  for (let from = 0; from < input.items; from += ITEMS_AT_ONCE) {
    const count = Math.min(ITEMS_AT_ONCE, input.items - from);
    const records = Array.from({ length: count }, (_, i) => {
      return { type: 'RawItem', value: { ...itemAt(from + i), collection: COLLECTION } } as const;
    });
    await run.append(records, () => {});
  }
  const last = await run.append(
    [{ type: 'SyncFinished', value: { status: 'done', error: null, counts: {} } }],
    () => {},
  );
  const appendMs = performance.now() - since;
  const partition = stack.log.partitionOf(accountName(account));
  await waitFor(async () => (await stack.store.progress(partition)).position >= last);
  const ms = performance.now() - since;
  const cpu = cpuMs() - cpuSince;
  const digest = await stack.store.digest();
  await stack.close();
  return { ms, cpuMs: cpu, appendMs, digest };
}
