import { hashText } from '../../processors/embed/hash/hash-embedder.ts';
import { seedStore } from '../seed-store.ts';
import { filesOf } from '../stack.ts';

const DIMENSIONS = 512;

/** Fills the store of a data folder that the program has made, with vectors as its hash embedder gives them. */
export async function seedCollection({
  dataDir,
  items,
}: {
  readonly dataDir: string;
  readonly items: number;
}): Promise<null> {
  await seedStore({
    file: filesOf(dataDir).store,
    scope: 'tiktok/me/favorites',
    items,
    model: `hash-for-tests-${DIMENSIONS}`,
    vectorOf: (_, text) => hashText(text, DIMENSIONS).vector,
  });
  return null;
}
