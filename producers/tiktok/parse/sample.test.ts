import path from 'node:path';
import { expect, it } from '@jest/globals';
import { readExport } from './read-export.ts';

it('the sample is an export whose every favourite has a title and an author', async () => {
  const { favorites, newestDate, explicitlyEmpty } = await readExport(
    path.resolve(__dirname, '../../../samples/tiktok/user_data_tiktok.json'),
    { now: Date.UTC(2027, 0, 1) },
  );
  expect(favorites.savedAt.size).toBe(42);
  expect(favorites.skippedRows).toBe(0);
  expect([...favorites.savedAt].every(([itemId, date]) => /^7\d{18}$/.test(itemId) && date !== null)).toBe(true);
  expect([...favorites.details.values()].every(({ title, author }) => title !== null && author !== null)).toBe(true);
  expect(newestDate).toBe(Date.UTC(2025, 2, 29, 18, 2, 41));
  expect(explicitlyEmpty).toBe(false);
});
