// `npm run --silent bench -- NAME`: one JSON document on stdout, everything else on stderr.
import path from 'node:path';
import { ensureReady, projectRoot } from './bootstrap.mjs';
import { run } from './run.mjs';

await ensureReady();
const entry = path.join(projectRoot, 'dist', 'bench', 'main.js');
process.exitCode = await run(process.execPath, ['--expose-gc', entry, ...process.argv.slice(2)], { cwd: projectRoot });
