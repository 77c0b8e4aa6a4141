import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { inventVideo } from '../../testing/fake-oembed/captions.ts';
import { FakeOEmbed } from '../../testing/fake-oembed/fake-oembed.ts';
import { FakeOpenAi } from '../../testing/fake-openai/fake-openai.ts';
import { inventedExport, inventedId, inventedRows } from '../../testing/topology/invented-export.ts';
import { beginImport } from './actions.test-support.ts';
import { keepScreenshot, seriousFaults } from './console-world.test-support.ts';
import { describeConsole, LIMIT_MS, SIZES } from './describe-console.test-support.ts';

const ITEMS = 5_000;
/** Before it is searched again. */
const LOOK_MS = 1_000;

describeConsole('a long upload in a browser', (world) => {
  let oembed: FakeOEmbed;
  beforeAll(async () => {
    oembed = await FakeOEmbed.start();
  });
  afterAll(() => oembed.close());

  it.each(SIZES)(
    'shows how far it is, and search finds its items while it still runs, on %s',
    async (_, options) => {
      await world().start({ TIKTOK_OEMBED_URL: oembed.url });
      const page = await world().page(options);
      // It does not say what its videos are about, so that TikTok is asked, four a second: that takes 20 minutes.
      const card = await beginImport(world(), page, inventedExport(inventedRows(ITEMS, false)), 'first.json');
      const progress = card.getByRole('progressbar');
      await card.getByText('Fetching details').waitFor({ timeout: LIMIT_MS });

      const words = inventVideo(inventedId(0)).title;
      const found = page.getByRole('link', { name: words.slice(0, 20) }).first();
      for (let isThere = false; !isThere; ) {
        await page.goto(`${world().url}/?q=${encodeURIComponent(words)}`);
        isThere = await found.waitFor({ timeout: LOOK_MS }).then(
          () => true,
          () => false,
        );
      }
      expect(oembed.asked.length).toBeLessThan(ITEMS);
      await page.goto(`${world().url}/uploads`);
      await progress.waitFor();
      expect(await progress.getAttribute('aria-valuetext')).toMatch(/^\d+ of 5\d batches$/);
      expect(await card.getByText('Done', { exact: true }).count()).toBe(0);
    },
    LIMIT_MS,
  );

  it.each(SIZES)(
    'shows how many of its texts are embedded while that takes long, on %s',
    async (name, options) => {
      const openai = await FakeOpenAi.start();
      const release = openai.hold();
      try {
        await world().start({
          HOARDARR_EMBEDDER: 'openai',
          OPENAI_API_KEY: 'sk-invented',
          OPENAI_BASE_URL: openai.url,
        });
        const page = await world().page(options);
        const card = await beginImport(world(), page, inventedExport(inventedRows(600)), 'first.json');
        const progress = card.getByRole('progressbar', { name: 'first.json: Embedding texts' });
        await progress.waitFor();
        expect(await progress.getAttribute('aria-valuetext')).toBe('0 of 600');
        expect(await seriousFaults(page)).toEqual([]);
        await keepScreenshot(page, `embedding-${name.slice(2)}`);
        release();
        await card.getByText('600 new. The collection now holds exactly what the export lists.').waitFor();
      } finally {
        release();
        await openai.stop();
      }
    },
    LIMIT_MS,
  );
});
