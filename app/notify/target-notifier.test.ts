import { expect, it } from '@jest/globals';
import { FakeReceiver } from '../../testing/fake-receiver/fake-receiver.ts';
import { MemoryEventLog } from '../../testing/memory-log/memory-event-log.ts';
import { MemoryMetadataStore } from '../../testing/memory-metadata/memory-metadata-store.ts';
import { VirtualClock } from '../../testing/virtual-clock.ts';
import { loadConfig } from '../config.ts';
import { createTelemetry } from '../telemetry.ts';
import { heldNow } from './owed.ts';
import { parseReceiver } from './receiver.ts';
import { LOOK_MS, TargetNotifier } from './target-notifier.ts';

it.each([
  ['goes on', 0],
  ['is set back', -3_600_000],
])('what grows all the time is told after a minute, where the clock %s', async (_, offsetMs) => {
  const [clock, receiver, itemIds] = [new VirtualClock(), new FakeReceiver(), ['0']];
  let wallOffsetMs = 0;
  const wall = {
    now: () => clock.now() + wallOffsetMs,
    elapsed: () => clock.elapsed(),
    sleep: (ms: number, signal?: AbortSignal) => clock.sleep(ms, signal),
  };
  const group = { id: 'a-snapshot', scope: 'github/me/starred', createdAt: 0 };
  const notifier = new TargetNotifier(
    {
      fetch: receiver.fetch,
      config: loadConfig({}, {}),
      log: new MemoryEventLog({ clock }),
      metadata: new MemoryMetadataStore(),
      clock: wall,
      random: () => 0,
      telemetry: createTelemetry({ level: 'fatal', secrets: [] }),
      providers: [],
      isGone: () => false,
      heldNow: () => heldNow({ held: async () => [{ ...group, count: itemIds.length, itemIds }] }),
    },
    'a-target',
    parseReceiver('http://fake.invalid/hook'),
    'this-process',
  );
  const lookAndGrow = async (): Promise<void> => {
    await notifier.look(false);
    itemIds.push(String(itemIds.length));
    await clock.advance(LOOK_MS);
  };
  await lookAndGrow();
  wallOffsetMs = offsetMs;
  for (let lookedMs = LOOK_MS; lookedMs < 60_000; lookedMs += LOOK_MS) await lookAndGrow();
  expect(receiver.received).toEqual([]);
  await lookAndGrow();
  expect(receiver.received).toMatchObject([{ fields: { event: 'held' } }]);
});
