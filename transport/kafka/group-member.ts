import kafkajs from 'kafkajs';
import type Cluster from 'kafkajs/src/cluster/index.js';
import type { Broker } from 'kafkajs/src/cluster/index.js';
import { FencedError, LogUnavailableError, messageOf } from '../../core/errors.ts';
import { isFenced, protocolTypeOf } from './kafka-errors.ts';
import type { KafkaLink } from './kafka-link.ts';

export interface Place {
  /** with its prefix */
  readonly topic: string;
  readonly partition: number;
}

/** A partition that was given to this member, and where the group stands in it. */
export interface Assigned extends Place {
  readonly committed: number;
}

interface MemberDeps {
  readonly link: KafkaLink;
  readonly groupId: string;
  readonly topics: readonly string[];
  readonly partitionCount: number;
  readonly sessionTimeoutMs: number;
  /** how long the others wait for a member that has to give up its partitions first */
  readonly rebalanceTimeoutMs: number;
}

const { MemberAssignment, MemberMetadata } = kafkajs.AssignerProtocol;

const PROTOCOL = 'hoardarr-partitions';

/** Membership of one consumer group, in Kafka's classic protocol. */
export class GroupMember {
  readonly #deps: MemberDeps;
  #memberId = '';
  #generation = -1;
  /** of these connections: with others it is to be found again */
  #coordinator: { readonly cluster: Cluster; readonly broker: Broker } | null = null;

  constructor(deps: MemberDeps) {
    this.#deps = deps;
  }

  /**
   * Takes part in the next generation, and resolves when its partitions are dealt. Whoever calls has given up its own before.
   *
   * @throws what kafkajs throws; the next call begins anew
   */
  async join(): Promise<readonly Assigned[]> {
    const { groupId, topics, sessionTimeoutMs, rebalanceTimeoutMs } = this.#deps;
    const coordinator = await this.#findCoordinator();
    try {
      const joined = await coordinator.joinGroup({
        groupId,
        sessionTimeout: sessionTimeoutMs,
        rebalanceTimeout: rebalanceTimeoutMs,
        memberId: this.#memberId,
        groupProtocols: [
          {
            name: PROTOCOL,
            metadata: MemberMetadata.encode({ version: 1, topics: [...topics], userData: NONE }),
          },
        ],
      });
      this.#memberId = joined.memberId;
      this.#generation = joined.generationId;
      const isLeader = joined.leaderId === joined.memberId;
      const { memberAssignment } = await coordinator.syncGroup({
        groupId,
        generationId: joined.generationId,
        memberId: joined.memberId,
        groupAssignment: isLeader ? this.#deal(joined.members) : [],
      });
      return await this.#committed(coordinator, memberAssignment);
    } catch (error) {
      this.#forgetWhatIsOver(error);
      throw error;
    }
  }

  /** @returns what this member has to do now. @throws where nobody answers */
  async heartbeat(): Promise<'go on' | 'join again' | 'all is lost'> {
    const coordinator = await this.#findCoordinator();
    const { groupId } = this.#deps;
    try {
      await coordinator.heartbeat({ groupId, groupGenerationId: this.#generation, memberId: this.#memberId });
      return 'go on';
    } catch (error) {
      this.#forgetWhatIsOver(error);
      if (protocolTypeOf(error) === 'REBALANCE_IN_PROGRESS') return 'join again';
      if (isFenced(error)) return 'all is lost';
      throw error;
    }
  }

  /** @throws FencedError where this member, or its generation, is none of the group; LogUnavailableError */
  async commit({ topic, partition }: Place, nextOffset: number): Promise<void> {
    const { groupId } = this.#deps;
    try {
      const coordinator = await this.#findCoordinator();
      await coordinator.offsetCommit({
        groupId,
        groupGenerationId: this.#generation,
        memberId: this.#memberId,
        topics: [{ topic, partitions: [{ partition, offset: String(nextOffset) }] }],
      });
    } catch (error) {
      if (isFenced(error))
        throw new FencedError(`${topic}/${partition} is no longer owned by this consumer of ${groupId}`);
      this.#forgetWhatIsOver(error);
      throw new LogUnavailableError(`an offset of ${topic}/${partition} cannot be committed: ${messageOf(error)}`);
    }
  }

  async leave(): Promise<void> {
    if (this.#memberId === '') return;
    const { groupId } = this.#deps;
    const coordinator = await this.#findCoordinator();
    await coordinator.leaveGroup({ groupId, memberId: this.#memberId });
    this.#memberId = '';
  }

  /** The coordinator may have moved. */
  forgetCoordinator(): void {
    this.#coordinator = null;
  }

  async #findCoordinator(): Promise<Broker> {
    const cluster = await this.#deps.link.cluster();
    if (this.#coordinator?.cluster === cluster) return this.#coordinator.broker;
    const broker = await cluster.findGroupCoordinator({ groupId: this.#deps.groupId });
    this.#coordinator = { cluster, broker };
    return broker;
  }

  #forgetWhatIsOver(error: unknown): void {
    const type = protocolTypeOf(error);
    if (type === 'UNKNOWN_MEMBER_ID') this.#memberId = '';
    if (type === undefined || type === 'NOT_COORDINATOR_FOR_GROUP' || type === 'GROUP_COORDINATOR_NOT_AVAILABLE') {
      this.#coordinator = null;
    }
  }

  /** Partition p of every topic goes to the same member, so that what belongs together is together. */
  #deal(
    members: readonly { readonly memberId: string; readonly memberMetadata: Buffer }[],
  ): { memberId: string; memberAssignment: Buffer }[] {
    const topicsOf = new Map(members.map(({ memberId, memberMetadata }) => [memberId, topicsIn(memberMetadata)]));
    const ids = [...topicsOf.keys()].toSorted();
    const partitions = Array.from({ length: this.#deps.partitionCount }, (_, partition) => partition);
    return ids.map((memberId) => {
      const assignment: Record<string, number[]> = {};
      for (const topic of topicsOf.get(memberId) ?? []) {
        const takers = ids.filter((id) => topicsOf.get(id)?.includes(topic));
        const turn = takers.indexOf(memberId);
        assignment[topic] = partitions.filter((partition) => partition % takers.length === turn);
      }
      const memberAssignment = MemberAssignment.encode({ version: 0, assignment, userData: NONE });
      return { memberId, memberAssignment };
    });
  }

  async #committed(coordinator: Broker, encoded: Buffer): Promise<readonly Assigned[]> {
    const { groupId } = this.#deps;
    const assignment = MemberAssignment.decode(encoded)?.assignment ?? {};
    const topics = Object.entries(assignment)
      .filter(([, partitions]) => partitions.length > 0)
      .map(([topic, partitions]) => ({ topic, partitions: partitions.map((partition) => ({ partition })) }));
    if (topics.length === 0) return [];
    const { responses } = await coordinator.offsetFetch({ groupId, topics });
    const found = responses.flatMap(({ topic, partitions }) =>
      partitions.map(({ partition, offset }) => ({ topic, partition, committed: Number(offset) })),
    );
    // A group that has committed nothing yet (-1) is shown by its lag all the same.
    for (const place of found) if (place.committed < 0) await this.commit(place, 0);
    return found.map((place) => ({ ...place, committed: Math.max(0, place.committed) }));
  }
}

function topicsIn(metadata: Buffer): readonly string[] {
  return MemberMetadata.decode(metadata)?.topics ?? [];
}

const NONE = Buffer.alloc(0);
