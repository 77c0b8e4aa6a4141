// `npm test`: sets up what is missing, then runs Jest with the arguments given after `npm test --`.
import path from 'node:path';
import { ensureReady, projectRoot } from './bootstrap.mjs';
import { run } from './run.mjs';

await ensureReady();
const jest = path.join(projectRoot, 'node_modules', 'jest', 'bin', 'jest.js');
process.exitCode = await run(process.execPath, [jest, ...process.argv.slice(2)], { cwd: projectRoot });
