import type { ISocketFactory } from 'kafkajs';
import { InputError, LogUnavailableError } from '../../core/errors.ts';
import type { Clock, Random } from '../../core/ports/clock.ts';
import type { Logger } from '../../core/ports/telemetry.ts';
import { untilReached } from '../../core/until-reached.ts';
import { kafkaError } from './kafka-errors.ts';
import { type KafkaSettings, kafkaClient, type LinkOptions } from './kafka-link.ts';
import { KafkaLog } from './kafka-log.ts';
import { prepareTopics } from './topics.ts';

export interface KafkaLogOptions extends KafkaSettings {
  /** what stands before the names of topics and groups, with its dot */
  readonly topicPrefix: string;
  /** Fixed when the topics are made (default 4). Absent: whatever they have. */
  readonly partitions?: number;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  /** ms without a heartbeat after which a consumer loses its partitions. Default 15,000. */
  readonly sessionTimeoutMs?: number;
  /** ms that the members of a group wait for one whose handlers have to end first. Default 60,000. */
  readonly rebalanceTimeoutMs?: number;
  /** ms that a broker has to answer in. Default 30,000. */
  readonly requestTimeoutMs?: number;
  /** Makes connections; tests give one that can be held. */
  readonly socketFactory?: ISocketFactory;
  /** Ends waiting for brokers that cannot be reached. */
  readonly signal?: AbortSignal;
}

const MAX_PARTITIONS = 1_000;

/**
 * Opens the event log on a Kafka cluster (2.4 or newer). Topics that are missing are created, and those that are there are
 * verified. While no broker can be reached, it waits, and warns at each try.
 *
 * @throws ServerRefusalError when partitions or settings of a topic are not ours, or Kafka refuses our user
 */
export async function openKafkaLog(options: KafkaLogOptions): Promise<KafkaLog> {
  const { partitions, clock, random, log, brokers } = options;
  if (partitions !== undefined && !(Number.isInteger(partitions) && partitions >= 1 && partitions <= MAX_PARTITIONS)) {
    throw new InputError(`the number of partitions is 1 to ${MAX_PARTITIONS}, not ${partitions}`);
  }
  const asOurs = (error: unknown): never => {
    throw kafkaError(error, brokers);
  };
  const { partitionCount, clusterId } = await untilReached(() => prepare(options).catch(asOurs), {
    ...options,
    what: 'Kafka',
    isAway: (error) => error instanceof LogUnavailableError,
  });
  return new KafkaLog({
    linkOptions: options,
    topicPrefix: options.topicPrefix,
    id: `${clusterId}/${options.topicPrefix}`,
    partitionCount,
    clock,
    random,
    log,
    sessionTimeoutMs: options.sessionTimeoutMs ?? 15_000,
    rebalanceTimeoutMs: options.rebalanceTimeoutMs ?? 60_000,
  });
}

async function prepare(options: KafkaLogOptions): Promise<{ partitionCount: number; clusterId: string }> {
  const linkOptions: LinkOptions = options;
  const admin = kafkaClient(linkOptions).admin();
  try {
    await admin.connect();
    const partitionCount = await prepareTopics(admin, options.topicPrefix, options.partitions);
    const { clusterId } = await admin.describeCluster();
    return { partitionCount, clusterId };
  } finally {
    await admin.disconnect();
  }
}
