/**
 * The parts below kafkajs's public face that we use: connections, authentication and the wire protocol. Its consumer is not
 * ours to use (docs/decisions/0018). The package is pinned to the last version that will ever be.
 */
declare module 'kafkajs/src/cluster/index.js' {
  import type { ISocketFactory, Logger, RetryOptions, SASLOptions } from 'kafkajs';
  import type { Protocol } from 'kafkajs/src/protocol/requests/fetch/index.js';

  export interface PartitionMetadata {
    readonly partitionId: number;
    /** -1 where there is none now */
    readonly leader: number;
  }

  interface Places<P> {
    readonly topic: string;
    readonly partitions: readonly P[];
  }

  interface GroupMember {
    readonly memberId: string;
    readonly memberMetadata: Buffer;
  }

  export interface Broker {
    readonly connectionPool: { send<T>(protocol: Protocol<T>): Promise<T> };
    produce(request: {
      readonly acks: number;
      readonly timeout: number;
      readonly compression: number;
      readonly topicData: readonly Places<{ readonly partition: number; readonly messages: readonly object[] }>[];
    }): Promise<{ readonly topics: readonly { readonly partitions: readonly { readonly baseOffset: string }[] }[] }>;
    joinGroup(request: {
      readonly groupId: string;
      readonly sessionTimeout: number;
      readonly rebalanceTimeout: number;
      readonly memberId: string;
      readonly groupProtocols: readonly { readonly name: string; readonly metadata: Buffer }[];
    }): Promise<{
      readonly generationId: number;
      readonly leaderId: string;
      readonly memberId: string;
      readonly members: readonly GroupMember[];
    }>;
    syncGroup(request: {
      readonly groupId: string;
      readonly generationId: number;
      readonly memberId: string;
      readonly groupAssignment: readonly { readonly memberId: string; readonly memberAssignment: Buffer }[];
    }): Promise<{ readonly memberAssignment: Buffer }>;
    heartbeat(request: {
      readonly groupId: string;
      readonly groupGenerationId: number;
      readonly memberId: string;
    }): Promise<unknown>;
    leaveGroup(request: { readonly groupId: string; readonly memberId: string }): Promise<unknown>;
    offsetCommit(request: {
      readonly groupId: string;
      readonly groupGenerationId: number;
      readonly memberId: string;
      readonly topics: readonly Places<{ readonly partition: number; readonly offset: string }>[];
    }): Promise<unknown>;
    offsetFetch(request: {
      readonly groupId: string;
      readonly topics: readonly Places<{ readonly partition: number }>[];
    }): Promise<{ readonly responses: readonly Places<{ readonly partition: number; readonly offset: string }>[] }>;
    listGroups(): Promise<{ readonly groups: readonly { readonly groupId: string }[] }>;
  }

  export default class Cluster {
    constructor(options: {
      readonly logger: Logger;
      readonly brokers: readonly string[];
      readonly clientId: string;
      readonly ssl: boolean;
      readonly sasl: SASLOptions | undefined;
      readonly socketFactory: ISocketFactory;
      readonly connectionTimeout: number;
      readonly requestTimeout: number;
      readonly enforceRequestTimeout: boolean;
      readonly metadataMaxAge: number;
      readonly retry: RetryOptions;
      readonly allowAutoTopicCreation: boolean;
      readonly isolationLevel: number;
    });
    connect(): Promise<void>;
    disconnect(): Promise<void>;
    refreshMetadata(): Promise<void>;
    refreshMetadataIfNecessary(): Promise<void>;
    addMultipleTargetTopics(topics: readonly string[]): Promise<void>;
    findTopicPartitionMetadata(topic: string): readonly PartitionMetadata[];
    findBroker(options: { readonly nodeId: number | string }): Promise<Broker>;
    findGroupCoordinator(options: { readonly groupId: string }): Promise<Broker>;
    getNodeIds(): readonly string[];
    fetchTopicsOffset(
      topics: readonly {
        readonly topic: string;
        readonly partitions: readonly { readonly partition: number }[];
        readonly fromBeginning: boolean;
      }[],
    ): Promise<readonly Places<{ readonly partition: number; readonly offset: string }>[]>;
  }
}

declare module 'kafkajs/src/protocol/requests/fetch/index.js' {
  export interface Protocol<T> {
    readonly request: object;
    readonly response: { decode(bytes: Buffer): Promise<T>; parse(decoded: T): Promise<T> };
    readonly requestTimeout: number;
  }
  const fetch: {
    protocol(options: { readonly version: 11 }): (request: {
      readonly isolationLevel: number;
      readonly maxWaitTime: number;
      readonly minBytes: number;
      readonly maxBytes: number;
      readonly rackId: string;
      readonly topics: readonly {
        readonly topic: string;
        readonly partitions: readonly {
          readonly partition: number;
          readonly fetchOffset: string;
          readonly maxBytes: number;
        }[];
      }[];
    }) => Protocol<unknown>;
  };
  export default fetch;
}

declare module 'kafkajs/src/protocol/decoder.js' {
  export default class Decoder {
    readonly offset: number;
    constructor(bytes: Buffer);
  }
}

declare module 'kafkajs/src/protocol/recordBatch/v0/decoder.js' {
  import type Decoder from 'kafkajs/src/protocol/decoder.js';
  export default function decode(bytes: Decoder): Promise<{
    readonly records: readonly {
      readonly offset: string;
      readonly timestamp: string;
      readonly key: Buffer | null;
      readonly value: Buffer | null;
      readonly headers: Readonly<Record<string, Buffer | readonly Buffer[] | null>>;
    }[];
  }>;
}

declare module 'kafkajs/src/network/socketFactory.js' {
  import type { ISocketFactory } from 'kafkajs';
  export default function create(): ISocketFactory;
}
