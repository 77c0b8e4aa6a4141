import { existsSync, readdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { CliWorld, videos } from '../../cli/run-cli.test-helper.ts';
import type { MetadataStore } from '../../core/ports/metadata-store.ts';
import type { App } from '../app.ts';
import { loadConfig } from '../config.ts';
import { openApp } from '../open-app.ts';
import { PauseLock } from '../pause-lock.ts';
import { createTelemetry } from '../telemetry.ts';
import { restoreInPlace } from './restore.ts';

const telemetry = createTelemetry({ level: 'silent', secrets: [] });

describe('a restore in place that stood still while it unpacked', () => {
  let world: CliWorld;
  let archive = '';
  let mine: App;
  let theirs: App;
  const open: App[] = [];
  beforeEach(async () => {
    world = new CliWorld();
    archive = path.join(world.root, 'a.tar');
    await world.run('import', 'tiktok', world.export('a.json', videos(3)));
    expect((await world.run('backup', archive)).status).toBe(0);
    mine = await openApp(config(), telemetry);
    theirs = await openApp(config(), telemetry);
    open.push(mine, theirs);
  });
  const closeAll = async (): Promise<void> => {
    for (const app of open.splice(0)) await app.close();
  };
  afterEach(async () => {
    await closeAll();
    world.remove();
  });

  const config = (): App['config'] => loadConfig({ dataDir: world.dataDir }, world.env);
  const ofRestores = (): readonly string[] => readdirSync(world.dataDir).filter((name) => /restore/.test(name));

  /** Restores, and stands still where all is unpacked and open, until `meanwhile` has happened. */
  const standingStill = async (meanwhile: () => Promise<void>): Promise<unknown> => {
    let happened = false;
    const metadata: MetadataStore = Object.create(mine.metadata, {
      get: {
        value: async (key: string) => {
          if (ofRestores().length > 0 && !happened) {
            happened = true;
            await beSilent();
            await meanwhile();
          }
          return await mine.metadata.get(key);
        },
      },
    }) as MetadataStore;
    const restored = await restoreInPlace({ ...mine, metadata }, archive, 'a.tar').catch((error: unknown) => error);
    expect(happened).toBe(true);
    return restored;
  };
  /** As if nothing had been heard of this process for a minute. */
  const beSilent = async (): Promise<void> => {
    const pause = await mine.metadata.get('pause');
    const value = { ...(pause?.value as object), beatAt: mine.clock.now() - 60_000 };
    expect(await mine.metadata.compareAndSet('pause', pause?.version ?? null, value)).not.toBeNull();
  };
  const items = async (): Promise<number | undefined> => {
    const again = await openApp(config(), telemetry);
    const totals = await again.store.totals();
    await again.close();
    return totals.reduce((sum, { active }) => sum + active, 0);
  };

  it('keeps its folder: another one is refused, and what is restored is whole', async () => {
    let refused: unknown = null;
    const restored = await standingStill(async () => {
      refused = await restoreInPlace(theirs, archive, 'a.tar').catch((error: unknown) => error);
    });
    expect(String(refused)).toMatch(/already/);
    expect(restored).toMatchObject({ state: 'restarting', items: 3 });
    await closeAll();
    expect(await items()).toBe(3);
    expect(existsSync(path.join(world.dataDir, 'encryption-key.json'))).toBe(true);
    expect(ofRestores()).toEqual([]);
  });

  it('changes nothing where another process went on with the data meanwhile', async () => {
    const restored = await standingStill(async () => {
      await (await PauseLock.take(theirs)).release();
    });
    expect(String(restored)).toMatch(/stood still/);
    expect(ofRestores()).toEqual([]);
  });

  it.each([
    ['its folder was removed', ''],
    ['a file was removed', 'log.db'],
  ])('changes nothing where %s', async (_what, name) => {
    const restored = await standingStill(async () => {
      const work = ofRestores()[0] ?? '';
      rmSync(path.join(world.dataDir, work, name), { recursive: true });
    });
    expect(String(restored)).toMatch(/not there any more/);
    expect(ofRestores()).toEqual([]);
  });
});
