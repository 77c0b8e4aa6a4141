// `npm run test:containers`: runs the suites of Kafka, Schema Registry and Couchbase on containers, with the arguments given
// after `npm run test:containers --`. Nothing is skipped: without Docker it fails.
import path from 'node:path';
import { ensureReady, projectRoot } from './bootstrap.mjs';
import { run } from './run.mjs';

await ensureReady({ build: false });
const jest = path.join(projectRoot, 'node_modules', 'jest', 'bin', 'jest.js');
const env = { ...process.env, TEST_STACK_FROM: 'docker', HOARDARR_REQUIRE_STACK: '1' };
// Servers that the environment names would be taken instead.
for (const name of ['KAFKA_BROKERS', 'SCHEMA_REGISTRY_URL', 'COUCHBASE_URL']) delete env[name];
const args = [jest, '--config', 'jest.containers.config.cjs', ...process.argv.slice(2)];
process.exitCode = await run(process.execPath, args, { cwd: projectRoot, env });
