import { expect, it } from '@jest/globals';
import type { Page } from 'playwright-core';
import { inventedExport, inventedRows } from '../../testing/topology/invented-export.ts';
import { button } from './actions.test-support.ts';
import { keepScreenshot, seriousFaults } from './console-world.test-support.ts';
import { describeConsole, LIMIT_MS, SIZES } from './describe-console.test-support.ts';

const MANY = 3_000;

describeConsole('the collection in a browser', (world) => {
  const importMany = async (page: Page): Promise<void> => {
    await page.goto(`${world().url}/uploads`);
    await page
      .locator('input[type=file]')
      .setInputFiles(world().file('user_data_tiktok.json', inventedExport(inventedRows(MANY))));
    await page.getByText('3,000 new').waitFor({ timeout: 120_000 });
  };
  const item = (page: Page, n: number) => page.getByRole('link', { name: `Invented caption number ${n} ` });

  it.each(SIZES)(
    'is first met empty, and reached by the sample, on %s',
    async (size, options) => {
      await world().start();
      const page = await world().page(options);
      await page.goto(world().url);
      await page.getByRole('heading', { name: 'Welcome to Hoardarr' }).waitFor();
      await page.getByText('none of them is sent anywhere', { exact: false }).waitFor();
      expect(await seriousFaults(page)).toEqual([]);
      await keepScreenshot(page, `empty-${size.slice(2)}`);
      await page.getByRole('button', { name: 'Import the sample' }).click();
      await page.getByText('42 new', { exact: false }).waitFor();
      await page.getByRole('link', { name: 'Show the items' }).click();
      await page.getByText('42 items').first().waitFor();
      await page.getByRole('searchbox').fill('sourdough');
      await page.getByText('by words').first().waitFor();
      expect(await page.getByRole('link', { name: /sourdough/ }).count()).toBeGreaterThan(0);
      expect(await seriousFaults(page)).toEqual([]);
      await keepScreenshot(page, `search-${size.slice(2)}`);
    },
    LIMIT_MS,
  );

  it.each(SIZES)(
    'scrolls through thousands with few of them in the page, and comes back to the same place, on %s',
    async (_, options) => {
      await world().start();
      const page = await world().page(options);
      await importMany(page);
      const asked: string[] = [];
      page.on('request', (request) => {
        if (new URL(request.url()).pathname === '/v1/items') asked.push(request.url());
      });
      await page.goto(world().url);
      await page.getByText('3,000 items').first().waitFor();
      await page.evaluate('window.scrollTo(0, document.documentElement.scrollHeight)');
      await item(page, MANY - 1).waitFor();
      expect(await page.locator('.item-list-entry').count()).toBeLessThan(60);
      // A jump asks for where it ends, not for what lies between.
      expect(asked.length).toBeLessThan(8);

      await page.evaluate('window.scrollTo(0, document.documentElement.scrollHeight / 2)');
      // A click would scroll it from under the search first.
      await item(page, MANY / 2).focus();
      const place = await page.evaluate<number>('window.scrollY');
      await page.keyboard.press('Enter');
      await page.getByText('Came into the collection').waitFor();
      expect(await page.evaluate<number>('window.scrollY')).toBe(0);
      await page.keyboard.press('Escape');
      await item(page, MANY / 2).waitFor();
      expect(Math.abs((await page.evaluate<number>('window.scrollY')) - place)).toBeLessThan(10);
      await page.locator(':focus', { hasText: `number ${MANY / 2} ` }).waitFor();
      await page.keyboard.press('j');
      await page.locator(':focus', { hasText: `number ${MANY / 2 + 1} ` }).waitFor();
      expect(Math.abs((await page.evaluate<number>('window.scrollY')) - place)).toBeLessThan(300);

      await page.getByRole('button', { name: 'Grid' }).click();
      await page.evaluate('window.scrollTo(0, document.documentElement.scrollHeight)');
      await item(page, MANY - 1).waitFor();
      expect(await page.locator('.item-list-entry').count()).toBeLessThan(120);
      expect(await seriousFaults(page)).toEqual([]);
    },
    LIMIT_MS,
  );

  it.each(SIZES)(
    'keeps its filters in the address, and finds items while others still come in, on %s',
    async (_, options) => {
      await world().start();
      const page = await world().page(options);
      await page.goto(`${world().url}/uploads`);
      await page
        .locator('input[type=file]')
        .setInputFiles(world().file('user_data_tiktok.json', inventedExport(inventedRows(MANY))));
      await page.getByRole('link', { name: 'Collection' }).click();
      await page.getByRole('searchbox').fill('subject 3');
      // It is not asked again by hand: what comes in shows by itself.
      await page
        .getByRole('link', { name: /about subject 3/ })
        .first()
        .waitFor();
      await page.goto(`${world().url}/uploads`);
      await page.getByText('3,000 new').waitFor({ timeout: 120_000 });

      await page.goto(`${world().url}/?q=invented`);
      await button(page, 'Show more results').click();
      await page.getByText('These are the best 200, and there may be more', { exact: false }).waitFor();

      await page.goto(`${world().url}/?provider=tiktok&from=2025-05-31&to=2025-05-31`);
      await page.getByText('24 items').first().waitFor();
      await page.getByLabel('State').selectOption('trash');
      await page.getByRole('heading', { name: 'Nothing found' }).waitFor();
      expect(new URL(page.url()).search).toBe('?provider=tiktok&state=trash&from=2025-05-31&to=2025-05-31');
      await page.reload();
      await page.getByRole('button', { name: 'Clear search and filters' }).click();
      await page.getByText('3,000 items').first().waitFor();
      expect(new URL(page.url()).search).toBe('');
    },
    LIMIT_MS,
  );
});
