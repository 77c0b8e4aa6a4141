// Jest's globalTeardown: ends the parts of the stack that suites of this run have started.
import { readdirSync, rmSync } from 'node:fs';
import { stopPart } from './parts.mjs';

export default async function tearDown() {
  const { TEST_STACK_DIR: stateDir = '' } = process.env;
  for (const file of readdirSync(stateDir)) {
    if (file.endsWith('.json')) await stopPart(file.slice(0, -'.json'.length), stateDir);
  }
  rmSync(stateDir, { recursive: true, force: true });
}
