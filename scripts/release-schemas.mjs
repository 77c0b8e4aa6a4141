// `npm run schemas:release`: keeps a copy of every schema that has changed since its last release, as its next version.
// Later changes are checked against it for ever, because records of it may be in a log. Nothing is written where a schema
// does not fit its earlier versions.
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { ensureReady, projectRoot } from './bootstrap.mjs';
import { run } from './run.mjs';
import { keepDigests, releasedProblems } from './schema-files.mjs';

await generate();
await ensureReady();
const built = (...parts) => import(pathToFileURL(path.join(projectRoot, 'dist', ...parts)).href);
const { reportSubjects } = await built('codec', 'check-schemas.js');
const { SCHEMAS } = await built('schemas', 'schemas.js');

// A record has a subject in each of its topics.
const reports = [...new Map(reportSubjects().map((report) => [report.record, report])).values()];
const problems = [...releasedProblems(projectRoot), ...reports.flatMap((report) => report.problems)];
const changed = reports.filter((report) => report.changed);
if (problems.length > 0) {
  for (const problem of problems) console.error(problem);
  process.exitCode = 1;
} else if (changed.length === 0) {
  console.log('every schema is as last released');
} else {
  for (const { record, version } of changed) release(record, version);
  keepDigests(projectRoot);
  await generate();
}

function release(record, version) {
  const folder = path.join(projectRoot, 'schemas', 'released', record);
  mkdirSync(folder, { recursive: true });
  const text = `${JSON.stringify(SCHEMAS[record], null, 2)}\n`;
  // Never over a version that is there.
  writeFileSync(path.join(folder, `${version}.avsc`), text, { flag: 'wx' });
  console.log(`${record} ${version}`);
}

async function generate() {
  const status = await run(process.execPath, [path.join(projectRoot, 'scripts', 'generate-types.mjs')]);
  if (status !== 0) process.exit(status);
}
