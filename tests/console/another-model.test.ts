import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { FakeOpenAi } from '../../testing/fake-openai/fake-openai.ts';
import { inventedExport, inventedRows } from '../../testing/topology/invented-export.ts';
import { button, importVia } from './actions.test-support.ts';
import { seriousFaults } from './console-world.test-support.ts';
import { describeConsole, LIMIT_MS, SIZES } from './describe-console.test-support.ts';

const BEFORE = 'text-embedding-3-small';
const NOW = 'another-model';

/** Vectors of another model, beside those of before until all are there. */
describeConsole('a rebuild with another model in a browser', (world) => {
  let openai: FakeOpenAi;
  /** models, in the order in which they were asked for vectors */
  let asked: string[];
  beforeEach(async () => {
    asked = [];
    openai = await FakeOpenAi.start({ onAnswer: (_, model) => void asked.push(model) });
  });
  afterEach(() => openai.stop());

  it.each(SIZES)(
    'embeds everything anew, what comes later too, and goes on with it after a restart, on %s',
    async (_, options) => {
      const env = { HOARDARR_EMBEDDER: 'openai', OPENAI_BASE_URL: openai.url };
      await world().start(env);
      const page = await world().page(options);
      const rows = inventedRows(120);
      await importVia(world(), page, inventedExport(rows.slice(0, 80), Date.UTC(2025, 5, 3)), 'first.json');
      const figures = page.getByText('Since ').first();

      await page.goto(`${world().url}/health`);
      await figures.getByText(BEFORE).waitFor();
      await button(page, 'Rebuild').click();
      const dialog = page.getByRole('alertdialog', { name: 'Rebuild the store?' });
      const field = dialog.getByLabel('Embedding model');
      expect(await field.inputValue()).toBe(BEFORE);
      await field.fill(NOW);
      expect(await seriousFaults(page)).toEqual([]);
      const before = asked.length;
      await button(dialog, 'Rebuild').click();
      await figures.getByText(NOW).waitFor();
      expect(await page.getByText('OPENAI_EMBEDDING_MODEL').count()).toBe(0);

      await importVia(world(), page, inventedExport(rows, Date.UTC(2025, 5, 4)), 'second.json');
      await world().stop();
      await world().start(env);
      await page.goto(`${world().url}/health`);
      await figures.getByText(NOW).waitFor();
      await page.goto(`${world().url}/?q=${encodeURIComponent('caption number 100')}`);
      await page.getByRole('link', { name: /caption number 100 / }).waitFor();
      expect(new Set(asked.slice(before))).toEqual(new Set([NOW]));
      const overview = await (await fetch(`${world().url}/v1/overview`)).json();
      expect(overview).toMatchObject({ embedder: { name: 'openai', model: NOW, coverage: 1 } });
    },
    LIMIT_MS,
  );
});
