import { describe, expect, it } from '@jest/globals';
import { LogUnavailableError } from '../../core/errors.ts';
import type { SubscribeOptions } from '../../core/ports/event-log.ts';
import { describeEventLog } from '../contracts/event-log.ts';
import { MovableClock } from '../movable-clock.ts';
import { VirtualClock } from '../virtual-clock.ts';
import { MemoryEventLog } from './memory-event-log.ts';

describeEventLog(
  'memory',
  async ({ partitions }) => {
    const clock = new MovableClock();
    const log = new MemoryEventLog({ clock, partitionCount: partitions, redeliveryMs: 1 });
    return {
      log,
      another: async () => log,
      reopen: async () => log,
      advance: async (ms) => void (clock.offsetMs += ms),
      freeze: async () => {},
      dispose: () => log.close(),
    };
  },
  ['fencing'],
);

/** Within it a consumer learns what became of it. */
const A_BEAT_MS = 3_000;

describe('a consumer that does not answer', () => {
  const subscribe = (log: MemoryEventLog, options: Partial<SubscribeOptions> = {}) =>
    log.subscribe({ group: 'g', topics: ['ingest'], handler: async () => undefined, ...options });
  const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

  it('is given its share again once it has woken up, unless it was closed meanwhile', async () => {
    const clock = new VirtualClock();
    const log = new MemoryEventLog({ clock, partitionCount: 2 });
    const [one, other] = [await subscribe(log), await subscribe(log)];
    const shares = (): readonly number[] => [one, other].map((each) => each.assignments().length);
    expect(shares()).toEqual([1, 1]);
    log.evict(one, Promise.resolve());
    await turn();
    expect(shares()).toEqual([0, 2]);
    await clock.advance(A_BEAT_MS);
    expect(shares()).toEqual([1, 1]);
    let wake = (): void => undefined;
    log.evict(one, new Promise((resolve) => void (wake = resolve)));
    await turn();
    expect(shares()).toEqual([0, 2]);
    await one.close();
    wake();
    await clock.advance(A_BEAT_MS);
    expect(shares()).toEqual([0, 2]);
    await log.close();
  });

  it('is told to stop, and that its partition is gone, before it is given it again', async () => {
    const clock = new VirtualClock();
    const log = new MemoryEventLog({ clock, partitionCount: 1 });
    const told: string[] = [];
    const consumer = await subscribe(log, {
      onAssigned: async () => void told.push('assigned'),
      handler: async ({ signal }) => signal.addEventListener('abort', () => told.push('stopped')),
      onRevoked: async () => void told.push('revoked'),
    });
    await log.append('ingest', 0, [{ key: 'k', value: Uint8Array.of(1) }]);
    await turn();
    log.evict(consumer, Promise.resolve());
    await clock.advance(A_BEAT_MS);
    expect(told).toEqual(['assigned', 'stopped', 'revoked', 'assigned']);
    await log.close();
  });
});

describe('faults of the event log in memory', () => {
  const record = { key: 'k', value: Uint8Array.of(1) };

  it('happen once each, in order', async () => {
    const log = new MemoryEventLog({ clock: new VirtualClock() });
    log.failAppends('ingest', 'refuse', 'lose-answer', 'duplicate');
    await expect(log.append('ingest', 0, [record])).rejects.toThrow(LogUnavailableError);
    expect(log.all('ingest')).toHaveLength(0);
    await expect(log.append('ingest', 0, [record])).rejects.toThrow(LogUnavailableError);
    expect(log.all('ingest')).toHaveLength(1);
    expect(await log.append('ingest', 0, [record])).toEqual([1]);
    expect(log.all('ingest')).toHaveLength(3);
    expect(await log.append('ingest', 0, [record])).toEqual([3]);
    expect(log.appends.get('ingest')).toBe(4);
  });
});
