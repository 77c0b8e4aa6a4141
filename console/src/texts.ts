import { accountsTexts } from './texts/accounts.ts';
import { collectionTexts } from './texts/collection.ts';
import { commonTexts } from './texts/common.ts';
import { removalsTexts } from './texts/removals.ts';
import { upkeepTexts } from './texts/upkeep.ts';
import { uploadsTexts } from './texts/uploads.ts';
import { welcomeTexts } from './texts/welcome.ts';

/**
 * Every text of the console, in the files of `texts/`, so that a translation is one folder: words as they are, and a function where
 * something is filled in. A page's texts stand under its name.
 */
export const texts = {
  ...commonTexts,
  ...collectionTexts,
  ...uploadsTexts,
  ...welcomeTexts,
  ...removalsTexts,
  ...accountsTexts,
  ...upkeepTexts,
} as const;
