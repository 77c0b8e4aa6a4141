import { expect, it } from '@jest/globals';
import type { Page } from 'playwright-core';
import { inventedExport, inventedId, inventedRows } from '../../testing/topology/invented-export.ts';
import { button, confirm, importVia, toast } from './actions.test-support.ts';
import { seriousFaults } from './console-world.test-support.ts';
import { describeConsole, LIMIT_MS, SIZES } from './describe-console.test-support.ts';

/** The code that shows messages, as the build names it. */
const TOASTS = /\/assets\/toasts-[^/]+\.js$/;

/** The server is away for a while: what is shown stays, what fails is said, and what was not loaded yet is fetched later. */
describeConsole('a server that goes away, in a browser', (world) => {
  const purge = async (page: Page): Promise<void> => {
    await button(page, 'Purge').click();
    await confirm(page, 'Purge this item for good?', 'Purge');
  };
  const openItem = async (page: Page): Promise<void> => {
    await page.getByRole('link', { name: /^Invented caption number 1 / }).click();
    await page.getByRole('heading', { name: /^Invented caption number 1 /, level: 1 }).waitFor();
  };

  it.each(SIZES)(
    'leaves the page as it is, says what failed, and fetches a page that failed again, on %s',
    async (_, options) => {
      await world().start();
      const page = await world().page(options);
      await importVia(world(), page, inventedExport(inventedRows(3)), 'first.json');
      const fetched = page.waitForResponse(TOASTS);
      await page.goto(world().url);
      // Before there is anything to say.
      await (await fetched).finished();
      await openItem(page);
      await button(page, 'Purge').click();
      await button(page, 'Cancel').click();
      await page.getByRole('alertdialog').waitFor({ state: 'detached' });

      const unanswered: string[] = [];
      page.on('requestfailed', (request) => {
        if (request.url().endsWith('/v1/session')) unanswered.push(request.method());
      });
      await world().stop();
      await purge(page);
      await toast(page, 'It was not purged').waitFor();
      // So often it is asked who is logged in, before that counts as failed.
      while (unanswered.length < 3) await page.waitForTimeout(20);
      const places = page.getByRole('navigation', { name: 'Pages' });
      await places.getByRole('link', { name: 'Health' }).click();
      await page.getByRole('heading', { name: 'Something went wrong in this page' }).waitFor();
      expect(await seriousFaults(page)).toEqual([]);
      await button(page, 'Try again').click();
      await page.getByRole('heading', { name: 'Something went wrong in this page' }).waitFor();
      await places.getByRole('link', { name: 'Collection' }).click();
      await openItem(page);

      await places.getByRole('link', { name: 'Health' }).click();
      await page.getByRole('heading', { name: 'Something went wrong in this page' }).waitFor();
      await world().start();
      await button(page, 'Try again').click();
      await page.getByRole('heading', { name: 'Health', level: 1 }).waitFor();
      // With how it looks.
      const sheets = await page.evaluate<readonly string[]>('[...document.styleSheets].map(({ href }) => href)');
      expect(sheets).toContainEqual(expect.stringContaining('/health-page-'));
      expect(await seriousFaults(page)).toEqual([]);
    },
    LIMIT_MS,
  );

  it.each(SIZES)(
    'stays in place where the code of messages cannot be fetched, and says everything once it can, on %s',
    async (_, options) => {
      await world().start();
      const page = await world().page(options);
      await importVia(world(), page, inventedExport(inventedRows(3)), 'first.json');
      const refused: string[] = [];
      await page.route(TOASTS, (route) => {
        refused.push(route.request().url());
        return route.abort();
      });
      await page.route(`**/v1/items/tiktok/favorites/${inventedId(1)}?*`, (route) =>
        route.request().method() === 'DELETE' ? route.abort() : route.continue(),
      );
      await page.goto(world().url);
      await openItem(page);
      await purge(page);
      // When nothing else was to be done, and for the message.
      while (refused.length < 2) await page.waitForTimeout(20);
      expect(await page.getByRole('heading', { name: /^Invented caption number 1 /, level: 1 }).count()).toBe(1);
      await page.unroute(TOASTS);
      await purge(page);
      await toast(page, 'It was not purged').nth(1).waitFor();
      expect(await seriousFaults(page)).toEqual([]);
    },
    LIMIT_MS,
  );
});
