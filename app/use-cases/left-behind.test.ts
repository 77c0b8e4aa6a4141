import { existsSync, mkdtempSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { ItemStore } from '../../core/ports/item-store.ts';
import { type MemoryApp, openMemoryApp } from '../../testing/topology/memory-app.ts';
import type { App } from '../app.ts';
import { writeMove } from '../move/finish-move.ts';
import { Presence } from '../presence.ts';
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
