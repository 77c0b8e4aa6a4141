import { expect, it } from '@jest/globals';
import { inventedExport, inventedRows } from '../../testing/topology/invented-export.ts';
import { seriousFaults } from './console-world.test-support.ts';
import { describeDistributedConsole, LIMIT_MS, SIZES } from './describe-console.test-support.ts';
import {
  beginWithExport,
  connectAndSync,
  figureOf,
  keepHealthy,
  reviewRemovals,
  stagesOf,
} from './main-journeys.test-support.ts';

const [DESKTOP] = SIZES;

/** The journeys of the embedded parts, on two machines that share only the servers. */
describeDistributedConsole('the console of two machines in a browser', (world) => {
  it.each(SIZES)(
    'begins with an export that is dropped, on %s',
    (name, options) => beginWithExport(world(), name, options),
    LIMIT_MS,
  );

  it(
    'connects GitHub, syncs, says that both sides hold the same, and lets go of it',
    () => connectAndSync(world(), ...DESKTOP),
    LIMIT_MS,
  );

  it(
    'reviews hundreds of held removals, brings them back from the trash, and tells the whole story',
    () => reviewRemovals(world(), ...DESKTOP),
    LIMIT_MS,
  );

  it(
    'shows the stages, redrives what they could not take, rebuilds and compares',
    () => keepHealthy(world(), ...DESKTOP),
    LIMIT_MS,
  );

  it(
    'shows what waits while the process that works stands still, and how it is taken once that goes on',
    async () => {
      await world().start();
      const health = await world().page();
      await health.goto(`${world().url}/health`);
      await health.getByText(/^Nothing was embedded yet\./).waitFor();
      const stage = stagesOf(health);
      const page = await world().page();
      await page.goto(`${world().url}/uploads`);

      world().freezeRole('embed');
      const file = world().file('user_data_tiktok.json', inventedExport(inventedRows(60)));
      await page.locator('input[type=file]').setInputFiles(file);
      await stage('Embedding')
        .getByText(/^\d+ records wait$/)
        .waitFor();
      expect(await seriousFaults(health)).toEqual([]);
      await page.getByRole('progressbar', { name: /^user_data_tiktok.json: / }).waitFor();
      world().wakeRole('embed');

      await page.getByText('60 new. The collection now holds exactly what the export lists.').waitFor();
      for (const name of ['Embedding', 'Store']) {
        await stage(name).getByText('Up to date').waitFor();
        await stage(name).getByText('Last record').waitFor();
      }
      // The other process counted them.
      await figureOf(health, 'Texts embedded').getByText('60', { exact: true }).waitFor();
    },
    LIMIT_MS,
  );
});
