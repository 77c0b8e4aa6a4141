import { accountName } from '../../core/keys.ts';
import { cpuMs } from '../measure.ts';
import { openStack, waitFor } from '../stack.ts';
import { ACCOUNT, appendItems } from './append-items.ts';

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

/** Everything from a producer's append to the store, in one process. */
export async function runPipeline({ dataDir, items, textBytes, dimensions }: PipelineInput): Promise<PipelineResult> {
  const stack = await openStack(dataDir, dimensions);
  await stack.start();
  const since = performance.now();
  const cpuSince = cpuMs();
  const last = await appendItems(stack, items, textBytes);
  const appendMs = performance.now() - since;
  const partition = stack.log.partitionOf(accountName(ACCOUNT));
  await waitFor(async () => (await stack.store.progress(partition)).position >= last);
  const ms = performance.now() - since;
  const cpu = cpuMs() - cpuSince;
  const digest = await stack.store.digest();
  await stack.close();
  return { ms, cpuMs: cpu, appendMs, digest };
}
