// Runs dependency-cruiser over all sources below the working directory, and proves that it saw them: without a parser
// that fits the compiler it cruises no module and reports success.
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { projectRoot, sourceFolders } from './bootstrap.mjs';

const MAX_OUTPUT_BYTES = 256 * 1024 * 1024;

const folders = [...sourceFolders(), 'console'].filter((folder) => existsSync(folder));
if (folders.length === 0) {
  console.error('no module was cruised: there are no sources here');
  process.exit(1);
}
const report = cruise(folders);
for (const { rule, from, to } of report.summary.violations) {
  const comment = report.summary.ruleSetUsed.forbidden.find(({ name }) => name === rule.name)?.comment ?? '';
  console.error(`${from} -> ${to}\n  ${rule.name}: ${comment}`);
}

const cruised = new Set(report.modules.map((module) => module.source));
const unseen = folders.flatMap(sourcesBelow).filter((file) => !cruised.has(file));
if (unseen.length > 0) console.error(`not cruised, so not checked: ${unseen.join(', ')}`);
if (cruised.size === 0) console.error('no module was cruised');

const failed = report.summary.violations.length > 0 || unseen.length > 0 || cruised.size === 0;
console.log(`${cruised.size} modules, ${report.summary.violations.length} violations`);
process.exitCode = failed ? 1 : 0;

function cruise(roots) {
  const cruiser = path.join(projectRoot, 'node_modules', 'dependency-cruiser', 'bin', 'dependency-cruise.mjs');
  const config = path.join(projectRoot, '.dependency-cruiser.cjs');
  const hook = pathToFileURL(path.join(projectRoot, 'scripts', 'parse-tsx.mjs')).href;
  const args = ['--import', hook, cruiser, '--config', config, '--output-type', 'json', ...roots];
  // The JSON reporter exits 0 whatever it found; the verdict is ours.
  const stdio = ['ignore', 'pipe', 'inherit'];
  return JSON.parse(execFileSync(process.execPath, args, { encoding: 'utf8', maxBuffer: MAX_OUTPUT_BYTES, stdio }));
}

function sourcesBelow(folder) {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.tsx?$/.test(entry.name))
    .map((entry) => path.join(entry.parentPath, entry.name).split(path.sep).join('/'))
    .filter((file) => !/\/(fixtures|node_modules)\//.test(file));
}
