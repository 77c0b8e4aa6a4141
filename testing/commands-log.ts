import type { CommandsLog } from '../sinks/convergence.ts';

/** What a sink asks of a log whose commands nobody has read: `kept` tells the first offset that is kept, and the next one. */
export function commandsLog(kept: () => readonly [start: number, end: number]): CommandsLog {
  return {
    partitionOf: () => 0,
    ends: async () => {
      const [start, end] = kept();
      return [{ partition: 0, start, end }];
    },
    lag: async () => [],
  };
}
