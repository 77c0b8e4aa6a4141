// Histories of the whole topology with faults, judged: `npm run simulate -- --histories N`, and what tests/simulation/main.ts takes.
import path from 'node:path';
import { ensureReady, projectRoot } from './bootstrap.mjs';
import { run } from './run.mjs';

await ensureReady();
const loader = path.join(projectRoot, 'testing', 'typescript-loader', 'register.mjs');
const entry = path.join(projectRoot, 'tests', 'simulation', 'main.ts');
process.exitCode = await run(process.execPath, ['--import', loader, entry, ...process.argv.slice(2)], {
  cwd: projectRoot,
});
