// Jest's globalSetup: a folder for the parts of the stack that suites of this run may start (testing/stack starts them, and
// only where one is needed), and what the environment says of the stack put aside, so that it does not reach the programs
// under test: they are told which log to use by the tests alone.
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { isBuilt } from '../bootstrap.mjs';

const GIVEN = [
  'KAFKA_BROKERS',
  'SCHEMA_REGISTRY_URL',
  'COUCHBASE_URL',
  'COUCHBASE_USERNAME',
  'COUCHBASE_PASSWORD',
  'COUCHBASE_BUCKET',
  'COUCHBASE_COLLECTIONS',
  'COUCHBASE_DURABILITY',
  'COUCHBASE_SEARCH_URL',
  'HOARDARR_REQUIRE_STACK',
];

export default function setUp() {
  const { env } = process;
  env.TEST_STACK_GIVEN = JSON.stringify(Object.fromEntries(GIVEN.map((name) => [name, env[name]])));
  for (const name of GIVEN) delete env[name];
  env.TEST_STACK_DIR = mkdtempSync(path.join(tmpdir(), 'stack-'));
  env.TEST_STACK_WHILE = String(process.pid);
  // Read by testing/machines/program.ts.
  env.TEST_USES_BUILD = isBuilt() ? 'yes' : 'no';
  // They live for minutes, in which the compiler that makes them fast takes more of two cores than it gives.
  env.JDK_JAVA_OPTIONS = '-XX:TieredStopAtLevel=1 -XX:+UseSerialGC';
}
