// `npm run fuzz -- [TARGET] [--seconds N] [--seed S]`: inputs from outside, made up and changed; tests/fuzz/README.md.
import path from 'node:path';
import { ensureReady, projectRoot } from './bootstrap.mjs';
import { run } from './run.mjs';

await ensureReady({ build: false });
const loader = path.join(projectRoot, 'testing', 'typescript-loader', 'register.mjs');
const entry = path.join(projectRoot, 'tests', 'fuzz', 'main.ts');
process.exitCode = await run(process.execPath, ['--import', loader, entry, ...process.argv.slice(2)], {
  cwd: projectRoot,
});
