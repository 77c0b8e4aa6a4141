import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { CliWorld, videos } from '../../cli/run-cli.test-helper.ts';
import { systemClock } from '../clock.ts';
import { type Config, loadConfig } from '../config.ts';
import { prepareDataFolder } from '../data-folder.ts';
import { openApp } from '../open-app.ts';
import { restoringAlone } from '../restore/embedded/restore-lock.ts';
import { createTelemetry } from '../telemetry.ts';
import { restoreBackup } from './backup.ts';
import { stageBackup } from './restore.ts';

const telemetry = createTelemetry({ level: 'silent', secrets: [] });
const deps = { clock: systemClock, random: Math.random, telemetry, log: telemetry.log };

describe('a backup that is restored into a new folder', () => {
  let world: CliWorld;
  let archive = '';
  let config: Config;
  beforeEach(async () => {
    world = new CliWorld();
    archive = path.join(world.root, 'a.tar');
    await world.run('import', 'tiktok', world.export('a.json', videos(3)));
    expect((await world.run('backup', archive)).status).toBe(0);
    config = loadConfig({ dataDir: path.join(world.root, 'target') }, world.env);
  });
  afterEach(() => world.remove());

  const restored = (file = archive): Promise<string> =>
    restoreBackup(config, file, deps).then(
      ({ items }) => `${items} items`,
      (error: unknown) => String(error),
    );
  const expectWhole = async (): Promise<void> => {
    const app = await openApp(config, telemetry);
    expect(await app.store.totals()).toMatchObject([{ active: 3 }]);
    expect((await app.log.ends('ingest')).some(({ end }) => end > 0)).toBe(true);
    await app.close();
    expect(readdirSync(config.dataDir).filter((name) => /restore/.test(name))).toEqual([]);
  };

  it('is, where two do that at once, restored by one; the other one is told', async () => {
    const both = await Promise.all([restored(), restored()]);
    expect(both).toContain('3 items');
    expect(both.find((each) => each !== '3 items')).toMatch(/already/);
    await expectWhole();
  });

  it('is restored also where an attempt before was killed while it unpacked', async () => {
    prepareDataFolder(config.dataDir);
    await restoringAlone(config.dataDir, async () => undefined);
    mkdirSync(path.join(config.dataDir, '.restore-1'));
    for (const name of ['.restore-1/log.db', 'restore.json.part', '.unpack.lock-journal', '.lock-journal'])
      writeFileSync(path.join(config.dataDir, name), name.endsWith('-journal') ? '' : 'cut off');
    expect(await restored()).toBe('3 items');
    await expectWhole();
  });

  it('is restored also where an attempt before was killed when all was verified', async () => {
    prepareDataFolder(config.dataDir);
    const startedAt = new Date().toISOString();
    await stageBackup(config, archive, { from: 'a.tar', startedAt }, deps, { confirm: async () => undefined });
    const other = path.join(world.root, 'b.tar');
    expect((await world.run('backup', other)).status).toBe(0);
    expect(await restored(other)).toMatch(/is not empty/);
    expect(await restored()).toBe('3 items');
    await expectWhole();
    expect(await restored()).toMatch(/is not empty/);
  });
});
