// `npm run build`: compiles to dist/ where the sources have changed since the last time.
import { ensureReady } from './bootstrap.mjs';

await ensureReady();
