// `npm run mutants [-- --only NAME] [--histories N] [--seed S] [--table FILE]`: breaks each law on purpose; the simulation has to notice.
import path from 'node:path';
import { ensureReady, projectRoot } from './bootstrap.mjs';
import { run } from './run.mjs';

await ensureReady();
const loader = path.join(projectRoot, 'testing', 'typescript-loader', 'register.mjs');
const entry = path.join(projectRoot, 'tests', 'simulation', 'mutants', 'main.ts');
process.exitCode = await run(process.execPath, ['--import', loader, entry, ...process.argv.slice(2)], {
  cwd: projectRoot,
});
