import path from 'node:path';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { systemClock } from '../app/clock.ts';
import { loadConfig } from '../app/config.ts';
import { openApp } from '../app/open-app.ts';
import { createTelemetry } from '../app/telemetry.ts';
import { restoreBackup } from '../app/use-cases/backup.ts';
import { CliWorld, videos } from './run-cli.test-helper.ts';

let world: CliWorld;
beforeEach(() => {
  world = new CliWorld();
});
afterEach(() => world.remove());

it('what somebody wrote into an empty folder while a backup was unpacked there stays', async () => {
  await world.run('import', 'tiktok', world.export('a.json', videos(3)));
  const archive = path.join(world.root, 'a.tar');
  expect((await world.run('backup', archive)).status).toBe(0);
  const config = loadConfig({ dataDir: path.join(world.root, 'target') }, world.env);
  const telemetry = createTelemetry({ level: 'silent', secrets: [] });
  const restored = restoreBackup(config, archive, {
    clock: systemClock,
    random: Math.random,
    telemetry,
    log: telemetry.log,
  }).then(
    () => 'restored',
    (error: unknown) => String(error),
  );
  const app = await openApp(config, telemetry);
  await app.metadata.compareAndSet('mine', null, { written: true });
  await app.close();
  expect(await restored).toMatch(/is not empty/);
  const again = await openApp(config, telemetry);
  expect((await again.metadata.get('mine'))?.value).toEqual({ written: true });
  await again.close();
});
