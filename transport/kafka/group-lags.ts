import { type GroupLag, TOPIC_NAMES } from '../../core/ports/event-log.ts';
import type { KafkaLink } from './kafka-link.ts';

/** What the groups whose names begin with the prefix have committed, in every topic in which they have anything. */
export async function readGroupLags(
  link: KafkaLink,
  prefix: string,
  partitions: readonly number[],
): Promise<readonly Omit<GroupLag, 'end'>[]> {
  const cluster = await link.cluster();
  const groupIds = new Set<string>();
  for (const nodeId of cluster.getNodeIds()) {
    const { groups } = await (await link.broker(nodeId)).listGroups();
    for (const { groupId } of groups) if (groupId.startsWith(prefix)) groupIds.add(groupId);
  }
  const lags = await Promise.all(
    [...groupIds].toSorted().map((groupId) => committedBy(link, groupId, prefix, partitions)),
  );
  return lags.flat();
}

async function committedBy(
  link: KafkaLink,
  groupId: string,
  prefix: string,
  partitions: readonly number[],
): Promise<readonly Omit<GroupLag, 'end'>[]> {
  const cluster = await link.cluster();
  const coordinator = await cluster.findGroupCoordinator({ groupId });
  const { responses } = await coordinator.offsetFetch({
    groupId,
    topics: TOPIC_NAMES.map((topic) => ({
      topic: `${prefix}${topic}`,
      partitions: partitions.map((partition) => ({ partition })),
    })),
  });
  return TOPIC_NAMES.flatMap((topic) => {
    const found = responses.find((response) => response.topic === `${prefix}${topic}`)?.partitions ?? [];
    return found
      .filter(({ offset }) => Number(offset) >= 0)
      .toSorted((a, b) => a.partition - b.partition)
      .map(({ partition, offset }) => ({
        group: groupId.slice(prefix.length),
        topic,
        partition,
        committed: Number(offset),
      }));
  });
}
