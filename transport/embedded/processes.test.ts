import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { LogUnavailableError } from '../../core/errors.ts';
import type { EventLog } from '../../core/ports/event-log.ts';
import { keysOf, readAll, record, records, Seen, until } from '../../testing/contracts/event-log-harness.ts';
import { MovableClock } from '../../testing/movable-clock.ts';
import { seedFor } from '../../testing/seeds.ts';
import { LogChild } from './child-process.test-support.ts';
import { openEmbeddedLog } from './open-embedded-log.ts';

let dataDir: string;
let children: LogChild[];
let logs: EventLog[];

beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'hoardarr-log-'));
  children = [];
  logs = [];
});

afterEach(async () => {
  for (const child of children) await child.end('SIGKILL');
  for (const log of logs) await log.close();
  await rm(dataDir, { recursive: true, force: true });
});

const start = (...args: ConstructorParameters<typeof LogChild>): LogChild => {
  const child = new LogChild(...args);
  children.push(child);
  return child;
};

const open = async (sessionTimeoutMs = 60_000): Promise<EventLog> => {
  const options = { dataDir, clock: new MovableClock(), partitions: 3, pollIntervalMs: 5, sessionTimeoutMs };
  const log = await openEmbeddedLog(options);
  logs.push(log);
  return log;
};

/** Not in the middle of a write, or the file would be locked for as long as it stands still. */
async function stop(child: LogChild, log: EventLog): Promise<void> {
  for (;;) {
    child.signal('SIGSTOP');
    const error: unknown = await log.append('commands', 0, [record('is it locked?')]).then(
      () => null,
      (reason: unknown) => reason,
    );
    if (error === null) return;
    expect(error).toBeInstanceOf(LogUnavailableError);
    child.signal('SIGCONT');
  }
}

describe('kill -9 while appending', () => {
  const seed = seedFor('APPEND_SEED') % 100_000;
  const rounds = 6;

  it('keeps all that was acknowledged, and no part of a call', async () => {
    const acknowledged = new Set<number>();
    for (let round = 0; round < rounds; round += 1) {
      const child = start('append', dataDir, round * 100_000);
      const after = 1 + ((seed * (round + 1) * 7_919) % 97);
      await until(`${after} calls are acknowledged`, () => child.acknowledged.length >= after);
      await child.end('SIGKILL');
      for (const call of child.acknowledged) acknowledged.add(call);
    }
    const log = await open();
    const found = new Set<number>();
    for (const partition of [0, 1, 2]) {
      const kept = await readAll(log, 'ingest', partition);
      expect(kept.map(({ offset }) => offset)).toEqual(kept.map((_, i) => i));
      for (let i = 0; i < kept.length; ) {
        const [call = 0, first, size = 0] = (kept[i]?.key ?? '').split('/').map(Number);
        expect(first).toBe(0);
        const expected = Array.from({ length: size }, (_, j) => `${call}/${j}/${size}`);
        expect(keysOf(kept.slice(i, i + size))).toEqual(expected);
        expect(found.has(call)).toBe(false);
        found.add(call);
        i += size;
      }
    }
    expect([...acknowledged].filter((call) => !found.has(call))).toEqual([]);
    expect(acknowledged.size).toBeGreaterThan(rounds);
  });
});

describe('several processes', () => {
  it('share a group, take over at once from one that was killed, and from one that left', async () => {
    const log = await open();
    const [one, two] = [start('consume', dataDir, 60_000), start('consume', dataDir, 60_000)];
    await until(
      'they share',
      () => Math.min(one.owned.length, two.owned.length) === 1 && one.owned.length + two.owned.length === 3,
    );
    for (const partition of [0, 1, 2]) await log.append('ingest', partition, records(`first${partition}-`, 40));
    await until('all came', () => one.keys.length + two.keys.length >= 120);
    expect(new Set([...one.keys, ...two.keys]).size).toBe(120);
    expect(one.keys.length).toBeGreaterThan(0);
    expect(two.keys.length).toBeGreaterThan(0);

    await one.end('SIGKILL');
    const seen = new Seen();
    const third = await log.subscribe({
      group: 'g',
      topics: ['ingest'],
      handler: async (batch) => {
        seen.add(batch);
        await batch.commit((batch.records.at(-1)?.offset ?? 0) + 1);
      },
    });
    await until('the rest share', () => third.assignments().length + two.owned.length === 3);
    two.signal('SIGTERM');
    await until('the last one has all', () => third.assignments().length === 3);
    await two.ended();
    for (const partition of [0, 1, 2]) await log.append('ingest', partition, records(`last${partition}-`, 5));
    await until('all came', () =>
      [0, 1, 2].every((p) => seen.keys('ingest', p).filter((key) => key.startsWith('last')).length === 5),
    );
  });

  it('refuse the commit of one that was stopped for longer than its session', async () => {
    const log = await open(1_000);
    await log.append('ingest', 0, [record('wait')]);
    const frozen = start('consume', dataDir, 1_000);
    await until('it holds the batch', () => frozen.keys.includes('wait'));
    await stop(frozen, log);
    const seen = new Seen();
    const member = await log.subscribe({ group: 'g', topics: ['ingest'], handler: async (batch) => seen.add(batch) });
    await until('its partitions are taken', () => member.assignments().length === 3 && seen.count === 1);
    frozen.signal('SIGCONT');
    await until('its commit is refused', () => frozen.messages.some(({ refused }) => refused === 'FencedError'));
    await until('it is a member again', () => member.assignments().length === 2 && frozen.owned.length === 1);
  });

  it('may open a new log at the same time', async () => {
    const together = [1, 2, 3, 4].map(() => start('open', dataDir));
    await Promise.all(together.map((child) => child.ended()));
    await until('all have opened it', () => together.every(({ messages }) => messages[0]?.partitions === 3));
  });
});
