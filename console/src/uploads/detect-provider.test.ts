import { describe, expect, test } from '@jest/globals';
import { detectProvider, providerOf } from './detect-provider.ts';

describe('whose export a file is', () => {
  test.each([
    ['saved_posts.csv', '', 'reddit'],
    ['user_data_tiktok.json', '', 'tiktok'],
    ['Favorite Videos.txt', '', 'tiktok'],
    ['export.zip', 'PK..saved_posts.csvPK..', 'reddit'],
    ['export.zip', 'PK..user_data_tiktok.jsonPK..', 'tiktok'],
    ['TikTok_Data_1700000000.zip', 'PK..', 'tiktok'],
    ['export.zip', 'PK..holiday.jpgPK..', null],
    ['holiday.jpg', '', null],
  ])('%s that holds %j', (name, inside, provider) => {
    expect(providerOf(name, inside)).toBe(provider);
  });

  test('the names in a large ZIP are read from its end', async () => {
    const parts = [new Uint8Array(2_000_000), new TextEncoder().encode('..saved_comments.csv..')];
    expect(await detectProvider(new File(parts, 'export.zip'))).toBe('reddit');
  });
});
