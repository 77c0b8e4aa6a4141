import { readFileSync } from 'node:fs';
import { expect, it } from '@jest/globals';
import type { Download, Page } from 'playwright-core';
import { inventedExport, inventedRows } from '../../testing/topology/invented-export.ts';
import { button, confirm, importVia, toast } from './actions.test-support.ts';
import { keepScreenshot, seriousFaults } from './console-world.test-support.ts';
import { describeConsole, LIMIT_MS, SIZES } from './describe-console.test-support.ts';

const ROWS = inventedRows(60);
const LATER = Date.UTC(2025, 5, 3);

/** What is saved as a file, and what is made of such a file again. */
describeConsole('the ways out and back in a browser', (world) => {
  const download = async (page: Page, link: string | RegExp): Promise<Download> => {
    const [file] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('link', { name: link, exact: true }).click(),
    ]);
    return file;
  };

  it.each(SIZES)(
    'exports what is in the collection, in each format, on %s',
    async (name, options) => {
      await world().start();
      const page = await world().page(options);
      await importVia(world(), page, inventedExport(ROWS));
      // What is in the trash is no part of it.
      await importVia(world(), page, inventedExport(ROWS.slice(2), LATER), 'later.json');
      await page.goto(`${world().url}/settings`);
      const textOf = async (format: string, extension: string): Promise<string> => {
        const file = await download(page, new RegExp(`^Download ?: ${format}$`));
        expect(file.suggestedFilename()).toMatch(new RegExp(`^hoardarr-\\d{4}-\\d\\d-\\d\\d\\.${extension}$`));
        return readFileSync(await file.path(), 'utf8');
      };
      const expected = ROWS.slice(2)
        .map(({ caption = '' }) => caption)
        .toSorted();

      const lines = (await textOf('JSON Lines', 'jsonl')).trim().split('\n');
      const titles = lines.map((line) => (JSON.parse(line) as { readonly title: string }).title);
      expect(titles.toSorted()).toEqual(expected);

      const bookmarks = await textOf('Bookmarks', 'html');
      const linked = [...bookmarks.matchAll(/<A HREF="https:\/\/www\.tiktok[^"]+"[^>]*>([^<]*)<\/A>/g)];
      expect(linked.map(([, title = '']) => title).toSorted()).toEqual(expected);

      const karakeep = JSON.parse(await textOf('Karakeep', 'json')) as {
        readonly bookmarks: readonly { readonly title: string; readonly content: { readonly url: string } }[];
      };
      expect(karakeep.bookmarks.map(({ title }) => title).toSorted()).toEqual(expected);
      expect(karakeep.bookmarks.every(({ content }) => content.url.startsWith('https://www.tiktok'))).toBe(true);
      await page.getByRole('button', { name: 'VS Code, over HTTP' }).click();
      const snippet = page.getByLabel('Configuration of VS Code, over HTTP');
      expect(await snippet.inputValue()).toContain(`"url": "${world().url}/mcp"`);
      expect(await page.evaluate('document.documentElement.scrollWidth <= window.innerWidth')).toBe(true);
      expect(new URL(page.url()).pathname).toBe('/settings');
      expect(await seriousFaults(page)).toEqual([]);
      await keepScreenshot(page, `export-${name.slice(2)}`);
    },
    LIMIT_MS,
  );

  it.each(SIZES)(
    'restores a backup that was chosen as a file, refuses what is none, and deletes one, on %s',
    async (_name, options) => {
      await world().start();
      const page = await world().page(options);
      await importVia(world(), page, inventedExport(ROWS));
      await page.goto(`${world().url}/settings`);
      await page.getByText('There is no backup yet.').waitFor();
      await button(page, 'Back up now').click();
      await page.getByText('A backup of 60 items was made').waitFor();
      const backup = await download(page, 'Download');
      const content = readFileSync(await backup.path());

      await button(page, 'Delete').click();
      await confirm(page, 'Delete this backup?', 'Delete');
      await page.getByText('The backup was deleted').waitFor();
      await page.getByText('There is no backup yet.').waitFor();
      expect(await seriousFaults(page)).toEqual([]);

      // Another machine, or this one after its disk was lost.
      await world().stop();
      world().folder.clear();
      await world().start();
      await page.goto(world().url);
      await page.getByRole('link', { name: 'Restore it in the settings' }).click();
      const choose = async (name: string, bytes: Buffer): Promise<void> => {
        const [chooser] = await Promise.all([
          page.waitForEvent('filechooser'),
          button(page, 'Restore from a file…').click(),
        ]);
        await chooser.setFiles(world().file(name, bytes));
      };
      await choose('holiday.tar', Buffer.from('a picture of the sea'));
      await page.getByRole('alertdialog').getByText('holiday.tar').waitFor();
      await confirm(page, 'Bring this backup back?', 'Restore');
      await toast(page, 'That could not be done').waitFor();
      await toast(page, /holiday\.tar is no backup/).waitFor();
      expect(await seriousFaults(page)).toEqual([]);

      await choose(backup.suggestedFilename(), content);
      await confirm(page, 'Bring this backup back?', 'Restore');
      await page.getByText('The backup was brought back: 60 items').waitFor();
      expect(await seriousFaults(page)).toEqual([]);
      await page.getByRole('link', { name: 'Collection' }).click();
      await page.getByText('60 items').first().waitFor();
      await page.getByRole('link', { name: /Invented caption number 0 / }).waitFor();
    },
    LIMIT_MS,
  );
});
