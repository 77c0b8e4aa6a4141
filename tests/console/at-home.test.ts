import { expect, it } from '@jest/globals';
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import type { Page } from 'playwright-core';
import { ThumbnailCache } from '../../app/thumbnails/thumbnail-cache.ts';
import { FakeOEmbed } from '../../testing/fake-oembed/fake-oembed.ts';
import { FakeReceiver } from '../../testing/fake-receiver/fake-receiver.ts';
import { inventedExport, inventedId, inventedRows } from '../../testing/topology/invented-export.ts';
import { button, importVia } from './actions.test-support.ts';
import { type ConsoleWorld, seriousFaults } from './console-world.test-support.ts';
import { describeConsole, LIMIT_MS, SIZES } from './describe-console.test-support.ts';

const ITEMS = 8;
const SECRET = 'planted-notify-secret';

/** What makes it pleasant to stay: pictures, what is alike, colours, and whom it talks to. */
describeConsole('at home in a browser', (world) => {
  it.each(SIZES)(
    'shows pictures of its own and what is alike, keeps its colours, and tells assistants and receivers, on %s',
    async (_, options) => {
      const oembed = await FakeOEmbed.start();
      const receiver = await new FakeReceiver().listen();
      try {
        await world().start({ TIKTOK_OEMBED_URL: oembed.url });
        const page = await world().page(options);
        // What they are about, and where their pictures lie, is told by TikTok alone.
        await importVia(world(), page, inventedExport(inventedRows(ITEMS, false)));
        await keepPictures(world(), page);
        await seePictures(world(), page);
        await page.goto(`${world().url}/settings`);
        await chooseColours(page);
        await configureAssistant(world(), page);
        await tellReceivers(page, receiver);
      } finally {
        await receiver.close();
        await oembed.close();
      }
    },
    LIMIT_MS,
  );
});

/** As if they had been fetched before: what fetches them asks nobody on this machine. */
async function keepPictures(world: ConsoleWorld, page: Page): Promise<void> {
  const bytes = await page.screenshot({ type: 'png', clip: { x: 0, y: 0, width: 90, height: 160 } });
  const cache = new ThumbnailCache(world.folder.path);
  for (let n = 0; n < ITEMS; n += 1)
    await cache.put({ scope: 'tiktok/me/favorites', itemId: inventedId(n) }, { type: 'image/png', bytes });
}

async function seePictures(world: ConsoleWorld, page: Page): Promise<void> {
  const asked: string[] = [];
  page.on('response', (response) => {
    if (response.url().includes('/thumbnail')) asked.push(`${response.status()} ${response.url()}`);
  });
  const picturesIn = async (place: string, count: number): Promise<void> => {
    const shown = `[...document.querySelectorAll('${place} .thumbnail img')].filter((each) => each.naturalWidth === 90).length`;
    while ((await page.evaluate<number>(shown)) < count) await page.waitForTimeout(20);
  };
  await page.goto(world.url);
  await picturesIn('main', 3);
  await page.locator('[data-index="0"] a').click();
  await picturesIn('.item-picture', 1);
  const similar = page.getByRole('region', { name: 'Similar', exact: true });
  await similar.scrollIntoViewIfNeeded();
  await picturesIn('.similar', 1);
  expect(await seriousFaults(page)).toEqual([]);
  const here = page.url();
  const name = await similar.getByRole('link').first().locator('.item-row-title').textContent();
  await similar.getByRole('link').first().click();
  await page.getByRole('heading', { name: name ?? '', level: 1 }).waitFor();
  expect(page.url()).not.toBe(here);
  // Who has seen them need not ask again.
  expect(asked.length).toBeGreaterThan(0);
  expect(asked.filter((each) => !each.startsWith(`200 ${world.url}/v1/items/`))).toEqual([]);
}

async function chooseColours(page: Page): Promise<void> {
  const colour = (): Promise<string> =>
    page.evaluate<string>('getComputedStyle(document.documentElement).backgroundColor');
  const choose = (name: string): Promise<void> =>
    page.getByRole('group', { name: 'Colours' }).getByRole('button', { name, exact: true }).click();
  const light = await colour();
  await choose('Dark');
  const dark = await colour();
  expect(dark).not.toBe(light);
  await page.reload();
  await page.getByRole('group', { name: 'Colours' }).waitFor();
  expect(await colour()).toBe(dark);
  expect(await seriousFaults(page)).toEqual([]);
  // Whatever the system has, until it is to decide again.
  await page.emulateMedia({ colorScheme: 'dark' });
  await choose('Light');
  expect(await colour()).toBe(light);
  await choose('As the system');
  expect(await colour()).toBe(dark);
  await page.emulateMedia({ colorScheme: 'light' });
  expect(await colour()).toBe(light);
}

async function configureAssistant(world: ConsoleWorld, page: Page): Promise<void> {
  const snippetOf = async (name: string): Promise<unknown> => {
    await button(page, name).click();
    return JSON.parse(await page.getByLabel(`Configuration of ${name}`, { exact: true }).inputValue());
  };
  for (const [name, servers] of [
    ['Claude Desktop', 'mcpServers'],
    ['VS Code', 'servers'],
  ] as const)
    expect(await snippetOf(name)).toMatchObject({
      [servers]: { hoardarr: { command: 'node', args: expect.arrayContaining(['mcp']) } },
    });
  const { servers } = (await snippetOf('VS Code, over HTTP')) as {
    readonly servers: { readonly hoardarr: { readonly url: string } };
  };
  await button(page, 'Copy').click();
  await page.getByText('Copied', { exact: true }).first().waitFor();
  expect(await seriousFaults(page)).toEqual([]);
  const assistant = new Client({ name: 'a-test', version: '1' });
  await assistant.connect(new StreamableHTTPClientTransport(new URL(servers.hoardarr.url)));
  expect((await assistant.listTools()).tools.map(({ name }) => name)).toContain('search');
  await assistant.close();
  expect(servers.hoardarr.url).toBe(`${world.url}/mcp`);
}

async function tellReceivers(page: Page, receiver: FakeReceiver): Promise<void> {
  const { host } = new URL(receiver.origin);
  const targets = page.getByRole('list', { name: 'Notifications' });
  for (const [address, shown] of [
    [`ntfy://:${SECRET}@${host}/topic`, `ntfy at ${host}`],
    [`apprise://${host}/${SECRET}`, `apprise at ${host}`],
  ] as const) {
    await page.getByLabel('Address').fill(address);
    await button(page, 'Add').click();
    await targets.getByText(shown, { exact: true }).first().waitFor();
  }
  await button(page, 'Send a test').click();
  await page.getByText(/took it/).waitFor();
  expect(receiver.received.map(({ path }) => path).toSorted()).toEqual([`/notify/${SECRET}`, '/topic']);
  expect(await page.locator('main').textContent()).not.toContain(SECRET);
  expect(await seriousFaults(page)).toEqual([]);

  receiver.isDown = true;
  await button(page, 'Send a test').click();
  await page.getByText(/HTTP 503/).waitFor();
  await targets.getByRole('button', { name: `Remove apprise at ${host}` }).click();
  await targets.getByText(`apprise at ${host}`, { exact: true }).first().waitFor({ state: 'detached' });
  await targets.getByText(`ntfy at ${host}`, { exact: true }).first().waitFor();
  expect(await seriousFaults(page)).toEqual([]);
}
