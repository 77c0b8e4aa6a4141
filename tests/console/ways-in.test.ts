import { afterEach, beforeEach, expect, it } from '@jest/globals';
import type { Page } from 'playwright-core';
import { FakeOidc } from '../../testing/fake-oidc/fake-oidc.ts';
import { ReverseProxy } from '../../testing/reverse-proxy.ts';
import { inventedExport, inventedRows } from '../../testing/topology/invented-export.ts';
import { button, importVia } from './actions.test-support.ts';
import { seriousFaults } from './console-world.test-support.ts';
import { describeConsole, LIMIT_MS, SIZES } from './describe-console.test-support.ts';

const BASE_PATH = '/hoard';

/** How people get in besides by the password, and past what stands in front. */
describeConsole('the other ways in, in a browser', (world) => {
  let proxy: ReverseProxy;
  let oidc: FakeOidc;
  beforeEach(async () => {
    proxy = await new ReverseProxy().listen();
    oidc = await new FakeOidc().listen();
  });
  afterEach(() => Promise.all([proxy.close(), oidc.close()]));

  const startBehindProxy = async (env: Readonly<Record<string, string>>): Promise<void> => {
    const publicUrl = `${proxy.origin}${BASE_PATH}`;
    await world().start({ HOARDARR_BASE_PATH: BASE_PATH, HOARDARR_PUBLIC_URL: publicUrl, ...env });
    proxy.target = { port: world().port };
    world().url = publicUrl;
  };
  const heading = (page: Page, name: string): Promise<void> =>
    page.getByRole('heading', { name, level: 1, exact: true }).waitFor();
  /** Everything that a page asks for, and every link, keeps to the path. */
  const useCollection = async (page: Page): Promise<void> => {
    await importVia(world(), page, inventedExport(inventedRows(20)));
    await page.getByRole('link', { name: 'Show the items' }).click();
    await page.getByRole('link', { name: /Invented caption number 3 / }).click();
    await page.getByText('Came into the collection').waitFor();
    expect(page.url()).toContain(`${world().url}/items/tiktok/favorites/`);
    await page.reload();
    await page.getByText('Came into the collection').waitFor();
  };

  it.each(SIZES)(
    'let in who is locked out, by the link that the command prints, once, on %s',
    async (_, options) => {
      const { status } = await world().folder.runWith(
        { stdin: 'forgotten since' },
        'password',
        'set',
        '--password-stdin',
      );
      expect(status).toBe(0);
      await world().start();
      const page = await world().page(options);
      await page.goto(world().url);
      await heading(page, 'Log in');
      await page.getByText('hoardarr login-link').waitFor();
      const { url } = await world().folder.json<{ readonly url: string }>('login-link');
      const link = `${world().url}${new URL(url).pathname}${new URL(url).search}`;
      await page.goto(link);
      await page.getByRole('navigation').first().waitFor();
      expect(new URL(page.url()).search).toBe('');
      await page.reload();
      await page.getByRole('link', { name: 'Settings', exact: true }).click();
      await heading(page, 'Settings');

      const other = await world().page(options);
      await other.goto(link);
      await other.getByText('This link was used before').waitFor();
      await heading(other, 'Log in');
      expect(await seriousFaults(other)).toEqual([]);
    },
    LIMIT_MS,
  );

  it.each(SIZES)(
    'are an identity provider, behind a reverse proxy under a sub-path: refused first, then let in, on %s',
    async (_, options) => {
      world().destinations.add(oidc.origin);
      await startBehindProxy({
        HOARDARR_OIDC_ISSUER: oidc.origin,
        HOARDARR_OIDC_CLIENT_ID: oidc.clientId,
        HOARDARR_OIDC_CLIENT_SECRET: oidc.clientSecret,
        HOARDARR_OIDC_ALLOWED: 'ada@example.org',
      });
      const page = await world().page(options);
      const signIn = (): Promise<void> =>
        page.getByRole('link', { name: 'Sign in with your identity provider' }).click();
      await page.goto(world().url);
      await heading(page, 'Log in');
      expect(await page.getByLabel('Password').count()).toBe(0);
      expect(await seriousFaults(page)).toEqual([]);
      oidc.user = { sub: 'subject-2', email: 'eve@example.org', email_verified: true };
      await signIn();
      await page.getByText('you were not let in').waitFor();
      await heading(page, 'Log in');
      expect(await seriousFaults(page)).toEqual([]);

      oidc.user = { sub: 'subject-1', email: 'ada@example.org', email_verified: true };
      await signIn();
      await page.getByRole('navigation').first().waitFor();
      expect(new URL(page.url())).toMatchObject({ origin: proxy.origin, search: '' });
      expect(await page.getByText('you were not let in').count()).toBe(0);
      await useCollection(page);
      await button(page, 'Log out').click();
      await heading(page, 'Log in');
      await page.reload();
      await heading(page, 'Log in');
    },
    LIMIT_MS,
  );

  it.each(SIZES)(
    'are a header of a trusted reverse proxy, under a sub-path, on %s',
    async (_, options) => {
      const header = 'remote-user';
      proxy.user = { header, name: null };
      await startBehindProxy({ HOARDARR_TRUSTED_PROXIES: '127.0.0.1', HOARDARR_AUTH_PROXY_HEADER: 'Remote-User' });
      // What a browser claims by itself does not come through.
      const page = await world().page({ ...options, extraHTTPHeaders: { [header]: 'eve' } });
      await page.goto(world().url);
      await heading(page, 'Log in');
      await page.getByText('Logins come from the proxy in front of Hoardarr').waitFor();
      expect(await page.getByRole('navigation').count()).toBe(0);
      expect(await seriousFaults(page)).toEqual([]);
      proxy.user = { header, name: 'ada' };
      await page.reload();
      await page.getByRole('navigation').first().waitFor();
      await useCollection(page);
      // Its owner was logged out there: what is open here asks at once.
      proxy.user = { header, name: null };
      await page.getByRole('link', { name: 'Settings', exact: true }).click();
      await heading(page, 'Log in');
    },
    LIMIT_MS,
  );
});
