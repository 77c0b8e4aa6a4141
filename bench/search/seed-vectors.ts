import { mkdirSync } from 'node:fs';
import { seedStore } from '../seed-store.ts';
import { filesOf } from '../stack.ts';
import { DIMENSIONS, MODEL, SCOPE_NAME } from './collection.ts';
import { Mixture } from './mixture.ts';

/** A store of items whose words and vectors are found. */
export async function seedVectors({
  dataDir,
  items,
}: {
  readonly dataDir: string;
  readonly items: number;
}): Promise<null> {
  mkdirSync(dataDir, { recursive: true });
  const mixture = new Mixture(DIMENSIONS);
  const { store: file } = filesOf(dataDir);
  await seedStore({ file, scope: SCOPE_NAME, items, model: MODEL, vectorOf: (n) => mixture.vector(n) });
  return null;
}
