import { expect, it } from '@jest/globals';
import { MemoryMetadataStore } from '../../testing/memory-metadata/memory-metadata-store.ts';
import { checkCopied, forgetCopied, noteCopied } from './copy-age.ts';

const DAY_MS = 86_400_000;

it('refuses copies of which nobody can tell any more what was erased since', async () => {
  const metadata = new MemoryMetadataStore();
  const check = (day: number, topicPrefix = 'a.'): Promise<void> => checkCopied(metadata, topicPrefix, day * DAY_MS);
  await check(0);
  await noteCopied(metadata, 'a.', 0);
  await check(25);
  await expect(check(26)).rejects.toThrow("the prefix 'a.' are 26 days old");
  await expect(check(26)).rejects.toThrow('HOARDARR_TOPIC_PREFIX');
  await check(26, 'b.');
  await noteCopied(metadata, 'a.', 20 * DAY_MS);
  await check(45);
  await forgetCopied(metadata);
  expect(await metadata.get('copied')).toBeNull();
});
