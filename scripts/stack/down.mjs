// `npm run stack:down [-- PART...]`: stops what `stack:up` started. What the parts held is gone.
import path from 'node:path';
import { projectRoot } from '../bootstrap.mjs';
import { PART_NAMES } from './fetch-part.mjs';
import { stopPart } from './parts.mjs';

const wanted = process.argv.slice(2);
const stateDir = path.join(projectRoot, '.cache', 'stack');
for (const part of wanted.length === 0 ? PART_NAMES : wanted) {
  const stopped = await stopPart(part, stateDir);
  console.error(`stack: ${part} ${stopped ? 'stopped' : 'did not run'}`);
}
