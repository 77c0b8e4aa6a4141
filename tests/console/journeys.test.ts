import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from '@jest/globals';
import { inventedExport, inventedRows } from '../../testing/topology/invented-export.ts';
import { beginImport, importVia, uploadCard } from './actions.test-support.ts';
import { keepScreenshot, seriousFaults } from './console-world.test-support.ts';
import { describeConsole, LIMIT_MS, SIZES } from './describe-console.test-support.ts';
import { beginWithExport } from './main-journeys.test-support.ts';

const SAMPLE_POSTS = readFileSync(path.join(__dirname, '../../samples/reddit/saved_posts.csv'));

describeConsole('the console in a browser', (world) => {
  it.each(SIZES)(
    'begins with an export that is dropped, on %s',
    (name, options) => beginWithExport(world(), name, options),
    LIMIT_MS,
  );

  it(
    'is used by keyboard alone: search, results, an item and back',
    async () => {
      await world().start();
      const page = await world().page();
      await importVia(world(), page, inventedExport(inventedRows(60)));
      await page.goto(world().url);
      await page.getByText('60 items').first().waitFor();
      const focused = (): Promise<string> => page.evaluate<string>('document.activeElement.textContent');
      await page.keyboard.press('j');
      await page.keyboard.press('j');
      expect(await focused()).toContain('Invented caption number 1 ');
      await page.keyboard.press('k');
      expect(await focused()).toContain('Invented caption number 0 ');

      await page.keyboard.press('/');
      await page.keyboard.type('number 41');
      const found = page.getByRole('link', { name: /Invented caption number 41 / });
      await found.waitFor();
      await page.keyboard.press('ArrowDown');
      expect(await focused()).toContain('Invented caption number 41 ');
      await page.keyboard.press('Enter');
      await page.getByRole('heading', { name: /Invented caption number 41 / }).waitFor();
      await page.getByText('Came into the collection').waitFor();
      const out = page.getByRole('link', { name: /Open at TikTok/ });
      expect(await out.getAttribute('rel')).toContain('noreferrer');
      expect(await seriousFaults(page)).toEqual([]);

      await page.keyboard.press('?');
      await page.getByRole('dialog', { name: 'Keyboard shortcuts' }).waitFor();
      expect(await seriousFaults(page)).toEqual([]);
      await page.keyboard.press('Escape');
      await page.getByRole('dialog').waitFor({ state: 'detached' });
      await page.keyboard.press('Escape');
      await found.waitFor();
      expect(await page.getByRole('searchbox').inputValue()).toBe('number 41');
    },
    LIMIT_MS,
  );

  it(
    'tells why an item went, restores it, and purges it after asking',
    async () => {
      await world().start();
      const page = await world().page();
      const rows = inventedRows(60);
      await importVia(world(), page, inventedExport(rows));
      const later = inventedExport(rows.slice(1), Date.UTC(2025, 5, 3));
      const card = await beginImport(world(), page, later, 'later.json');
      await card.getByText('1 removed').waitFor();

      await page.goto(`${world().url}/?state=trash`);
      await page.getByRole('link', { name: /Invented caption number 0 / }).click();
      await page.getByText('Absent from a complete snapshot of 59 items.').waitFor();
      expect(await seriousFaults(page)).toEqual([]);
      await page.getByRole('button', { name: 'Restore' }).click();
      const dialog = page.getByRole('alertdialog', { name: 'Restore this item?' });
      await dialog.waitFor();
      expect(await seriousFaults(page)).toEqual([]);
      await dialog.getByRole('button', { name: 'Restore' }).click();
      await page.getByText('Restored and pinned').first().waitFor();
      await page.getByText('by me', { exact: false }).first().waitFor();

      await page.getByRole('button', { name: 'Purge' }).click();
      await page.getByRole('button', { name: 'Cancel' }).click();
      await page.getByRole('alertdialog').waitFor({ state: 'detached' });
      await page.getByRole('button', { name: 'Purge' }).click();
      await page.getByRole('alertdialog').getByRole('button', { name: 'Purge' }).click();
      await page.getByText('Its content has been erased', { exact: false }).first().waitFor();
    },
    LIMIT_MS,
  );

  it(
    'follows uploads through a reload and a server that goes away, several at once',
    async () => {
      await world().start();
      const page = await world().page();
      await page.goto(`${world().url}/uploads`);
      const files = [
        world().file('first.json', inventedExport(inventedRows(3_000))),
        world().file('other.csv', SAMPLE_POSTS),
      ];
      await page.locator('input[type=file]').setInputFiles(files);
      await uploadCard(page, 'first.json').waitFor();
      // From now on the server has them, whatever becomes of the page.
      const isSent = `!/"(asking|waiting|sending)"/.test(localStorage.getItem('hoardarr.uploads') ?? '"sending"')`;
      while (!(await page.evaluate<boolean>(isSent))) await page.waitForTimeout(20);
      await page.reload();
      await uploadCard(page, 'first.json').waitFor();

      await world().stop();
      const cutOff = page.getByText('The connection is gone; trying again…').first();
      await Promise.race([cutOff.waitFor(), uploadCard(page, 'first.json').getByText('Done').waitFor()]);
      await world().start();
      await uploadCard(page, 'first.json').getByText('3,000 new').waitFor();
      await uploadCard(page, 'other.csv').getByText('Done', { exact: true }).waitFor();
      expect(await seriousFaults(page)).toEqual([]);
      await page.getByRole('button', { name: 'Take first.json off the list' }).click();
      await uploadCard(page, 'first.json').waitFor({ state: 'detached' });
      await page.reload();
      await uploadCard(page, 'other.csv').waitFor();
      expect(await uploadCard(page, 'first.json').count()).toBe(0);
    },
    LIMIT_MS,
  );

  it(
    'says what a refused file is, in the words of the server, and asks whose export it is where nobody can tell',
    async () => {
      await world().start();
      const page = await world().page();
      await page.goto(`${world().url}/uploads`);
      await page.locator('input[type=file]').setInputFiles(world().file('wrong.json', { 'Your Activity': {} }));
      await uploadCard(page, 'wrong.json').getByText('Failed', { exact: true }).waitFor();
      await uploadCard(page, 'wrong.json')
        .getByText(/Your Activity/)
        .waitFor();
      await page.locator('input[type=file]').setInputFiles(world().file('holiday.zip', 'no archive at all'));
      await uploadCard(page, 'holiday.zip').getByText('Whose export is this?').waitFor();
      expect(await seriousFaults(page)).toEqual([]);
      await uploadCard(page, 'holiday.zip').getByRole('button', { name: 'TikTok' }).click();
      await uploadCard(page, 'holiday.zip').getByText('Failed', { exact: true }).waitFor();
      expect(await seriousFaults(page)).toEqual([]);
    },
    LIMIT_MS,
  );

  it.each(SIZES)(
    'has every page in light and dark, on %s, without what axe calls serious',
    async (name, options) => {
      await world().start();
      const page = await world().page(options);
      await importVia(world(), page, inventedExport(inventedRows(60)));
      for (const address of [
        '/',
        '/uploads',
        '/welcome',
        '/accounts',
        '/removals',
        '/health',
        '/settings',
        '/nowhere',
      ]) {
        for (const colorScheme of ['light', 'dark'] as const) {
          await page.emulateMedia({ colorScheme });
          await page.goto(`${world().url}${address}`);
          await page.locator('main h1, main h2').first().waitFor({ state: 'attached' });
          expect([address, colorScheme, await seriousFaults(page)]).toEqual([address, colorScheme, []]);
          const overflow = await page.evaluate<number>('document.documentElement.scrollWidth - window.innerWidth');
          expect([address, overflow <= 0]).toEqual([address, true]);
          if (address === '/') await keepScreenshot(page, `collection-${name.slice(2)}-${colorScheme}`);
        }
      }
    },
    LIMIT_MS,
  );

  it(
    'works under a sub-path, where links, files and the way back keep to it',
    async () => {
      await world().start({ HOARDARR_BASE_PATH: '/hoard' });
      const page = await world().page();
      await importVia(world(), page, inventedExport(inventedRows(60)));
      await page.getByRole('link', { name: 'Show the items' }).click();
      await page.getByRole('link', { name: /Invented caption number 3 / }).click();
      await page.getByRole('heading', { name: /Invented caption number 3 / }).waitFor();
      expect(new URL(page.url()).pathname).toMatch(/^\/hoard\/items\/tiktok\/favorites\//);
      await page.reload();
      await page.getByText('Came into the collection').waitFor();
    },
    LIMIT_MS,
  );
});
