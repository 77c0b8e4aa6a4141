import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from '@jest/globals';

const BUILT = path.join(__dirname, '../../dist/console');
const MOST_BYTES = 150_000;

interface Chunk {
  readonly file: string;
  readonly imports?: readonly string[];
  readonly css?: readonly string[];
}

/** Everything that the browser fetches before the collection is shown, by the names of the build. */
function firstLoad(): ReadonlySet<string> {
  const manifest = JSON.parse(readFileSync(path.join(BUILT, '.vite/manifest.json'), 'utf8')) as Record<string, Chunk>;
  const files = new Set(['index.html', 'theme.js', 'icon.svg']);
  const seen = new Set<string>();
  const visit = (name: string): void => {
    const chunk = manifest[name];
    if (chunk === undefined) throw new Error(`the build has no ${name}`);
    if (seen.has(name)) return;
    seen.add(name);
    for (const file of [chunk.file, ...(chunk.css ?? [])]) files.add(file);
    for (const imported of chunk.imports ?? []) visit(imported);
  };
  for (const name of ['index.html', 'src/pages/home-page.tsx']) visit(name);
  return files;
}

test('the first load is below 150 kB, compressed as for a browser on plain HTTP, which takes no Brotli', () => {
  const compressed = new Set(readdirSync(BUILT, { recursive: true }).map(String));
  const sizeOf = (file: string): number => {
    const sent = compressed.has(`${file}.gz`) ? `${file}.gz` : file;
    return readFileSync(path.join(BUILT, sent)).length;
  };
  const sizes = [...firstLoad()].map((file) => ({ file, bytes: sizeOf(file) }));
  const bytes = sizes.reduce((sum, each) => sum + each.bytes, 0);
  expect(bytes).toBeGreaterThan(50_000);
  expect({ bytes, isBelow: bytes < MOST_BYTES, sizes }).toMatchObject({ isBelow: true });
});
