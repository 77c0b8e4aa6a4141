import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from '@jest/globals';
import { inventedExport, inventedRows } from '../../testing/topology/invented-export.ts';
import { beginImport, importVia, toast, uploadCard, watchTold } from './actions.test-support.ts';
import { DESKTOP, dropFile, keepScreenshot, seriousFaults } from './console-world.test-support.ts';
import { describeConsole, LIMIT_MS, SIZES } from './describe-console.test-support.ts';
import { beginWithExport } from './main-journeys.test-support.ts';

const SAMPLE_POSTS = readFileSync(path.join(__dirname, '../../samples/reddit/saved_posts.csv'));

describeConsole('the console in a browser', (world) => {
  it.each(SIZES)(
    'begins with an export that is dropped, on %s',
    (name, options) => beginWithExport(world(), name, options),
    LIMIT_MS,
  );

  it.each(SIZES)(
    'is used by keyboard alone: search, results, an item and back, on %s',
    async (_, options) => {
      await world().start();
      const page = await world().page(options);
      await importVia(world(), page, inventedExport(inventedRows(60)));
      await page.goto(world().url);
      await page.getByText('60 items').first().waitFor();
      const focused = (): Promise<string> => page.evaluate<string>('document.activeElement.textContent');
      // Who opens the console begins at its top; each page that is gone to is read out.
      await page.keyboard.press('Tab');
      expect(await focused()).toBe('Skip to the content');
      for (const title of ['Uploads', 'Collection']) {
        await page.getByRole('link', { name: title, exact: true }).click();
        await page.locator('h1:focus', { hasText: title }).waitFor();
        expect(await page.title()).toBe(`${title} · Hoardarr`);
      }
      await page.keyboard.press('j');
      await page.keyboard.press('j');
      expect(await focused()).toContain('Invented caption number 1 ');
      await page.keyboard.press('k');
      expect(await focused()).toContain('Invented caption number 0 ');

      // Two searches that find as many are told twice.
      const told = await watchTold(page);
      const searches = ['invented', 'caption'];
      for (const [n, words] of searches.entries()) {
        await page.getByRole('searchbox').fill(words);
        while ((await told()).length <= n) await page.waitForTimeout(20);
      }
      expect((await told()).map((text) => text.trim())).toEqual(searches.map(() => '50 results'));
      await page.getByRole('searchbox').fill('');
      await page.getByRole('searchbox').press('Escape');

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
      await page.locator(':focus', { hasText: 'Invented caption number 41 ' }).waitFor();
      expect(await page.getByRole('searchbox').inputValue()).toBe('number 41');
      const second = await page.locator('[data-index="1"] a').textContent();
      await page.keyboard.press('j');
      expect(await focused()).toBe(second);

      // Keys that are a character alone can be turned off, the others go on.
      await page.getByRole('link', { name: 'Settings' }).click();
      await page.getByRole('switch', { name: 'Keyboard shortcuts' }).click();
      await page.getByRole('link', { name: 'Collection', exact: true }).click();
      await page.getByText('60 items').first().waitFor();
      for (const key of ['/', 'j', '?']) await page.keyboard.press(key);
      expect(await focused()).toBe('Collection');
      await page.keyboard.press('ArrowDown');
      expect(await focused()).toContain('Invented caption number 0 ');
      // A phone has no room for the button.
      if (options !== DESKTOP) return;
      await page.getByRole('button', { name: 'Keyboard shortcuts' }).click();
      await page.getByText('Keys that are a single character are turned off', { exact: false }).waitFor();
    },
    LIMIT_MS,
  );

  it.each(SIZES)(
    'tells why an item went, restores it, and purges it after asking, on %s',
    async (_, options) => {
      await world().start();
      const page = await world().page(options);
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

  it.each(SIZES)(
    'follows uploads through a reload and a server that goes away, several at once, on %s',
    async (_, options) => {
      await world().start();
      const page = await world().page(options);
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

  it.each(SIZES)(
    'says what a refused file is, asks whose export it is where nobody can tell, and takes what is dropped as the page says, on %s',
    async (_, options) => {
      await world().start();
      const page = await world().page(options);
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

      // What the page asks for holds for files that are dropped on it, too.
      const dropExport = () => dropFile(page, 'dropped.json', JSON.stringify(inventedExport(inventedRows(3))));
      await page.getByText('Options').click();
      const whose = page.getByRole('combobox', { name: 'Whose' });
      await whose.fill('no/name');
      await dropExport();
      await toast(page, /^Say whose it is first/).waitFor();
      expect(await uploadCard(page, 'dropped.json').count()).toBe(0);
      // A message that passes by stops no key of the page.
      await page.getByRole('heading', { name: 'Uploads', exact: true }).focus();
      await page.keyboard.press('?');
      const help = page.getByRole('dialog', { name: 'Keyboard shortcuts' });
      await help.waitFor();
      await page.keyboard.press('Escape');
      await help.waitFor({ state: 'detached' });
      await whose.fill('partner');
      await page.getByLabel('Made on').fill('2025-06-02');
      await dropExport();
      await uploadCard(page, 'dropped.json').getByText('3 new').waitFor();
      await uploadCard(page, 'dropped.json').getByText('partner').waitFor();
      expect(await page.evaluate<string>(`localStorage.getItem('hoardarr.uploads')`)).toContain('"asOf":"2025-06-02"');
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

  it.each(SIZES)(
    'works under a sub-path, where links, files and the way back keep to it, on %s',
    async (_, options) => {
      await world().start({ HOARDARR_BASE_PATH: '/hoard' });
      const page = await world().page(options);
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
