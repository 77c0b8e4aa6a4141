import { expect } from '@jest/globals';
import type { BrowserContextOptions, Locator, Page } from 'playwright-core';
import { FakeGitHub } from '../../testing/fake-github/fake-github.ts';
import { inventedExport, inventedRows } from '../../testing/topology/invented-export.ts';
import { withAppOn } from '../e2e/app-on-folder.test-support.ts';
import { button, confirm, importVia } from './actions.test-support.ts';
import { type ConsoleWorld, dropFile, seriousFaults } from './console-world.test-support.ts';

/**
 * One of the main journeys, which are made on whatever the program runs: from nothing to what it is for.
 *
 * @param size as in SIZES
 */
type Journey = (world: ConsoleWorld, size: string, options: BrowserContextOptions) => Promise<void>;

export const ROWS = inventedRows(600);
export const LATER = Date.UTC(2025, 5, 3);

/** Of the picture of the pipeline, by its title. */
export const stagesOf = (page: Page) => (name: string) => page.getByRole('region', { name, exact: true });

const navigation = (page: Page) => page.getByRole('navigation', { name: 'Pages' });

/** The navigation says so. */
const waits = (page: Page, what: string) => navigation(page).getByText(what, { exact: true }).waitFor();

/** Remembers the name of each progress bar that the page shows from now on, however short; resolves to how to read them. */
async function watchProgress(page: Page): Promise<() => Promise<readonly string[]>> {
  await page.evaluate(`(() => {
    const shown = (window.shownProgress = new Set());
    const look = () => {
      for (const bar of document.querySelectorAll('[role=progressbar]')) shown.add(bar.getAttribute('aria-label'));
    };
    new MutationObserver(look).observe(document.body, { subtree: true, childList: true, attributes: true });
  })()`);
  return () => page.evaluate<readonly string[]>('[...window.shownProgress]');
}

/** An export is dropped, its progress shown, an item of it found, and its history told. */
export const beginWithExport: Journey = async (world, size, options) => {
  await world.start();
  const page = await world.page(options);
  // As over plain HTTP in a home network, where browsers do not offer it.
  await page.addInitScript('delete Crypto.prototype.randomUUID');
  await page.goto(`${world.url}/welcome`);
  await page.getByRole('heading', { name: 'Welcome to Hoardarr' }).waitFor();
  expect(await page.getByText('Reddit has to approve').isVisible()).toBe(true);
  expect(await seriousFaults(page)).toEqual([]);
  await world.keepScreenshot(page, `welcome-${size.slice(2)}`);

  // However quick the import is, its progress is on the page before the file is sent.
  const progress = page.getByRole('progressbar', { name: /^user_data_tiktok.json: / });
  let isShown = false;
  await page.route(/\/uploads\?/, async (route) => {
    await progress.waitFor();
    isShown = true;
    await route.continue();
  });
  await dropFile(page, 'user_data_tiktok.json', JSON.stringify(inventedExport(inventedRows(60))));
  await page.getByText('60 new. The collection now holds exactly what the export lists.').waitFor();
  expect(isShown).toBe(true);
  expect(await seriousFaults(page)).toEqual([]);

  await page.getByRole('link', { name: 'Show the items' }).click();
  await page.getByRole('searchbox').fill('caption number 33');
  const found = page.getByRole('link', { name: /Invented caption number 33 / }).first();
  await found.waitFor();
  expect(new URL(page.url()).searchParams.get('q')).toBe('caption number 33');
  expect(await seriousFaults(page)).toEqual([]);
  await found.click();
  await page.getByRole('heading', { name: /Invented caption number 33 / }).waitFor();
  await page.getByText('Came into the collection').waitFor();
  expect(await seriousFaults(page)).toEqual([]);
};

/** GitHub is connected and synced, both sides are said to hold the same, and it is let go of. */
export const connectAndSync: Journey = async (world, size, options) => {
  const github = await new FakeGitHub().listen();
  try {
    const login = github.world.login(7, 'octo-inventor', 'token-7');
    for (let n = 1; n <= 40; n += 1) github.world.star(login, 1_000 + n);
    await world.start({ GITHUB_API_URL: github.origin });
    const page = await world.page(options);
    await page.goto(`${world.url}/accounts`);
    await button(page, 'Connect an account').click();
    const token = page.getByLabel('Token');
    await token.fill('token-of-nobody');
    await button(page, 'Connect').click();
    await page.getByText('GitHub refuses the token').waitFor();
    expect(await seriousFaults(page)).toEqual([]);
    await token.fill('token-7');
    await button(page, 'Connect').click();
    await page.getByText('GitHub is connected: octo-inventor').waitFor();
    await page.getByText(/GitHub and Hoardarr hold the same 40 items, checked \d+:\d\d\s[AP]M/).waitFor();

    for (let n = 41; n <= 45; n += 1) github.world.star(login, 1_000 + n);
    await button(page, 'Sync now').click();
    await page.getByText('A sync was asked for').waitFor();
    github.world.unstar(login, 1_003);
    await button(page, 'Full sync').click();
    await page.getByText('hold the same 44 items').waitFor();
    expect(await seriousFaults(page)).toEqual([]);
    await world.keepScreenshot(page, `accounts-${size.slice(2)}`);

    await page.getByLabel('How often').selectOption('Every 6 hours');
    await page.getByText(/^in (5|6) hours$/).waitFor();
    await page.getByRole('switch', { name: 'Pause' }).click();
    await page.getByText('Paused').first().waitFor();
    await page.reload();
    await page.getByRole('switch', { name: 'Pause', checked: true }).waitFor();
    expect(await page.getByLabel('How often').inputValue()).toBe(String(6 * 3_600_000));

    await page.getByRole('switch', { name: 'Pause' }).click();
    await page.getByRole('switch', { name: 'Pause', checked: false }).waitFor();
    github.world.tokens.delete('token-7');
    await button(page, 'Sync now').click();
    await waits(page, '1 account has to be connected again');

    await button(page, 'Disconnect').click();
    await page.getByLabel('Also erase what it brought').check();
    await confirm(page, 'Disconnect GitHub?', 'Disconnect and erase');
    await page.getByText('GitHub is disconnected, 45 items erased').waitFor();
    await page.getByText('Not connected', { exact: true }).waitFor();
    await button(page, 'Connect again').waitFor();
    expect(await page.getByRole('link', { name: 'Upload an export' }).count()).toBe(0);
    expect(await seriousFaults(page)).toEqual([]);
  } finally {
    await github.close();
  }
};

/** Removals are held, reviewed, undone, and told by the journal. */
export const reviewRemovals: Journey = async (world, size, options) => {
  await world.start();
  const page = await world.page(options);
  await importVia(world, page, inventedExport(ROWS), 'first.json');
  await importVia(world, page, inventedExport(ROWS.slice(0, 200), LATER), 'later.json');
  await page.getByRole('link', { name: 'Review 400 held removals' }).click();
  const held = page.getByRole('list', { name: 'Held removals from TikTok' });
  await held.waitFor();
  await page.getByText('The export of Jun 3, 2025 has 200 items, and these 400 are not among them.').waitFor();
  await waits(page, '400 removals wait for your approval');
  expect(await seriousFaults(page)).toEqual([]);
  await world.keepScreenshot(page, `removals-${size.slice(2)}`);
  // What is far below is not there before it is scrolled to.
  expect(await held.getByRole('listitem').count()).toBeLessThan(60);
  for (const n of [200, 201, 202]) await held.getByLabel(`Invented caption number ${n} `).uncheck();
  await page.evaluate('window.scrollTo(0, document.documentElement.scrollHeight)');
  await held.getByRole('link', { name: 'Invented caption number 599 ' }).waitFor();
  expect(await held.getByRole('listitem').count()).toBeLessThan(60);
  await button(page, 'Remove').click();
  await page.getByText('3 others go on waiting here.').waitFor();
  await confirm(page, 'Remove 397 items?', 'Remove');
  await waits(page, '3 removals wait for your approval');
  await page.getByText('397 items moved to the trash').waitFor();
  await page.getByLabel('0 of 3 chosen').check();
  await button(page, 'Keep').click();
  await confirm(page, 'Keep 3 items?', 'Keep');
  await page.getByText('Nothing waits for you').waitFor();
  await navigation(page).locator('.nav-count').waitFor({ state: 'detached' });

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
  await page.goto(world.url);
  await page.getByText('600 items').first().waitFor();
};

/** The stages of the pipeline are told, what it could not take is redriven, and the store is made anew. */
export const keepHealthy: Journey = async (world, size, options) => {
  await world.start();
  const page = await world.page(options);
  await importVia(world, page, inventedExport(ROWS), 'first.json');
  await page.goto(`${world.url}/health`);
  const stage = stagesOf(page);
  for (const name of ['Producers', 'Embedding', 'Store']) {
    await stage(name).getByText('Up to date').waitFor();
    await stage(name).getByText('Last record').waitFor();
  }
  await page.getByText('None: every record was taken.').waitFor();
  // Also where another process embeds; what was embedded before this one is counted with it.
  await page.getByText(/^Since \w+ \d+, \d+\. Vectors are of /).waitFor();
  await figureOf(page, 'Texts embedded').getByText('600', { exact: true }).waitFor();
  await appendUnreadable(world);
  await stage('Embedding').getByText('1 dead letter', { exact: true }).waitFor();
  await waits(page, '1 dead letter');
  const letters = page.getByRole('list', { name: 'Dead letters' });
  await letters.getByText(/^embed, \S*ingest, partition \d+, offset \d+/).waitFor();
  expect(await seriousFaults(page)).toEqual([]);
  await button(page, 'Redrive all 1').click();
  await page.getByText('1 record is taken anew').waitFor();

  const shown = await watchProgress(page);
  await button(page, 'Rebuild').click();
  await confirm(page, 'Rebuild the store?', 'Rebuild');
  await page.getByText('Both digests are the same').waitFor();
  expect(await shown()).toContain('Rebuild');
  const digests = await page.locator('.digest').allTextContents();
  expect(digests[0]).toMatch(/^[0-9a-f]{32}$/);
  expect(digests).toEqual([digests[0], digests[0]]);
  expect(await seriousFaults(page)).toEqual([]);
  await world.keepScreenshot(page, `health-${size.slice(2)}`);
};

export function figureOf(page: Page, name: string): Locator {
  return page.locator('.figure').filter({ hasText: name });
}

/** A record that no stage can read: it names a schema that nobody has registered. */
export async function appendUnreadable({ folder }: ConsoleWorld): Promise<void> {
  const key = 'tiktok/me|tiktok/me/favorites|7000000000000000001|x';
  const record = { key, value: Uint8Array.of(0, 9, 9, 9, 9) };
  await withAppOn(folder, ({ log }) => log.append('ingest', log.partitionOf('tiktok/me'), [record]));
}
