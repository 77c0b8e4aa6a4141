import { existsSync, mkdirSync, mkdtempSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { ItemStore } from '../../core/ports/item-store.ts';
import { type MemoryApp, openMemoryApp } from '../../testing/topology/memory-app.ts';
import type { App } from '../app.ts';
import { writeMove } from '../move/finish-move.ts';
import { Presence } from '../presence.ts';
import { restoringAlone } from '../restore/embedded/restore-lock.ts';
import { type Marker, workFolder, writeMarker } from '../restore/marker.ts';
import { removeLeftBehind } from './left-behind.ts';
import { rebuildStore } from './rebuild.ts';

let memory: MemoryApp;
let app: App;
beforeEach(async () => {
  memory = await openMemoryApp({ seed: 1 });
  app = memory.app;
});
afterEach(() => memory.app.close());

describe('what a rebuild that was killed has left', () => {
  beforeEach(async () => void (await app.generations.open(2)));

  it('is removed at the next start, since no purge would reach it', async () => {
    await removeLeftBehind(app);
    expect(await app.generations.list()).toEqual([1]);
  });

  it('goes with the copies of a backup that was killed', async () => {
    const folder = mkdtempSync(path.join(app.config.dataDir, '.backup-'));
    await removeLeftBehind(app);
    expect(existsSync(folder)).toBe(false);
  });

  it('is left alone while somebody rebuilds', async () => {
    const theirs = new Presence(app.metadata, app.clock);
    expect(await theirs.pause([])).toBe(true);
    await removeLeftBehind(app);
    expect(await app.generations.list()).toEqual([1, 2]);
  });

  it('is left alone where it is what a move of the log goes on with', async () => {
    await writeMove(app.metadata, { to: 'kafka', topicPrefix: '', generation: 2, embedder: null, shifted: false });
    await removeLeftBehind(app);
    expect(await app.generations.list()).toEqual([1, 2]);
  });
});

describe('what a restore or a backup that was killed has left', () => {
  const MARKER: Marker = {
    id: 'named',
    phase: 'failed',
    from: 'a.tar',
    items: 1,
    backupAt: '2026-01-01T00:00:00.000Z',
    startedAt: '2026-01-01T00:00:00.000Z',
    detail: null,
  };
  const plant = (): readonly string[] => {
    const { dataDir } = app.config;
    const [unpacked, received, backups] = ['.restore-1', '.incoming-1.tar', 'backups'].map((name) =>
      path.join(dataDir, name),
    ) as [string, string, string];
    for (const folder of [unpacked, backups]) mkdirSync(folder);
    const parts = ['a.tar.part', 'b.tar.5a8f5f0e-50f4-4d3c-9b55-3b8b8f8fd8b4.part'].map((name) =>
      path.join(backups, name),
    );
    for (const file of [path.join(unpacked, 'log.db'), received, ...parts])
      writeFileSync(file, 'what was purged since');
    writeFileSync(path.join(backups, 'a.tar'), 'whole');
    return [unpacked, received, ...parts];
  };
  const left = (planted: readonly string[]): readonly string[] => planted.filter((each) => existsSync(each));

  it('is removed at the next start', async () => {
    const planted = plant();
    await removeLeftBehind(app);
    expect(left(planted)).toEqual([]);
    expect(readdirSync(path.join(app.config.dataDir, 'backups'))).toEqual(['a.tar']);
  });

  it('is left alone while somebody restores, for as long as that process lives', async () => {
    const [unpacked = '', received = ''] = await restoringAlone(app.config.dataDir, async () => {
      const planted = plant();
      await removeLeftBehind(app);
      return planted;
    });
    expect(left([unpacked, received])).toEqual([unpacked, received]);
  });

  it('is left alone while somebody makes a backup', async () => {
    const [, , ...parts] = plant();
    expect(await new Presence(app.metadata, app.clock).pause([])).toBe(true);
    await removeLeftBehind(app);
    expect(left(parts)).toEqual(parts);
  });

  it('is not what a restore that was verified goes on with', async () => {
    const planted = plant();
    const { dataDir } = app.config;
    mkdirSync(workFolder(dataDir, MARKER));
    writeMarker(dataDir, MARKER);
    await removeLeftBehind(app);
    expect(left([...planted, workFolder(dataDir, MARKER)])).toEqual([workFolder(dataDir, MARKER)]);
  });
});

it('a rebuild that stood still while another one began changes nothing of it', async () => {
  const theirs = new Presence(app.metadata, app.clock);
  const { generations } = app;
  const open = generations.open.bind(generations);
  const takenOver = async (generation: number): Promise<ItemStore> => {
    const stored = await app.metadata.get('pause');
    const pause = { by: theirs.instance, roles: [], beatAt: app.clock.now() };
    expect(await app.metadata.compareAndSet('pause', stored?.version ?? null, pause)).not.toBeNull();
    return open(generation);
  };
  Object.assign(generations, { open: takenOver });
  let said: unknown = null;
  rebuildStore(app).then(
    () => {
      said = 'it switched';
    },
    (error: unknown) => {
      said = String(error);
    },
  );
  await memory.clock.runUntil(() => said !== null);
  expect(said).toMatch(/another one rebuilds/);
  expect([app.stores.generation, await generations.list()]).toEqual([1, [1, 2]]);
});
