// Checks the types of the sources below the working directory: of what runs on Node.js, and of the console, which runs in
// browsers and so has a configuration of its own.
import { existsSync } from 'node:fs';
import path from 'node:path';
import { projectRoot } from './bootstrap.mjs';
import { run } from './run.mjs';

const tsc = path.join(projectRoot, 'node_modules', 'typescript', 'bin', 'tsc');
const projects = ['tsconfig.json', 'console/tsconfig.json'].filter((file) => existsSync(file));
for (const project of projects) {
  const status = await run(process.execPath, [tsc, '--noEmit', '--project', project]);
  if (status !== 0) process.exitCode = status;
}
