// `node scripts/build-console.mjs FOLDER`: builds the console into FOLDER, and lays a compressed copy beside each file that
// gets smaller by it. A process of its own, because the set-up that starts it runs before Vite is installed.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';
import { projectRoot } from './bootstrap.mjs';

const COMPRESSIBLE = new Set(['.html', '.js', '.css', '.svg', '.json']);
/** Below that, what is saved does not pay for a header. */
const MIN_BYTES = 600;

const [folder] = process.argv.slice(2);
if (folder === undefined) {
  console.error('usage: node scripts/build-console.mjs FOLDER');
  process.exit(2);
}
const outDir = path.resolve(folder);
const { build } = await import('vite');
await build({
  configFile: path.join(projectRoot, 'console', 'vite.config.ts'),
  logLevel: 'warn',
  build: { outDir },
});
for (const entry of readdirSync(outDir, { recursive: true, withFileTypes: true })) {
  // The server writes the path that it serves into the page, so that is compressed by nobody.
  if (!entry.isFile() || entry.name === 'index.html' || !COMPRESSIBLE.has(path.extname(entry.name))) continue;
  const file = path.join(entry.parentPath, entry.name);
  const content = readFileSync(file);
  if (content.length < MIN_BYTES) continue;
  writeFileSync(`${file}.gz`, gzipSync(content, { level: 9 }));
  writeFileSync(
    `${file}.br`,
    brotliCompressSync(content, { params: { [constants.BROTLI_PARAM_SIZE_HINT]: content.length } }),
  );
}
