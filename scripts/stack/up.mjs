// `npm run stack:up [-- PART...] [--kafka-port N] [--registry-port N] [--couchbase-port N]`: starts what does not run, and
// prints the environment to use it with, as lines for a shell: `eval "$(npm run --silent stack:up)"`. `--docker 1` takes images
// instead of what Maven brings.
// Tests name a folder of their own with `--state-dir DIR`, end with `--while PID` what they started, and may have several
// brokers with `--nodes N`, and one that wants TLS and a user with `--secure 1`.
import path from 'node:path';
import { parseArgs } from 'node:util';
import { projectRoot } from '../bootstrap.mjs';
import { PART_NAMES } from './fetch-part.mjs';
import { ensurePart } from './parts.mjs';

const ports = PART_NAMES.map((part) => `${part}-port`);
const options = Object.fromEntries(
  [...ports, 'state-dir', 'while', 'nodes', 'secure', 'docker'].map((name) => [name, { type: 'string' }]),
);
const { values, positionals } = parseArgs({ allowPositionals: true, options });
const parts = positionals.length === 0 ? PART_NAMES : positionals;
const unknown = parts.filter((part) => !PART_NAMES.includes(part));
if (unknown.length > 0) {
  console.error(`the stack has no ${unknown.join(', ')}; it has ${PART_NAMES.join(', ')}`);
  process.exit(2);
}

const stateDir = values['state-dir'] ?? path.join(projectRoot, '.cache', 'stack');
const number = (name) => (values[name] === undefined ? undefined : Number(values[name]));
const states = await Promise.all(
  parts.map((part) =>
    ensurePart(part, stateDir, {
      port: number(`${part}-port`),
      nodes: number('nodes'),
      secure: number('secure'),
      docker: number('docker'),
      whilePid: number('while'),
    }),
  ),
);
for (const { environment } of states) {
  for (const [name, value] of Object.entries(environment)) console.log(`export ${name}=${value}`);
}
