// `npm run check [-- NAME...]`: runs every checker one after another, also after one failed, and sums up at the end.
// `--in DIR` checks another folder by the same rules; the canaries use it to prove that each checker can fail.
import path from 'node:path';
import { parseArgs } from 'node:util';
import { ensureReady, projectRoot } from './bootstrap.mjs';
import { run } from './run.mjs';

const packageBin = (...parts) => path.join(projectRoot, 'node_modules', ...parts);
const script = (name) => path.join(projectRoot, 'scripts', name);

/** What each checker is called, and what node is given to run it. */
const CHECKERS = {
  types: [script('check-types.mjs')],
  lint: [packageBin('oxlint', 'bin', 'oxlint'), '--type-aware', '--deny-warnings'],
  format: [packageBin('@biomejs', 'biome', 'bin', 'biome'), 'check', '--error-on-warnings'],
  boundaries: [script('check-boundaries.mjs')],
  unused: [packageBin('knip', 'bin', 'knip.js')],
  schemas: [script('check-schemas.mjs')],
};

const { values, positionals: wanted } = parseArgs({ allowPositionals: true, options: { in: { type: 'string' } } });
const unknown = wanted.filter((name) => !Object.hasOwn(CHECKERS, name));
if (unknown.length > 0) {
  console.error(`no checker is called ${unknown.join(', ')}; there are ${Object.keys(CHECKERS).join(', ')}`);
  process.exit(2);
}

await ensureReady({ build: false });
const results = [];
for (const [name, args] of Object.entries(CHECKERS)) {
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  console.log(`\n== ${name}`);
  const startedAtMs = performance.now();
  const status = await run(process.execPath, args, { cwd: values.in ?? projectRoot });
  results.push({ name, ok: status === 0, seconds: ((performance.now() - startedAtMs) / 1000).toFixed(1) });
}

console.log('\n== summary');
for (const { name, ok, seconds } of results) console.log(`${ok ? 'ok    ' : 'FAILED'} ${name} (${seconds} s)`);
const failed = results.filter(({ ok }) => !ok).length;
console.log(`check: ${results.length - failed} ok, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
