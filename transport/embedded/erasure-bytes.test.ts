import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { EventLog } from '../../core/ports/event-log.ts';
import { MovableClock } from '../../testing/movable-clock.ts';
import { seedFor } from '../../testing/seeds.ts';
import { openEmbeddedLog } from './open-embedded-log.ts';

const DAY_MS = 24 * 60 * 60 * 1_000;

let dataDir: string;
let log: EventLog;
let clock: MovableClock;

beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'hoardarr-log-'));
  clock = new MovableClock();
  log = await openEmbeddedLog({ dataDir, clock, partitions: 1, retentionMs: { outcomes: 3 * DAY_MS } });
});

afterEach(async () => {
  await log.close();
  await rm(dataDir, { recursive: true, force: true });
});

/** Names of all records of which anything is in the bytes of the log, its WAL included. */
async function remains(): Promise<Set<string>> {
  const files = await Promise.all(['log.db', 'log.db-wal'].map((name) => readFile(join(dataDir, name), 'latin1')));
  return new Set(files.flatMap((text) => text.match(/<[a-z-]+:\d+>/g) ?? []));
}

const recordOf = (name: string, size: number) => ({
  key: `key of ${name}`,
  value: Buffer.from(`value of ${name} `.repeat(1 + size / 20)),
  headers: { name: `header of ${name}` },
});

describe('what was erased', () => {
  const seed = seedFor('ERASURE_SEED');

  it('is gone from the bytes of the file, and all else is there', async () => {
    let state = seed;
    const random = (): number => {
      state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
      return state / 2 ** 32;
    };
    const live = new Set<string>();
    const erased = new Set<string>();
    let count = 0;
    for (let round = 0; round < 12; round += 1) {
      for (let call = 0; call < 8; call += 1) {
        const names = Array.from({ length: 60 }, () => `<ingest:${(count += 1)}>`);
        await log.append(
          'ingest',
          0,
          names.map((name) => recordOf(name, random() < 0.1 ? random() * 60_000 : random() * 3_000)),
        );
        for (const name of names) live.add(name);
      }
      // A few here and there, and now and then a long stretch.
      const stretch = round % 4 === 3 ? count * random() : Number.POSITIVE_INFINITY;
      const doomed = [...live].filter((_, i) => random() < 0.1 || (i > stretch && i < stretch + 400));
      for (let at = 0; at < doomed.length; at += 500) {
        await log.append(
          'ingest',
          0,
          doomed.slice(at, at + 500).map((name) => ({ key: `key of ${name}`, value: null })),
        );
      }
      for (const name of doomed) live.delete(name);
      for (const name of doomed) erased.add(name);
      await log.compact();
    }
    clock.offsetMs += 31 * DAY_MS; // the tombstones name their keys
    await log.compact();
    const found = await remains();
    expect([...erased].filter((name) => found.has(name))).toEqual([]);
    expect([...live].filter((name) => !found.has(name))).toEqual([]);
  });

  it('is gone when it expired too, and its space is used again', async () => {
    const perDay = 1_000;
    const sizes: number[] = [];
    for (let day = 0; day < 40; day += 1) {
      const names = Array.from({ length: perDay }, (_, i) => `<outcomes:${day * perDay + i}>`);
      await log.append(
        'outcomes',
        0,
        names.map((name) => recordOf(name, 300)),
      );
      clock.offsetMs += DAY_MS;
      if (day % 3 === 0) await log.compact();
      sizes.push((await stat(join(dataDir, 'log.db'))).size);
    }
    await log.compact();
    const start = (await log.ends('outcomes'))[0]?.start ?? 0;
    expect(start).toBeGreaterThanOrEqual(36 * perDay);
    const found = await remains();
    const gone = Array.from({ length: start }, (_, i) => `<outcomes:${i}>`);
    expect(gone.filter((name) => found.has(name))).toEqual([]);
    expect(found.size).toBe(40 * perDay - start);
    expect(sizes.at(-1)).toBeLessThan(1.1 * (sizes.at(-15) ?? 0));
  });
});
