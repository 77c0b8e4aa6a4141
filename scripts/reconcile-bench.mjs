// `npm run reconcile-bench -- [--histories N] [--seed S] …`: Hoardarr beside others, on the same histories with faults. The
// packages of the others are installed in a folder of their own, when they are needed first.
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { ensureReady, projectRoot } from './bootstrap.mjs';
import { run } from './run.mjs';

const folder = path.join(projectRoot, 'bench', 'reconcile-bench');
const stampFile = path.join(folder, 'node_modules', '.installed');
const words = process.argv.slice(2);

await ensureReady({ build: false });
if (!words.includes('--no-packages') && !(await installPackages())) {
  console.error('the packages could not be installed; --no-packages runs without them');
  process.exit(1);
}
const loader = path.join(projectRoot, 'testing', 'typescript-loader', 'register.mjs');
process.exitCode = await run(process.execPath, ['--import', loader, path.join(folder, 'main.ts'), ...words], {
  cwd: projectRoot,
});

/** Whether they are there. */
async function installPackages() {
  const stamp = createHash('sha256')
    .update(readFileSync(path.join(folder, 'package-lock.json')))
    .digest('hex');
  try {
    if (readFileSync(stampFile, 'utf8') === stamp) return true;
  } catch {
    // They never were.
  }
  // None of their install scripts does anything that is used here.
  const status = await run('npm', ['ci', '--ignore-scripts'], {
    cwd: folder,
    stdio: ['ignore', 2, 2],
    shell: process.platform === 'win32',
  });
  if (status === 0) writeFileSync(stampFile, stamp);
  return status === 0;
}
