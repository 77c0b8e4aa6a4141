import { statSync } from 'node:fs';
import { expect, it } from '@jest/globals';
import { FakeReceiver } from '../../testing/fake-receiver/fake-receiver.ts';
import { inventedExport, inventedRows } from '../../testing/topology/invented-export.ts';
import { button, confirm, importVia } from './actions.test-support.ts';
import { keepScreenshot, seriousFaults } from './console-world.test-support.ts';
import { describeConsole, LIMIT_MS, SIZES } from './describe-console.test-support.ts';
import {
  appendUnreadable,
  connectAndSync,
  keepHealthy,
  LATER,
  ROWS,
  reviewRemovals,
  stagesOf,
} from './main-journeys.test-support.ts';

/** Accounts, removals, health and settings, as their pages offer them. */
describeConsole('the upkeep in a browser', (world) => {
  it.each(SIZES)(
    'connects GitHub, syncs, says that both sides hold the same, and lets go of it, on %s',
    (name, options) => connectAndSync(world(), name, options),
    LIMIT_MS,
  );

  it.each(SIZES)(
    'reviews hundreds of held removals, brings them back from the trash, and tells the whole story, on %s',
    (name, options) => reviewRemovals(world(), name, options),
    LIMIT_MS,
  );

  it.each(SIZES)(
    'shows the stages, redrives what they could not take, rebuilds and compares, on %s',
    (name, options) => keepHealthy(world(), name, options),
    LIMIT_MS,
  );

  it.each(SIZES)(
    'lists a dead letter as soon as the stages tell of it, on %s',
    async (_, options) => {
      await world().start();
      const page = await world().page(options);
      // What is looked at again after a while would hide that nothing was told.
      await page.addInitScript('window.setInterval = () => 0');
      await page.goto(`${world().url}/health`);
      await page.getByText('None: every record was taken.').waitFor();
      await appendUnreadable(world());
      await stagesOf(page)('Embedding').getByText('1 dead letter', { exact: true }).waitFor();
      await page
        .getByRole('list', { name: 'Dead letters' })
        .getByText(/^embed, /)
        .waitFor();
    },
    LIMIT_MS,
  );

  it.each(SIZES)(
    'backs up and restores, and tells whom it should, on %s',
    async (name, options) => {
      const receiver = await new FakeReceiver().listen();
      try {
        await world().start();
        const page = await world().page(options);
        await importVia(world(), page, inventedExport(ROWS), 'first.json');

        await page.goto(`${world().url}/settings`);
        await button(page, 'Back up now').click();
        await page.getByText('A backup of 600 items was made').waitFor();
        const [file] = await Promise.all([
          page.waitForEvent('download'),
          page.getByRole('list', { name: 'Backups' }).getByRole('link', { name: 'Download' }).click(),
        ]);
        expect(file.suggestedFilename()).toMatch(/^hoardarr-.*\.tar$/);
        expect(statSync(await file.path()).size).toBeGreaterThan(100_000);
        await page.getByLabel('How often').selectOption('Every day');
        await page.getByText('The schedule was changed').waitFor();

        await page.getByLabel('Address').fill(`${receiver.origin}/hook/secret-path`);
        await button(page, 'Add').click();
        await page.getByText('Notifications were changed').waitFor();
        await button(page, 'Send a test').click();
        await page.getByText(/took it\.$/).waitFor();
        expect(receiver.received.map(({ path }) => path)).toEqual(['/hook/secret-path']);
        expect(await page.locator('main').textContent()).not.toContain('secret-path');
        expect(await seriousFaults(page)).toEqual([]);
        await keepScreenshot(page, `settings-${name.slice(2)}`);

        await importVia(world(), page, inventedExport(inventedRows(620), LATER), 'later.json');
        await page.goto(`${world().url}/settings`);
        await button(page, 'Restore').click();
        await confirm(page, 'Bring this backup back?', 'Restore');
        await page.getByText('The backup was brought back: 600 items').waitFor();
        await page.goto(world().url);
        await page.getByText('600 items').first().waitFor();
      } finally {
        await receiver.close();
      }
    },
    LIMIT_MS,
  );
});
