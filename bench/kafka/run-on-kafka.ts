import { existsSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { systemClock } from '../../app/clock.ts';
import { createTelemetry } from '../../app/telemetry.ts';
import { accountName } from '../../core/keys.ts';
import type { EventLog } from '../../core/ports/event-log.ts';
import { openKafkaLog } from '../../transport/kafka/open-kafka-log.ts';
import { cpuMs } from '../measure.ts';
import { ACCOUNT, appendItems, FRAME_RECORDS } from '../pipeline/append-items.ts';
import type { PipelineInput } from '../pipeline/run-pipeline.ts';
import { seededRandom } from '../seeded-random.ts';
import { openStack, type Stack, waitFor } from '../stack.ts';

export interface KafkaPlace {
  readonly brokers: readonly string[];
  readonly topicPrefix: string;
}

export interface RoleInput extends PipelineInput, KafkaPlace {
  readonly role: 'producer' | 'embed' | 'sink';
}

export interface RoleResult {
  /** ms since the epoch: from the first append, or from when it was ready, to its last effect */
  readonly since: number;
  readonly until: number;
  /** computing, meanwhile */
  readonly cpuMs: number;
}

const LOOK_MS = 50;

export async function openBenchLog({ brokers, topicPrefix }: KafkaPlace): Promise<EventLog> {
  const { log } = createTelemetry({ level: 'error', secrets: [] });
  return await openKafkaLog({ brokers, topicPrefix, clock: systemClock, random: seededRandom(process.pid), log });
}

/** One role of the pipeline in this process, to its end; the others are in theirs, as on several machines. */
export async function runOnKafka(input: RoleInput): Promise<RoleResult> {
  const { dataDir, role } = input;
  const stack = await openStack(dataDir, input.dimensions, await openBenchLog(input));
  const isReady = (of: string): boolean => existsSync(path.join(dataDir, `${of}.ready`));
  if (role === 'producer') {
    await waitFor(async () => isReady('embed') && isReady('sink'), LOOK_MS);
  } else {
    await stack.start(role);
    writeFileSync(path.join(dataDir, `${role}.ready`), '');
    await waitFor(async () => isReady('embed') && isReady('sink'), LOOK_MS);
  }
  const since = Date.now();
  const cpuSince = cpuMs();
  await WORK[role](stack, input);
  const result = { since, until: Date.now(), cpuMs: cpuMs() - cpuSince };
  await stack.close();
  return result;
}

const WORK: Readonly<Record<RoleInput['role'], (stack: Stack, input: RoleInput) => Promise<unknown>>> = {
  producer: (stack, { items, textBytes }) => appendItems(stack, items, textBytes),
  embed: ({ log }, { items }) => {
    const partition = log.partitionOf(accountName(ACCOUNT));
    const hasAll = async (): Promise<boolean> =>
      (await log.ends('enriched')).some((each) => each.partition === partition && each.end >= items + FRAME_RECORDS);
    return waitFor(hasAll, LOOK_MS);
  },
  sink: ({ log, store }, { items }) => {
    const partition = log.partitionOf(accountName(ACCOUNT));
    return waitFor(async () => (await store.progress(partition)).position >= items + FRAME_RECORDS - 1);
  },
};
