import { expect, it } from '@jest/globals';
import { inventedExport, inventedRows } from '../../testing/topology/invented-export.ts';
import { button, importVia } from './actions.test-support.ts';
import { keepScreenshot, seriousFaults } from './console-world.test-support.ts';
import { describeConsole, LIMIT_MS, SIZES } from './describe-console.test-support.ts';

const PASSWORD = 'correct horse battery';

describeConsole('the login in a browser', (world) => {
  const setPassword = async (stdin: string): Promise<void> => {
    const { status } = await world().folder.runWith({ stdin }, 'password', 'set', '--password-stdin');
    expect(status).toBe(0);
  };

  it.each(SIZES)(
    'lets in who knows the password, tells others plainly, and lets go again, on %s',
    async (name, options) => {
      await setPassword(PASSWORD);
      await world().start();
      const page = await world().page(options);
      await page.goto(`${world().url}/settings`);
      await page.getByRole('heading', { name: 'Log in' }).waitFor();
      expect(await page.getByRole('navigation').count()).toBe(0);
      expect(await seriousFaults(page)).toEqual([]);
      await keepScreenshot(page, `login-${name.slice(2)}`);

      const password = page.getByLabel('Password');
      await password.fill('correct horse');
      await password.press('Enter');
      await page.getByText('The password is wrong').waitFor();
      expect(await password.getAttribute('aria-invalid')).toBe('true');
      expect(await seriousFaults(page)).toEqual([]);

      await password.fill(PASSWORD);
      await button(page, 'Log in').click();
      // To where it was going.
      await page.getByRole('heading', { name: 'Settings', level: 1 }).waitFor();
      await page.reload();
      await page.getByRole('heading', { name: 'Settings', level: 1 }).waitFor();
      await importVia(world(), page, inventedExport(inventedRows(20)));
      await page.goto(world().url);
      await page.getByText('20 items').first().waitFor();

      await button(page, 'Log out').click();
      await page.getByRole('heading', { name: 'Log in' }).waitFor();
      expect(await page.getByText('Invented caption', { exact: false }).count()).toBe(0);
      await page.goBack();
      await page.getByRole('heading', { name: 'Log in' }).waitFor();
      await page.reload();
      await page.getByRole('heading', { name: 'Log in' }).waitFor();
    },
    LIMIT_MS,
  );

  it.each(SIZES)(
    'is asked for again, in the same place, as soon as the session has ended elsewhere, on %s',
    async (_, options) => {
      await setPassword(PASSWORD);
      await world().start();
      const page = await world().page(options);
      const logIn = async (password: string, heading: string): Promise<void> => {
        await page.getByRole('heading', { name: 'Log in' }).waitFor();
        await page.getByLabel('Password').fill(password);
        await button(page, 'Log in').click();
        await page.getByRole('heading', { name: heading, level: 1 }).waitFor();
      };
      await page.goto(`${world().url}/v1/session/link?code=of-before`);
      await page.getByText('This link was used before').waitFor();
      expect(new URL(page.url()).search).toBe('');
      expect(await seriousFaults(page)).toEqual([]);
      await page.goto(`${world().url}/uploads`);
      await logIn(PASSWORD, 'Uploads');
      // Another password ends all sessions.
      await setPassword('another password');
      await page.getByRole('link', { name: 'Settings' }).click();
      await logIn('another password', 'Settings');
      expect(new URL(page.url()).pathname).toBe('/settings');

      await page.getByLabel('Restore from a file…').setInputFiles(world().file('holiday.tar', 'the sea'));
      await page.getByRole('alertdialog', { name: 'Bring this backup back?' }).waitFor();
      await setPassword('the last password');
      await button(page.getByRole('alertdialog'), 'Restore').click();
      await logIn('the last password', 'Settings');
    },
    LIMIT_MS,
  );
});
