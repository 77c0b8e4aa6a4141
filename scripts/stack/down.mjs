// `npm run stack:down [-- PART...]`: stops what `stack:up` started. What the parts held is gone.
import path from 'node:path';
import { parseArgs } from 'node:util';
import { projectRoot } from '../bootstrap.mjs';
import { PART_NAMES } from './fetch-part.mjs';
import { stopPart } from './parts.mjs';

const options = { 'state-dir': { type: 'string' } };
const { values, positionals } = parseArgs({ allowPositionals: true, options });
const stateDir = values['state-dir'] ?? path.join(projectRoot, '.cache', 'stack');
for (const part of positionals.length === 0 ? PART_NAMES : positionals) {
  const stopped = await stopPart(part, stateDir);
  console.error(`stack: ${part} ${stopped ? 'stopped' : 'did not run'}`);
}
