import type { PartitionEnd, TopicName } from '../core/ports/event-log.ts';
import type { ReadingLog } from '../sinks/convergence.ts';

/** A log with one partition whose commands nobody has read. */
export interface Reading {
  readonly commands: number;
  /** of these, how many the log does not keep any more */
  readonly forgottenCommands: number;
  /** records of `ingest` */
  readonly ingest: number;
}

/** What a sink asks of a log. */
export function readingLog(reading: () => Reading): ReadingLog {
  const ends = (topic: TopicName): Omit<PartitionEnd, 'partition'> => {
    const { commands, forgottenCommands, ingest } = reading();
    return topic === 'commands' ? { start: forgottenCommands, end: commands } : { start: 0, end: ingest };
  };
  return {
    partitionOf: () => 0,
    ends: async (topic) => [{ partition: 0, ...ends(topic) }],
    lag: async () => [],
  };
}
