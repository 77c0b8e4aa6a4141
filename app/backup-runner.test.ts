import { existsSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { CliWorld } from '../cli/run-cli.test-helper.ts';
import type { App } from './app.ts';
import { BackupRunner } from './backup-runner.ts';
import { changeSchedule, lastSlot, readBackupState } from './backup-schedule.ts';
import { systemClock } from './clock.ts';
import { loadConfig } from './config.ts';
import { openApp } from './open-app.ts';
import { createTelemetry } from './telemetry.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** A Thursday, at noon where the test runs. */
const NOON = new Date(2026, 0, 1, 12).getTime();

describe('backups of the schedule', () => {
  const world = new CliWorld();
  let now = NOON;
  let app: App;
  const open = (): Promise<App> =>
    openApp(loadConfig({ dataDir: world.dataDir }, world.env), createTelemetry({ level: 'silent', secrets: [] }), {
      clock: { ...systemClock, now: () => now },
    });
  const folder = path.join(world.dataDir, 'backups');
  const made = (): readonly string[] => (existsSync(folder) ? readdirSync(folder).sort() : []);
  const look = (): Promise<void> => new BackupRunner(app).look();

  beforeEach(async () => {
    now = NOON;
    app = await open();
  });
  afterEach(async () => {
    await app.close();
    world.remove();
  });

  it('are made when they are due, by one of several, and those beyond `keep` go', async () => {
    await changeSchedule(app.metadata, { every: 'daily', at: '03:30', keep: 2 }, now);
    await look();
    // What passed before it was turned on is not made up for.
    expect(made()).toEqual([]);
    const other = await open();
    for (let day = 1; day <= 4; day++) {
      now = NOON + day * DAY_MS;
      await Promise.all([look(), new BackupRunner(other).look(), look()]);
      await look();
      expect(made()).toHaveLength(Math.min(day, 2));
    }
    await other.close();
    expect(made().every((name) => name.startsWith('hoardarr-scheduled-'))).toBe(true);
    writeFileSync(path.join(folder, 'mine.tar'), '');
    now += DAY_MS;
    await look();
    expect(made()).toContain('mine.tar');
    expect(made()).toHaveLength(3);
  });

  it('that were missed while nothing ran are made once, after the start', async () => {
    await changeSchedule(app.metadata, { every: 'daily', at: '03:30' }, now);
    await app.close();
    now = NOON + 10 * DAY_MS;
    app = await open();
    await look();
    await look();
    expect(made()).toHaveLength(1);
  });

  it('that fail leave nothing behind and remove nothing, and are tried again, ever more rarely', async () => {
    await changeSchedule(app.metadata, { every: 'daily', at: '03:30', keep: 1 }, now);
    now += DAY_MS;
    await look();
    const before = made();
    now += DAY_MS;
    const { store } = app;
    const failing: App = {
      ...app,
      store: new Proxy(store, {
        get: (target, name) =>
          name === 'totals' ? () => Promise.reject(new Error('the disk is full')) : Reflect.get(target, name),
      }),
    };
    const tried = async (): Promise<number> => (await readBackupState(app.metadata)).failure?.attempts ?? 0;
    for (const [waitMs, attempts] of [
      [0, 1],
      [60_000, 1],
      [HOUR_MS, 2],
      [1_000, 2],
    ] as const) {
      now += waitMs;
      await new BackupRunner(failing).look();
      expect(await tried()).toBe(attempts);
    }
    expect(await readBackupState(app.metadata)).toMatchObject({ failure: { error: 'the disk is full' } });
    expect(made()).toEqual(before);
    now += HOUR_MS;
    await look();
    expect(await readBackupState(app.metadata)).toMatchObject({ failure: null });
    expect(made()).toHaveLength(1);
    expect(made()).not.toEqual(before);
  });

  it('are made all the same where a clock was once far ahead', async () => {
    await changeSchedule(app.metadata, { every: 'daily', at: '03:30' }, now);
    now = NOON + 4_000 * DAY_MS;
    await look();
    rmSync(folder, { recursive: true });
    now = NOON + 2 * DAY_MS;
    await look();
    expect(made()).toHaveLength(1);
  });

  it('do not give way to one that such a clock made', async () => {
    await changeSchedule(app.metadata, { every: 'daily', at: '03:30', keep: 1 }, now);
    now = NOON + 400 * DAY_MS;
    await look();
    const ahead = made();
    now = NOON + 2 * DAY_MS;
    await look();
    expect(made()).toEqual([expect.stringContaining('20260103'), ...ahead]);
  });

  it.each([
    ['daily', '03:30', [2026, 0, 1, 3, 30]],
    ['daily', '12:00', [2026, 0, 1, 12, 0]],
    ['daily', '12:01', [2025, 11, 31, 12, 1]],
    ['weekly', '03:30', [2025, 11, 28, 3, 30]],
    ['off', '03:30', null],
  ] as const)('%s at %s were due last at %j', (every, at, due) => {
    const expected = due === null ? null : new Date(...(due as [number, number, number, number, number])).getTime();
    expect(lastSlot({ every, at, keep: 1, withKey: false }, NOON)).toBe(expected);
    const sunday = new Date(2026, 0, 4, 1).getTime();
    if (every === 'weekly')
      expect(lastSlot({ every, at, keep: 1, withKey: false }, sunday)).toBe(new Date(2025, 11, 28, 3, 30).getTime());
  });
});
