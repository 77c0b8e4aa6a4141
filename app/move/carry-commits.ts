import type { Clock } from '../../core/ports/clock.ts';
import type { EventLog, GroupLag, TopicName } from '../../core/ports/event-log.ts';

type Commit = Pick<GroupLag, 'group' | 'topic' | 'partition' | 'committed'>;

const POLL_MS = 25;
const WITHIN_MS = 60_000;

/**
 * Lets consumer groups of a log begin where they stand already elsewhere: joins each of them for a moment, reads the record
 * before that place, and commits. What no group has read is left to it.
 *
 * @throws Error where a group does not come to its place within a minute
 */
export async function carryCommits(log: EventLog, commits: readonly Commit[], clock: Clock): Promise<void> {
  const byGroup = new Map<string, Commit[]>();
  for (const commit of commits) {
    if (commit.committed <= 0) continue;
    byGroup.set(commit.group, [...(byGroup.get(commit.group) ?? []), commit]);
  }
  await Promise.all([...byGroup].map(([group, places]) => carryGroup(log, group, places, clock)));
}

async function carryGroup(log: EventLog, group: string, places: readonly Commit[], clock: Clock): Promise<void> {
  const nameOf = (topic: TopicName, partition: number): string => `${topic}/${partition}`;
  const open = new Map(places.map(({ topic, partition, committed }) => [nameOf(topic, partition), committed]));
  const subscription = await log.subscribe({
    group,
    topics: [...new Set(places.map(({ topic }) => topic))],
    maxBatchRecords: 1,
    onAssigned: async (topic, partition) => {
      const place = open.get(nameOf(topic, partition));
      return place === undefined ? undefined : place - 1;
    },
    handler: async (batch) => {
      const name = nameOf(batch.topic, batch.partition);
      const place = open.get(name);
      if (place === undefined) return;
      await batch.commit(place);
      open.delete(name);
    },
  });
  try {
    const until = clock.elapsed() + WITHIN_MS;
    while (open.size > 0) {
      if (clock.elapsed() > until) throw new Error(`the group ${group} could not be carried over: try again`);
      await clock.sleep(POLL_MS);
    }
  } finally {
    await subscription.close();
  }
}
