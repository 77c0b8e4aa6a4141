import { expect, it } from '@jest/globals';
import type { Page } from 'playwright-core';
import { inventedExport, inventedId, inventedRows } from '../../testing/topology/invented-export.ts';
import { button, confirm, importVia, toast } from './actions.test-support.ts';
import { keepScreenshot, seriousFaults } from './console-world.test-support.ts';
import { describeConsole, LIMIT_MS, SIZES } from './describe-console.test-support.ts';

const ROWS = inventedRows(60);
const LATER = Date.UTC(2025, 5, 3);
const LATEST = Date.UTC(2025, 5, 5);

describeConsole('the trash in a browser', (world) => {
  const journalOf = async (page: Page, kind: string): Promise<readonly string[]> => {
    await page.goto(`${world().url}/removals/journal`);
    await button(page, kind).click();
    const titles = page.getByRole('list', { name: 'Journal' }).locator('.journal-title');
    await titles.first().waitFor();
    return titles.allTextContents();
  };

  it.each(SIZES)(
    'purges one and several: they are gone for good, and the journal tells it, on %s',
    async (name, options) => {
      await world().start();
      const page = await world().page(options);
      await importVia(world(), page, inventedExport(ROWS), 'first.json');
      // Five of sixty: few enough that nothing waits for approval.
      await importVia(world(), page, inventedExport(ROWS.slice(5), LATER), 'later.json');

      await page.goto(`${world().url}/removals`);
      await page.getByRole('link', { name: 'Trash 5' }).click();
      const trash = page.getByRole('list', { name: 'Items in the trash' });
      await trash.getByRole('listitem').nth(4).waitFor();
      expect(await trash.getByText(/^since \w+ \d+, \d+ · until \w+ \d+, \d+ · TikTok/).count()).toBe(5);
      expect(
        await trash.getByText(/^Absent from a complete snapshot of 55 items\. · decided by Hoardarr$/).count(),
      ).toBe(5);
      expect(await button(page, 'Purge').isDisabled()).toBe(true);
      expect(await seriousFaults(page)).toEqual([]);
      await keepScreenshot(page, `trash-${name.slice(2)}`);

      await trash.getByLabel('Invented caption number 0 ').check();
      await button(page, 'Purge').click();
      const dialog = page.getByRole('alertdialog', { name: 'Purge 1 item for good?' });
      await dialog.getByText('This cannot be undone', { exact: false }).waitFor();
      await button(dialog, 'Cancel').click();
      await dialog.waitFor({ state: 'detached' });
      expect(await trash.getByRole('listitem').count()).toBe(5);
      await button(page, 'Purge').click();
      await confirm(page, 'Purge 1 item for good?', 'Purge');
      await page.getByText('1 item purged', { exact: true }).waitFor();
      await page.getByText('0 of 4 chosen').waitFor();
      expect(await trash.getByText('Invented caption number 0 ').count()).toBe(0);

      await trash.getByLabel('Invented caption number 1 ').check();
      await trash.getByLabel('Invented caption number 2 ').check();
      await trash.getByLabel('Invented caption number 3 ').check();
      await page.getByText('3 of 4 chosen').waitFor();
      await button(page, 'Purge').click();
      await confirm(page, 'Purge 3 items for good?', 'Purge');
      await page.getByText('3 items purged', { exact: true }).waitFor();
      await page.getByRole('link', { name: 'Trash 1' }).waitFor();
      await trash.getByRole('link', { name: 'Invented caption number 4 ' }).waitFor();
      expect(await trash.getByRole('listitem').count()).toBe(1);
      expect(await seriousFaults(page)).toEqual([]);

      // Erased: the journal says that it happened, and no more what it was.
      const told = await journalOf(page, 'Purged');
      expect(told.map((title) => Number(/^(\d+) items of TikTok/.exec(title)?.[1] ?? 1)).reduce((a, b) => a + b)).toBe(
        4,
      );
      await page.getByText('Erased for good').first().waitFor();
      expect(await page.locator('main').textContent()).not.toContain('Invented caption');
      expect(await seriousFaults(page)).toEqual([]);
      expect(await journalOf(page, 'Removed')).toEqual(['5 items of TikTok, favorites']);
      await page.getByText('Which ones').click();
      const which = page.getByRole('list', { name: 'Which ones' }).getByRole('link');
      await which.nth(4).waitFor();
      const captions = (await which.allTextContents()).filter((title) => title.startsWith('Invented caption'));
      expect(captions).toEqual([expect.stringContaining('number 4 ')]);

      await page.goto(`${world().url}/items/tiktok/favorites/${inventedId(2)}`);
      await page.getByText('Its content has been erased.', { exact: false }).waitFor();
      expect(await page.locator('main').textContent()).not.toContain('Invented caption');
      expect(await seriousFaults(page)).toEqual([]);

      // What was purged is not taken in again, whatever an export says.
      await importVia(world(), page, inventedExport(ROWS, LATEST), 'again.json');
      await page.goto(world().url);
      await page.getByText('56 items').first().waitFor();
      await world().stop();
      expect(world().folder.filesWith('Invented caption number 2 about')).toEqual([]);
    },
    LIMIT_MS,
  );

  it.each(SIZES)(
    'erases nothing that was restored elsewhere meanwhile, and asks about what is still there, on %s',
    async (_, options) => {
      await world().start();
      const page = await world().page(options);
      await importVia(world(), page, inventedExport(ROWS), 'first.json');
      await importVia(world(), page, inventedExport(ROWS.slice(5), LATER), 'later.json');
      await page.goto(`${world().url}/removals/trash`);
      const trash = page.getByRole('list', { name: 'Items in the trash' });
      const itemAt = (n: number): string => `${world().url}/v1/items/tiktok/favorites/${inventedId(n)}`;
      const restoreElsewhere = async (n: number): Promise<void> =>
        expect(await (await fetch(`${itemAt(n)}/restore`, { method: 'POST' })).json()).toMatchObject({ done: true });
      const choose = async (...numbers: readonly number[]): Promise<void> => {
        for (const n of numbers) await trash.getByLabel(`Invented caption number ${n} `).check();
      };

      await choose(0, 1, 2);
      await restoreElsewhere(0);
      await button(page, 'Purge').click();
      await confirm(page, 'Purge 3 items for good?', 'Purge');
      await toast(page, '2 items purged').waitFor();
      await toast(page, '1 item was in another state by then, and stayed as it is').waitFor();
      expect(await (await fetch(itemAt(0))).json()).toMatchObject({ state: 'active', blocked: false });

      await page.getByText('0 of 2 chosen').waitFor();
      await choose(3, 4);
      await restoreElsewhere(3);
      // A minute later its reader comes back to the window.
      await page.evaluate('(() => { const now = Date.now; Date.now = () => now() + 60_000; })()');
      await page.evaluate("document.dispatchEvent(new Event('visibilitychange', { bubbles: true }))");
      await page.getByText('1 of 1 chosen').waitFor();
      await button(page, 'Purge').click();
      await confirm(page, 'Purge 1 item for good?', 'Purge');
      await toast(page, '1 item purged').waitFor();
      expect(await (await fetch(itemAt(3))).json()).toMatchObject({ state: 'active', blocked: false });
    },
    LIMIT_MS,
  );
});
