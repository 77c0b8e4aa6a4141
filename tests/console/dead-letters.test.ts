import { renameSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from '@jest/globals';
import { openLocalCodec } from '../../codec/local/open-local-codec.ts';
import { SCHEMAS, type SchemaSet } from '../../schemas/schemas.ts';
import { inventedExport, inventedId, inventedRows } from '../../testing/topology/invented-export.ts';
import { withAppOn } from '../e2e/app-on-folder.test-support.ts';
import type { DataFolder } from '../e2e/data-folder.test-support.ts';
import { button, importVia, toast } from './actions.test-support.ts';
import { keepScreenshot, seriousFaults } from './console-world.test-support.ts';
import { describeConsole, LIMIT_MS, SIZES } from './describe-console.test-support.ts';

const SCOPE = 'tiktok/me/favorites';
const TITLE = 'A title that came late';
/** The export does not say what it is, and nobody can be asked. */
const UNKNOWN = { id: inventedId(20), date: '2025-05-20 10:00:00' };

/** What a later version writes: one field more. */
const LATER: SchemaSet = {
  ...SCHEMAS,
  RawItem: {
    ...SCHEMAS.RawItem,
    fields: [...SCHEMAS.RawItem.fields, { name: 'rating', type: 'int', default: 0 }],
  },
};

/**
 * Writes what an item is as a later version does whose schema did not come along, and the end of a list that nobody can read.
 *
 * @returns brings the schema
 */
async function writeUnreadable(folder: DataFolder): Promise<() => void> {
  return withAppOn(folder, async ({ log, codec }) => {
    const partition = log.partitionOf('tiktok/me');
    const records = await log.read('ingest', partition, 0, { records: 100 });
    const written = records.map(({ value }) => codec.decode(value ?? new Uint8Array()));
    const item = written.flatMap(({ type, value }) => (type === 'RawItem' ? [value] : [])).at(0);
    const run = written.flatMap(({ type, value }) => (type === 'SyncStarted' ? [value] : [])).at(-1);
    if (item === undefined || run === undefined) throw new Error('the import wrote no items');
    const bytes = openLocalCodec({ dataDir: folder.path, schemas: LATER }).encode('RawItem', {
      ...item,
      // Of the latest run, since what an earlier one still wrote is fenced off.
      syncId: run.syncId,
      fence: run.fence,
      seq: 10_000,
      eventId: 'later-event',
      itemId: UNKNOWN.id,
      document: { ...item.document, title: TITLE },
    });
    const id = String(Buffer.from(bytes).readUInt32BE(1));
    const [there, away] = [path.join(folder.path, 'schemas', id), path.join(folder.root, 'away')];
    renameSync(there, away);
    await log.append('ingest', partition, [
      { key: `tiktok/me|${SCOPE}|${UNKNOWN.id}|later-event`, value: bytes },
      { key: `tiktok/me|${SCOPE}|:end|x`, value: Uint8Array.of(0, 9, 9, 9, 9, 9) },
    ]);
    return () => renameSync(away, there);
  });
}

describeConsole('dead letters in a browser', (world) => {
  it.each(SIZES)(
    'are told with their reason, and are gone when they were redriven and could be taken, on %s',
    async (name, options) => {
      await world().start();
      const page = await world().page(options);
      await importVia(world(), page, inventedExport([...inventedRows(20), UNKNOWN]));
      await world().stop();
      const bringSchema = await writeUnreadable(world().folder);
      await world().start();

      await page.goto(`${world().url}/health`);
      const letters = page.getByRole('list', { name: 'Dead letters' });
      const item = letters.getByRole('listitem').filter({ hasText: /There is no schema \d\d?\./ });
      await letters.getByRole('listitem').nth(1).waitFor();
      expect(await letters.getByRole('listitem').count()).toBe(2);
      await item.waitFor();
      expect(await seriousFaults(page)).toEqual([]);
      await keepScreenshot(page, `dead-letters-${name.slice(2)}`);

      bringSchema();
      await button(page, 'Redrive all 2').click();
      await page.getByText('1 record is taken anew').waitFor();
      await toast(page, '1 record stays here').waitFor();
      await toast(page, /is never redriven: import again/).waitFor();
      expect(await seriousFaults(page)).toEqual([]);
      await button(page, 'Redrive all 1').waitFor();
      expect(await letters.getByRole('listitem').count()).toBe(1);
      expect(await item.count()).toBe(0);

      await page.goto(`${world().url}/items/${SCOPE.replace('/me', '')}/${UNKNOWN.id}`);
      await page.getByRole('heading', { name: TITLE }).waitFor();
    },
    LIMIT_MS,
  );
});
