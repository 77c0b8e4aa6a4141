import type { Clock } from '../../core/ports/clock.ts';
import type { EventLog, GroupLag, TopicName } from '../../core/ports/event-log.ts';

type Commit = Pick<GroupLag, 'group' | 'topic' | 'partition' | 'committed'>;

const POLL_MS = 25;
const WITHIN_MS = 60_000;

/**
 * Lets consumer groups of a log begin where they stand already elsewhere: joins each of them for a moment, reads the record
 * before that place, or whichever is left where that one is gone, and commits. What no group has read is left to it, and where
 * nothing is left there is nothing to begin at.
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

/** Retention or erasure may have removed what lies before the place. Null where the partition holds no record at all. */
async function readableFrom(log: EventLog, { topic, partition, committed }: Commit): Promise<number | null> {
  for (const from of [committed - 1, 0]) {
    const [record] = await log.read(topic, partition, from, { records: 1 });
    if (record !== undefined) return record.offset;
  }
  return null;
}

async function carryGroup(log: EventLog, group: string, all: readonly Commit[], clock: Clock): Promise<void> {
  const nameOf = (topic: TopicName, partition: number): string => `${topic}/${partition}`;
  const places: (Commit & { readonly from: number })[] = [];
  for (const place of all) {
    const from = await readableFrom(log, place);
    if (from !== null) places.push({ ...place, from });
  }
  if (places.length === 0) return;
  const open = new Map(places.map((place) => [nameOf(place.topic, place.partition), place]));
  const subscription = await log.subscribe({
    group,
    topics: [...new Set(places.map(({ topic }) => topic))],
    maxBatchRecords: 1,
    onAssigned: async (topic, partition) => open.get(nameOf(topic, partition))?.from,
    handler: async (batch) => {
      const name = nameOf(batch.topic, batch.partition);
      const place = open.get(name);
      if (place === undefined) return;
      await batch.commit(place.committed);
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
