import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { openLocalCodec } from '../codec/local/open-local-codec.ts';
import { InputError } from '../core/errors.ts';
import type { Clock, Random } from '../core/ports/clock.ts';
import type { EventLog } from '../core/ports/event-log.ts';
import type { MovableLog } from '../core/ports/movable-log.ts';
import type { SchemaCodec } from '../core/ports/schema-codec.ts';
import type { Logger } from '../core/ports/telemetry.ts';
import { openEmbeddedLog } from '../transport/embedded/open-embedded-log.ts';
import type { Config } from './config.ts';
import type { KafkaSettings, SchemaRegistrySettings } from './config-servers.ts';
import { DATA_FILES, removeEmbeddedLog } from './data-folder.ts';
import { writeFileWhole } from './write-file-whole.ts';

/** The log, and the codec whose schema ids its records carry: neither can be read without the other. */
export interface OpenedLog {
  readonly log: EventLog;
  readonly codec: SchemaCodec;
  /** names the log for good: no other one has it */
  readonly id: string;
  /** the same log, where `migrate` can bring it elsewhere; null on Kafka */
  readonly movable: MovableLog | null;
  /** as OpenTelemetry names it */
  readonly system: string;
  close(): Promise<void>;
}

export interface LogDeps {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  /** Ends waiting for servers that cannot be reached. */
  readonly signal?: AbortSignal;
}

/**
 * Opens the log that the configuration names: embedded in the data folder, or on Kafka with a schema registry.
 *
 * @throws InputError where the data folder belongs to another log, or what openKafkaLog and openRegistryCodec refuse
 */
export async function openLog(config: Config, deps: LogDeps): Promise<OpenedLog> {
  const { dataDir, kafka, schemaRegistry, topicPrefix } = config;
  await claimFolder(dataDir, kafka === null ? null : topicPrefix, deps);
  if (kafka === null || schemaRegistry === null) {
    const log = await openEmbeddedLog({ dataDir, ...deps });
    try {
      // `migrate` may have ended in between, and this one is a new file then.
      await claimFolder(dataDir, null, deps);
    } catch (error) {
      await log.close();
      throw error;
    }
    const codec = openLocalCodec({ dataDir });
    const id = `embedded ${log.id}`;
    return { log, movable: log, id, codec, system: 'hoardarr', close: () => log.close() };
  }
  return await openDistributed(kafka, schemaRegistry, { topicPrefix }, deps);
}

/** The log on Kafka, whose packages nobody else loads. `partitions`: how many it has to have; absent: whatever it has. */
export async function openDistributed(
  kafka: KafkaSettings,
  registry: SchemaRegistrySettings,
  { topicPrefix, partitions }: { readonly topicPrefix: string; readonly partitions?: number },
  deps: LogDeps,
): Promise<OpenedLog> {
  const [{ openRegistryCodec }, { openKafkaLog }] = await Promise.all([
    import('../codec/registry/open-registry-codec.ts'),
    import('../transport/kafka/open-kafka-log.ts'),
  ]);
  const codec = await openRegistryCodec({ ...registry, register: registry.autoRegister, topicPrefix, ...deps });
  try {
    const wanted = partitions === undefined ? {} : { partitions };
    const log = await openKafkaLog({ ...kafka, topicPrefix, ...wanted, ...deps });
    return {
      log,
      id: `kafka ${log.id}`,
      movable: null,
      codec,
      system: 'kafka',
      async close() {
        await log.close();
        await codec.close();
      },
    };
  } catch (error) {
    await codec.close();
    throw error;
  }
}

/** What is stored goes by positions in one log, and means nothing in another. */
async function claimFolder(dataDir: string, topicPrefix: string | null, deps: LogDeps): Promise<void> {
  const marker = path.join(dataDir, DATA_FILES.kafka);
  const other = 'choose another folder with --data-dir, or set HOARDARR_EVENT_LOG and HOARDARR_TOPIC_PREFIX as before';
  const owner = existsSync(marker) ? (JSON.parse(readFileSync(marker, 'utf8')) as { topicPrefix: string }) : null;
  if (topicPrefix === null) {
    if (owner === null) return;
    throw new InputError(`${dataDir} belongs to the log on Kafka with the prefix '${owner.topicPrefix}': ${other}`);
  }
  if (owner !== null && owner.topicPrefix !== topicPrefix) {
    throw new InputError(`${dataDir} belongs to the log with the prefix '${owner.topicPrefix}': ${other}`);
  }
  if (existsSync(path.join(dataDir, DATA_FILES.log))) await leaveEmbedded(dataDir, owner !== null, deps);
  if (owner === null) bindToKafka(dataDir, topicPrefix);
}

/** Says that the log of a data folder is on Kafka, and under which prefix. */
export function bindToKafka(dataDir: string, topicPrefix: string): void {
  writeFileWhole(path.join(dataDir, DATA_FILES.kafka), `${JSON.stringify({ topicPrefix })}\n`);
}

/** What `migrate` left behind, when it was cut off at its end, goes. */
async function leaveEmbedded(dataDir: string, isBound: boolean, deps: LogDeps): Promise<void> {
  const log = await openEmbeddedLog({ dataDir, ...deps });
  const movedTo = log.movedTo();
  const ends = await log.ends('ingest');
  await log.close();
  // Also one that a process made anew which was just starting.
  if (isBound && (movedTo !== null || ends.every(({ end }) => end === 0))) {
    removeEmbeddedLog(dataDir);
    return;
  }
  const advice =
    movedTo === null
      ? 'run `hoardarr migrate` to bring it there, or choose another folder with --data-dir'
      : 'its move was cut off just before its end: run `hoardarr migrate` once more, with HOARDARR_EVENT_LOG=embedded';
  throw new InputError(`${dataDir} has an embedded log, and is not for one on Kafka: ${advice}`);
}
