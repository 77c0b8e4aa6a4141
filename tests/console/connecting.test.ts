import { afterEach, beforeEach, expect, it } from '@jest/globals';
import type { Page } from 'playwright-core';
import { FakeGitHub } from '../../testing/fake-github/fake-github.ts';
import { FakeReddit } from '../../testing/fake-reddit/fake-reddit.ts';
import { TcpProxy } from '../../testing/tcp-proxy/tcp-proxy.ts';
import { button } from './actions.test-support.ts';
import { keepScreenshot, seriousFaults } from './console-world.test-support.ts';
import { describeConsole, LIMIT_MS, SIZES } from './describe-console.test-support.ts';

/** Accounts that are connected in the browser, where the person agrees at the provider. */
describeConsole('connecting an account in a browser', (world) => {
  let reddit: FakeReddit;
  let github: FakeGitHub;
  beforeEach(async () => {
    reddit = await new FakeReddit().listen();
    github = await new FakeGitHub().listen();
  });
  afterEach(() => Promise.all([reddit.close(), github.close()]));

  const open = async (page: Page, way: string): Promise<void> => {
    await page.goto(`${world().url}/welcome`);
    await page.getByRole('link', { name: way }).click();
    await page.getByRole('dialog', { name: 'Connect an account' }).waitFor();
  };
  const find = async (page: Page, words: string): Promise<void> => {
    await page.goto(world().url);
    await page.getByRole('searchbox').fill(words);
    await page
      .getByRole('link', { name: new RegExp(`^${words}\\b`) })
      .first()
      .waitFor();
  };

  it.each(SIZES)(
    'goes to Reddit and comes back: refused first, then allowed, synced and found, on %s',
    async (name, options) => {
      const person = reddit.world.redditor('2abc', 'me_myself', 'invented-refresh-of-before');
      reddit.world.save(person, ...Array.from({ length: 30 }, (_, n) => reddit.world.thing(n).name));
      reddit.person = person;
      world().destinations.add(reddit.origin);
      await world().start({
        REDDIT_API_URL: reddit.origin,
        REDDIT_AUTH_URL: reddit.origin,
        REDDIT_CLIENT_ID: reddit.clientId,
        REDDIT_CLIENT_SECRET: reddit.clientSecret,
      });
      const page = await world().page(options);
      await open(page, 'Connect Reddit');
      await page.getByText('Reddit has to approve an application of yours first').waitFor();
      expect(await seriousFaults(page)).toEqual([]);
      await button(page, 'Go on to Reddit').click();
      await page.getByRole('heading', { name: 'Reddit asks me_myself' }).waitFor();
      await button(page, 'Decline').click();
      await page.getByText('Reddit was not allowed to connect: access_denied').waitFor();
      expect(new URL(page.url()).pathname).toBe('/accounts');
      expect(await seriousFaults(page)).toEqual([]);

      await button(page, 'Connect an account').click();
      await button(page, 'Reddit').click();
      await button(page, 'Go on to Reddit').click();
      await button(page, 'Allow').click();
      await page.getByText('Reddit is connected: me_myself').waitFor();
      await page.getByRole('heading', { name: 'Reddit: me_myself' }).waitFor();
      await page.getByText(/Reddit and Hoardarr hold the same 30 items, checked \d+:\d\d\s[AP]M/).waitFor();
      expect(await page.getByText('access_denied').count()).toBe(0);
      expect(new URL(page.url()).search).toBe('');
      expect(await seriousFaults(page)).toEqual([]);
      await keepScreenshot(page, `connected-${name.slice(2)}`);
      await find(page, 'Invented post number 12');
      await page.goto(`${world().url}/?from=2020-01-01`);
      await page.getByText('Reddit does not say when something was saved', { exact: false }).waitFor();
      expect(await seriousFaults(page)).toEqual([]);
    },
    LIMIT_MS,
  );

  it.each(SIZES)(
    'says beforehand what Reddit and a code of GitHub need where no application is configured, on %s',
    async (_, options) => {
      await world().start();
      const page = await world().page(options);
      await open(page, 'What Reddit needs');
      await page.getByText(/REDDIT_CLIENT_ID/).waitFor();
      // What cannot work is not offered, and what it takes is said beforehand.
      expect(await button(page, 'Go on to Reddit').count()).toBe(0);
      await page.getByRole('link', { name: 'Upload a data request' }).waitFor();
      expect(await seriousFaults(page)).toEqual([]);
      await button(page, 'GitHub').click();
      await page.getByText(/GITHUB_CLIENT_ID/).waitFor();
      expect(await button(page, 'Use a code instead').count()).toBe(0);
      await button(page, 'Public stars, without a token').waitFor();
      expect(await seriousFaults(page)).toEqual([]);
      await page.goto(`${world().url}/v1/connections/reddit/callback?state=of-before&code=of-before`);
      await page.getByText('Nobody waited for this answer any more').waitFor();
      expect(new URL(page.url())).toMatchObject({ pathname: '/accounts', search: '' });
      expect(await seriousFaults(page)).toEqual([]);
    },
    LIMIT_MS,
  );

  it.each(SIZES)(
    'shows a code for GitHub, and goes on by itself when it was typed there, on %s',
    async (name, options) => {
      const login = github.world.login(7, 'octo-inventor', 'token-7');
      for (let n = 1; n <= 40; n += 1) github.world.star(login, 1_000 + n);
      github.asksPerson = true;
      github.deviceToken = 'token-7';
      world().destinations.add(github.origin);
      await world().start({
        GITHUB_API_URL: github.origin,
        GITHUB_AUTH_URL: github.origin,
        GITHUB_CLIENT_ID: 'invented-client',
      });
      const page = await world().page(options);
      const answerAt = async (answer: string): Promise<void> => {
        await page.getByText('ABCD-1234').waitFor();
        expect(await seriousFaults(page)).toEqual([]);
        const [there] = await Promise.all([
          page.waitForEvent('popup'),
          page.getByRole('link', { name: /Open GitHub/ }).click(),
        ]);
        await there.getByLabel('Code').fill((await page.locator('.device-code').textContent()) ?? '');
        await button(there, answer).click();
        await there.getByRole('heading', { name: 'That is all' }).waitFor();
        await there.close();
      };
      await open(page, 'Connect GitHub');
      await button(page, 'Use a code instead').click();
      await answerAt('Cancel');
      await page.getByText(/not allowed/).waitFor();
      expect(await seriousFaults(page)).toEqual([]);
      await button(page, 'Try again').click();
      await button(page, 'Use a code instead').click();
      await keepScreenshot(page, `device-code-${name.slice(2)}`);
      await answerAt('Authorize');
      await page.getByText('GitHub is connected: octo-inventor').waitFor();
      await page.getByRole('dialog').waitFor({ state: 'detached' });
      await page.getByText(/GitHub and Hoardarr hold the same 40 items, checked \d+:\d\d\s[AP]M/).waitFor();
      expect(await seriousFaults(page)).toEqual([]);
      expect(new URL(page.url()).search).toBe('');
      await page.goto(world().url);
      await page.getByText('40 items').first().waitFor();
    },
    LIMIT_MS,
  );

  it.each(SIZES)(
    'keeps the public stars of a name at GitHub, without a token, on %s',
    async (_, options) => {
      const login = github.world.login(7, 'octo-inventor', 'token-of-somebody');
      for (let n = 1; n <= 12; n += 1) github.world.star(login, 1_000 + n);
      await world().start({ GITHUB_API_URL: github.origin });
      const page = await world().page(options);
      await open(page, 'Connect GitHub');
      await button(page, 'Public stars, without a token').click();
      const name = page.getByLabel('Name at GitHub');
      await name.fill('nobody-of-this-name');
      await button(page, 'Connect').click();
      await page.getByText('nobody-of-this-name').waitFor();
      expect(await seriousFaults(page)).toEqual([]);
      await name.fill('octo-inventor');
      await button(page, 'Connect').click();
      await page.getByText('GitHub is connected: octo-inventor').waitFor();
      await page.getByText(/GitHub and Hoardarr hold the same 12 items, checked \d+:\d\d\s[AP]M/).waitFor();
      expect(await seriousFaults(page)).toEqual([]);
    },
    LIMIT_MS,
  );

  it.each(SIZES)(
    'asks for a token that GitHub refuses by now, and goes on with another one, on %s',
    async (_, options) => {
      const login = github.world.login(7, 'octo-inventor', 'token-of-before');
      for (let n = 1; n <= 12; n += 1) github.world.star(login, 1_000 + n);
      await world().start({ GITHUB_API_URL: github.origin });
      const page = await world().page(options);
      const dialog = page.getByRole('dialog', { name: 'Connect an account' });
      const giveToken = async (token: string): Promise<void> => {
        await dialog.getByLabel('Token').fill(token);
        await button(dialog, 'Connect').click();
        await dialog.waitFor({ state: 'detached' });
      };
      await open(page, 'Connect GitHub');
      await giveToken('token-of-before');
      await page.getByText(/GitHub and Hoardarr hold the same 12 items/).waitFor();

      github.world.tokens.delete('token-of-before');
      await button(page, 'Sync now').click();
      await page.getByText('GitHub does not accept the authorization any more').waitFor();
      await page.getByText('Needs you', { exact: true }).waitFor();
      expect(await seriousFaults(page)).toEqual([]);
      github.world.star(login, 2_000);
      github.world.tokens.set('token-renewed', 7);
      await button(page, 'Connect again').click();
      await dialog.waitFor();
      // It is known whose account this is.
      expect(await dialog.getByLabel('Whose').count()).toBe(0);
      expect(await seriousFaults(page)).toEqual([]);
      await giveToken('token-renewed');
      await page.getByText('Needs you', { exact: true }).waitFor({ state: 'detached' });
      // A delta compares nothing: the count is that of the latest full one.
      await button(page, 'Full sync').click();
      await page.getByText(/GitHub and Hoardarr hold the same 13 items/).waitFor();
      expect(await button(page, 'Connect again').count()).toBe(0);
    },
    LIMIT_MS,
  );

  it.each(SIZES)(
    'shows a sync while it is under way, and not once it ended where nobody looked, on %s',
    async (_, options) => {
      const login = github.world.login(7, 'octo-inventor', 'token-7');
      for (let n = 1; n <= 12; n += 1) github.world.star(login, 1_000 + n);
      const proxy = await TcpProxy.start(Number(new URL(github.origin).port));
      try {
        await world().start({ GITHUB_API_URL: `http://127.0.0.1:${proxy.port}` });
        const page = await world().page(options);
        await open(page, 'Connect GitHub');
        await page.getByLabel('Token').fill('token-7');
        await button(page, 'Connect').click();
        await page.getByText(/GitHub and Hoardarr hold the same 12 items/).waitFor();

        proxy.cut('silent');
        await button(page, 'Full sync').click();
        const bar = page.getByRole('progressbar', { name: /^Full sync with GitHub/ });
        await bar.waitFor();
        await look(page, false);
        github.world.star(login, 2_000);
        proxy.mend();
        const active = async (): Promise<number> => {
          const answer = await (await fetch(`${world().url}/v1/accounts`)).json();
          return (answer as { accounts: readonly { convergence: { count: number } }[] }).accounts[0]!.convergence.count;
        };
        while ((await active()) < 13) await page.waitForTimeout(20);
        await look(page, true);
        await bar.waitFor({ state: 'detached' });
        await page.getByText(/GitHub and Hoardarr hold the same 13 items/).waitFor();
      } finally {
        await proxy.stop();
      }
    },
    LIMIT_MS,
  );
});

/** As where its reader turns to another tab, or comes back from there. */
async function look(page: Page, isSeen: boolean): Promise<void> {
  await page.evaluate(`(() => {
    Object.defineProperty(document, 'hidden', { configurable: true, value: ${!isSeen} });
    Object.defineProperty(document, 'visibilityState', { configurable: true, value: '${isSeen ? 'visible' : 'hidden'}' });
    document.dispatchEvent(new Event('visibilitychange', { bubbles: true }));
  })()`);
}
