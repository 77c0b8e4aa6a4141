import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vite';

/**
 * What the console is built with. `scripts/build-console.mjs` calls it for `npm start` and the rest; by hand, `npx vite console`
 * serves the sources beside a Hoardarr that runs on its usual port.
 */
export default defineConfig({
  root: fileURLToPath(new URL('.', import.meta.url)),
  // Addresses relative to the page, whose <base> says under which path it is served.
  base: './',
  oxc: { jsx: { runtime: 'automatic' } },
  build: {
    // The Content-Security-Policy lets no data: script or style pass, and small files are cached as well as large ones.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    target: 'es2022',
    sourcemap: false,
    emptyOutDir: true,
    reportCompressedSize: false,
    manifest: true,
    // 'use client' speaks to servers that render React; here nobody does.
    rolldownOptions: { checks: { moduleLevelDirective: false } },
  },
  server: { proxy: { '/v1': 'http://127.0.0.1:8080' } },
});
