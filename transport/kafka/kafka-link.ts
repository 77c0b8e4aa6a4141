import kafkajs, {
  type ISocketFactory,
  type Kafka,
  type KafkaConfig,
  type Logger as KafkaLogger,
  type SASLOptions,
} from 'kafkajs';
import Cluster, { type Broker } from 'kafkajs/src/cluster/index.js';
import createSocketFactory from 'kafkajs/src/network/socketFactory.js';
import { LogUnavailableError } from '../../core/errors.ts';
import type { Logger } from '../../core/ports/telemetry.ts';

/** How to reach the brokers. */
export interface KafkaSettings {
  /** host:port each */
  readonly brokers: readonly string[];
  readonly ssl?: boolean;
  readonly sasl?: SASLOptions;
}

export interface LinkOptions extends KafkaSettings {
  readonly log: Logger;
  /** ms that a broker has to answer in; default 30,000 */
  readonly requestTimeoutMs?: number;
  /** Makes connections; tests give one that can be held. */
  readonly socketFactory?: ISocketFactory;
}

const CLIENT_ID = 'hoardarr';
const CONNECT_WITHIN_MS = 5_000;
const REQUEST_WITHIN_MS = 30_000;
/** Whoever calls tries again, and says so; this is for what passes in a moment. */
const RETRY = { retries: 2, initialRetryTime: 100, maxRetryTime: 1_000 };
const METADATA_MAX_AGE_MS = 60_000;
const READ_UNCOMMITTED = 0;

/**
 * Connections to the brokers, made when needed. A broker answers the requests of a connection one after the other, and a
 * fetch that waits has one of its own; so what must not wait for others (heartbeats, appends) has a link of its own.
 */
export class KafkaLink {
  readonly #options: LinkOptions;
  readonly #topics: readonly string[];
  #cluster: Promise<Cluster> | null = null;
  #closed = false;

  /** @param topics that leaders are asked for */
  constructor(options: LinkOptions, topics: readonly string[]) {
    this.#options = options;
    this.#topics = topics;
  }

  async cluster(): Promise<Cluster> {
    if (this.#closed) throw new LogUnavailableError('the event log is closed');
    this.#cluster ??= this.#connect();
    try {
      const cluster = await this.#cluster;
      await cluster.refreshMetadataIfNecessary();
      return cluster;
    } catch (error) {
      await this.reset();
      throw error;
    }
  }

  /** The node that leads the partition. */
  async leaderIdOf(topic: string, partition: number): Promise<number> {
    const cluster = await this.cluster();
    const found = cluster.findTopicPartitionMetadata(topic).find(({ partitionId }) => partitionId === partition);
    if (found === undefined || found.leader < 0) {
      await cluster.refreshMetadata();
      throw new LogUnavailableError(`${topic}/${partition} has no leader now`);
    }
    return found.leader;
  }

  async broker(nodeId: number | string): Promise<Broker> {
    const cluster = await this.cluster();
    return await cluster.findBroker({ nodeId });
  }

  async leaderOf(topic: string, partition: number): Promise<Broker> {
    return await this.broker(await this.leaderIdOf(topic, partition));
  }

  /** Asks again who leads what. */
  async refresh(): Promise<void> {
    const cluster = await this.cluster();
    await cluster.refreshMetadata();
  }

  /** Forgets every connection, so that the next call begins anew: with the brokers that the settings name. */
  async reset(): Promise<void> {
    const cluster = this.#cluster;
    this.#cluster = null;
    await cluster?.then((connected) => connected.disconnect()).catch(() => undefined);
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.reset();
  }

  async #connect(): Promise<Cluster> {
    const { brokers, ssl = false, sasl, requestTimeoutMs = REQUEST_WITHIN_MS } = this.#options;
    const cluster = new Cluster({
      logger: kafkaLogger(this.#options),
      brokers,
      clientId: CLIENT_ID,
      ssl,
      sasl,
      socketFactory: this.#options.socketFactory ?? createSocketFactory(),
      connectionTimeout: CONNECT_WITHIN_MS,
      requestTimeout: requestTimeoutMs,
      enforceRequestTimeout: true,
      metadataMaxAge: METADATA_MAX_AGE_MS,
      retry: RETRY,
      allowAutoTopicCreation: false,
      isolationLevel: READ_UNCOMMITTED,
    });
    try {
      await cluster.connect();
      await cluster.addMultipleTargetTopics(this.#topics);
      return cluster;
    } catch (error) {
      await cluster.disconnect().catch(() => undefined);
      throw error;
    }
  }
}

/** kafkajs's public client, for administration. */
export function kafkaClient(options: LinkOptions): Kafka {
  const { brokers, ssl = false, sasl, socketFactory } = options;
  return new kafkajs.Kafka({
    clientId: CLIENT_ID,
    brokers: [...brokers],
    ssl,
    ...(sasl === undefined ? {} : { sasl }),
    ...(socketFactory === undefined ? {} : { socketFactory }),
    connectionTimeout: CONNECT_WITHIN_MS,
    retry: RETRY,
    ...logging(options.log),
  });
}

function kafkaLogger(options: LinkOptions): KafkaLogger {
  return kafkaClient(options).logger();
}

/** What kafkajs says is for whoever looks for a fault: we say ourselves what is wrong. */
function logging(log: Logger): Pick<KafkaConfig, 'logLevel' | 'logCreator'> {
  return {
    logLevel: kafkajs.logLevel.INFO,
    logCreator:
      () =>
      ({ namespace, label, log: { message, error } }) =>
        log.debug(`kafkajs: ${message}`, {
          namespace,
          label,
          ...(error === undefined ? {} : { error: String(error) }),
        }),
  };
}
