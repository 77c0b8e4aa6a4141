import { statSync } from 'node:fs';
import { expect, it } from '@jest/globals';
import type { Page } from 'playwright-core';
import { FakeGitHub } from '../../testing/fake-github/fake-github.ts';
import { FakeReceiver } from '../../testing/fake-receiver/fake-receiver.ts';
import { inventedExport, inventedRows } from '../../testing/topology/invented-export.ts';
import { keepScreenshot, seriousFaults } from './console-world.test-support.ts';
import { describeConsole, LIMIT_MS, SIZES } from './describe-console.test-support.ts';

const ROWS = inventedRows(600);
const LATER = Date.UTC(2025, 5, 3);

/** Accounts, removals, health and settings, as their pages offer them. */
describeConsole('the upkeep in a browser', (world) => {
  const button = (page: Page, name: string) => page.getByRole('button', { name, exact: true });
  const confirm = async (page: Page, title: string, name: string): Promise<void> => {
    const dialog = page.getByRole('alertdialog', { name: title });
    await dialog.waitFor();
    expect(await seriousFaults(page)).toEqual([]);
    await dialog.getByRole('button', { name, exact: true }).click();
    await dialog.waitFor({ state: 'detached' });
  };
  const importVia = async (page: Page, name: string, content: object): Promise<void> => {
    await page.goto(`${world().url}/uploads`);
    await page.locator('input[type=file]').setInputFiles(world().file(name, content));
    await page.getByRole('article', { name }).getByText('Done', { exact: true }).waitFor();
  };

  it.each(SIZES)(
    'connects GitHub, syncs, says that both sides hold the same, and lets go of it, on %s',
    async (name, options) => {
      const github = await new FakeGitHub().listen();
      try {
        const login = github.world.login(7, 'octo-inventor', 'token-7');
        for (let n = 1; n <= 40; n += 1) github.world.star(login, 1_000 + n);
        await world().start({ GITHUB_API_URL: github.origin });
        const page = await world().page(options);
        await page.goto(`${world().url}/accounts`);
        await button(page, 'Connect an account').click();
        const token = page.getByLabel('Token');
        await token.fill('token-of-nobody');
        await button(page, 'Connect').click();
        await page.getByText('GitHub refuses the token').waitFor();
        expect(await seriousFaults(page)).toEqual([]);
        await token.fill('token-7');
        await button(page, 'Connect').click();
        await page.getByText('GitHub is connected: octo-inventor').waitFor();
        await page.getByText(/GitHub and Hoardarr hold the same 40 items, checked \d\d:\d\d/).waitFor();

        for (let n = 41; n <= 45; n += 1) github.world.star(login, 1_000 + n);
        await button(page, 'Sync now').click();
        await page.getByText('A sync was asked for').waitFor();
        github.world.unstar(login, 1_003);
        await button(page, 'Full sync').click();
        await page.getByText('hold the same 44 items').waitFor();
        expect(await seriousFaults(page)).toEqual([]);
        await keepScreenshot(page, `accounts-${name.slice(2)}`);

        await page.getByLabel('How often').selectOption('Every 6 hours');
        await page.getByText(/^in (5|6) hours$/).waitFor();
        await page.getByRole('switch', { name: 'Pause' }).click();
        await page.getByText('Paused').first().waitFor();
        await page.reload();
        await page.getByRole('switch', { name: 'Pause', checked: true }).waitFor();
        expect(await page.getByLabel('How often').inputValue()).toBe(String(6 * 3_600_000));

        await button(page, 'Disconnect').click();
        await page.getByLabel('Also erase what it brought').check();
        await confirm(page, 'Disconnect GitHub?', 'Disconnect and erase');
        await page.getByText('GitHub is disconnected, 45 items erased').waitFor();
        expect(await seriousFaults(page)).toEqual([]);
      } finally {
        await github.close();
      }
    },
    LIMIT_MS,
  );

  it.each(SIZES)(
    'reviews hundreds of held removals, brings them back from the trash, and tells the whole story, on %s',
    async (name, options) => {
      await world().start();
      const page = await world().page(options);
      await importVia(page, 'first.json', inventedExport(ROWS));
      await importVia(page, 'later.json', inventedExport(ROWS.slice(0, 200), LATER));
      await page.getByRole('link', { name: 'Review 400 held removals' }).click();
      const held = page.getByRole('list', { name: 'Held removals from TikTok' });
      await held.waitFor();
      await page.getByText('The export of Jun 3, 2025 has 200 items, and these 400 are not among them.').waitFor();
      expect(await seriousFaults(page)).toEqual([]);
      await keepScreenshot(page, `removals-${name.slice(2)}`);
      // What is far below is not there before it is scrolled to.
      expect(await held.getByRole('listitem').count()).toBeLessThan(60);
      for (const n of [200, 201, 202]) await held.getByLabel(`Invented caption number ${n} `).uncheck();
      await page.evaluate('window.scrollTo(0, document.documentElement.scrollHeight)');
      await held.getByRole('link', { name: 'Invented caption number 599 ' }).waitFor();
      expect(await held.getByRole('listitem').count()).toBeLessThan(60);
      await button(page, 'Remove').click();
      await page.getByText('3 others go on waiting here.').waitFor();
      await confirm(page, 'Remove 397 items?', 'Remove');
      await page.getByText('397 items moved to the trash').waitFor();
      await page.getByLabel('0 of 3 chosen').check();
      await button(page, 'Keep').click();
      await confirm(page, 'Keep 3 items?', 'Keep');
      await page.getByText('Nothing waits for you').waitFor();

      await page.getByRole('link', { name: 'Trash 397' }).click();
      await page.getByText('for 30 days').waitFor();
      expect(await seriousFaults(page)).toEqual([]);
      await page.getByLabel('0 of 397 chosen').check();
      await page.getByText('397 of 397 chosen').waitFor();
      await button(page, 'Restore').click();
      await confirm(page, 'Restore 397 items?', 'Restore');
      await page.getByText('The trash is empty').waitFor();

      await page.getByRole('link', { name: 'Journal' }).click();
      const journal = page.getByRole('list', { name: 'Journal' });
      await journal.waitFor();
      await page.evaluate('window.scrollTo(0, document.documentElement.scrollHeight)');
      await journal.getByText('400 items of TikTok, favorites').waitFor();
      const told = await journal.locator('.journal-title').allTextContents();
      const kinds = await journal.locator('.badge').allTextContents();
      expect(told.map((text, n) => `${kinds[n]}: ${text}`)).toEqual([
        'Restored: 397 items of TikTok, favorites',
        'Restored: 3 items of TikTok, favorites',
        'Removed: 397 items of TikTok, favorites',
        'Held: 400 items of TikTok, favorites',
      ]);
      await journal.getByText('Which ones').nth(1).click();
      await journal.getByRole('link').nth(2).waitFor();
      expect(await journal.getByRole('link').allTextContents()).toHaveLength(3);
      expect(await seriousFaults(page)).toEqual([]);
      await button(page, 'Purged').click();
      await page.getByText('Nothing was removed').waitFor();
      await page.goto(world().url);
      await page.getByText('600 items').first().waitFor();
    },
    LIMIT_MS,
  );

  it.each(SIZES)(
    'rebuilds and compares, backs up and restores, and tells whom it should, on %s',
    async (name, options) => {
      const receiver = await new FakeReceiver().listen();
      try {
        await world().start();
        const page = await world().page(options);
        await importVia(page, 'first.json', inventedExport(ROWS));
        await page.goto(`${world().url}/health`);
        await page.getByRole('region', { name: 'Store' }).getByText('Up to date').waitFor();
        await button(page, 'Rebuild').click();
        await confirm(page, 'Rebuild the store?', 'Rebuild');
        const progress = page.getByRole('progressbar', { name: 'Rebuild' });
        const isSame = page.getByText('Both digests are the same');
        await progress.or(isSame).waitFor();
        await isSame.waitFor();
        const digests = await page.locator('.digest').allTextContents();
        expect(digests[0]).toMatch(/^[0-9a-f]{32}$/);
        expect(digests).toEqual([digests[0], digests[0]]);
        expect(await seriousFaults(page)).toEqual([]);
        await keepScreenshot(page, `health-${name.slice(2)}`);

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

        await importVia(page, 'later.json', inventedExport(inventedRows(620), LATER));
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
