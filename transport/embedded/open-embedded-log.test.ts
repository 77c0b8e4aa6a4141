import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { EventLog } from '../../core/ports/event-log.ts';
import { describeEventLog } from '../../testing/contracts/event-log.ts';
import type { EventLogHarness } from '../../testing/contracts/event-log-harness.ts';
import { MovableClock } from '../../testing/movable-clock.ts';
import { openEmbeddedLog } from './open-embedded-log.ts';

async function openHarness({ partitions }: { readonly partitions: number }): Promise<EventLogHarness> {
  const dataDir = await mkdtemp(join(tmpdir(), 'hoardarr-log-'));
  const clocks = new Map<EventLog, MovableClock>();
  let offsetMs = 0;
  const open = async (): Promise<EventLog> => {
    const clock = new MovableClock();
    clock.offsetMs = offsetMs;
    const log = await openEmbeddedLog({ dataDir, clock, partitions, pollIntervalMs: 5, sessionTimeoutMs: 3_000 });
    clocks.set(log, clock);
    return log;
  };
  return {
    log: await open(),
    another: open,
    reopen: async (log) => {
      await log.close();
      return await open();
    },
    advance: async (ms) => {
      offsetMs += ms;
      for (const clock of clocks.values()) clock.offsetMs += ms;
    },
    // Its heartbeats carry a time long past.
    freeze: async (log) => {
      const clock = clocks.get(log);
      if (clock !== undefined) clock.offsetMs -= 60_000;
    },
    dispose: async () => {
      for (const log of clocks.keys()) await log.close();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

describeEventLog('embedded', openHarness);
