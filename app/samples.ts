import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** Whose collection a sample goes to: nobody's own, so that it can be told apart and erased again. */
export const SAMPLE_USER = 'sample';

const FILE = 'samples/tiktok/user_data_tiktok.json';

/** The export of invented favourites that comes with the program; null where it was installed without it. */
export function sampleFile(): string | null {
  // Beside the sources, and one folder further out of what was built.
  const places = [`../${FILE}`, `../../${FILE}`].map((place) => fileURLToPath(new URL(place, import.meta.url)));
  return places.find((place) => existsSync(place)) ?? null;
}
