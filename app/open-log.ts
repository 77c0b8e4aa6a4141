import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { openLocalCodec } from '../codec/local/open-local-codec.ts';
import { openRegistryCodec } from '../codec/registry/open-registry-codec.ts';
import { InputError } from '../core/errors.ts';
import type { Clock, Random } from '../core/ports/clock.ts';
import type { EventLog } from '../core/ports/event-log.ts';
import type { SchemaCodec } from '../core/ports/schema-codec.ts';
import type { Logger } from '../core/ports/telemetry.ts';
import { openEmbeddedLog } from '../transport/embedded/open-embedded-log.ts';
import { openKafkaLog } from '../transport/kafka/open-kafka-log.ts';
import type { Config } from './config.ts';
import type { KafkaSettings, SchemaRegistrySettings } from './config-servers.ts';
import { DATA_FILES } from './data-folder.ts';

/** The log, and the codec whose schema ids its records carry: neither can be read without the other. */
export interface OpenedLog {
  readonly log: EventLog;
  readonly codec: SchemaCodec;
  /** as OpenTelemetry names it */
  readonly system: string;
  close(): Promise<void>;
}

interface LogDeps {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
}

/**
 * Opens the log that the configuration names: embedded in the data folder, or on Kafka with a schema registry.
 *
 * @throws InputError where the data folder belongs to another log, or what openKafkaLog and openRegistryCodec refuse
 */
export async function openLog(config: Config, deps: LogDeps): Promise<OpenedLog> {
  const { dataDir, kafka, schemaRegistry, topicPrefix } = config;
  claimFolder(dataDir, kafka === null ? null : topicPrefix);
  if (kafka === null || schemaRegistry === null) {
    const codec = openLocalCodec({ dataDir });
    const log = await openEmbeddedLog({ dataDir, ...deps });
    return { log, codec, system: 'hoardarr', close: () => log.close() };
  }
  return await openDistributed(kafka, schemaRegistry, topicPrefix, deps);
}

async function openDistributed(
  kafka: KafkaSettings,
  registry: SchemaRegistrySettings,
  topicPrefix: string,
  deps: LogDeps,
): Promise<OpenedLog> {
  const codec = await openRegistryCodec({ ...registry, register: registry.autoRegister, topicPrefix, ...deps });
  try {
    const log = await openKafkaLog({ ...kafka, topicPrefix, ...deps });
    return {
      log,
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
function claimFolder(dataDir: string, topicPrefix: string | null): void {
  const marker = path.join(dataDir, DATA_FILES.kafka);
  const other = 'choose another folder with --data-dir, or set HOARDARR_EVENT_LOG and HOARDARR_TOPIC_PREFIX as before';
  const owner = existsSync(marker) ? (JSON.parse(readFileSync(marker, 'utf8')) as { topicPrefix: string }) : null;
  if (topicPrefix === null) {
    if (owner === null) return;
    throw new InputError(`${dataDir} belongs to the log on Kafka with the prefix '${owner.topicPrefix}': ${other}`);
  }
  if (existsSync(path.join(dataDir, DATA_FILES.log))) {
    throw new InputError(`${dataDir} has an embedded log, and is not for one on Kafka: ${other}`);
  }
  if (owner === null) writeFileSync(marker, `${JSON.stringify({ topicPrefix })}\n`);
  else if (owner.topicPrefix !== topicPrefix) {
    throw new InputError(`${dataDir} belongs to the log with the prefix '${owner.topicPrefix}': ${other}`);
  }
}
