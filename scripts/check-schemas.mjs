// `npm run check:schemas`: the generated types are those of schemas/*.avsc, every schema fits its earlier versions, and none of
// these was touched. Works on the current folder.
import { existsSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { ensureReady, projectRoot } from './bootstrap.mjs';
import { run } from './run.mjs';
import { currentSchemas, releasedProblems, releasedSchemas } from './schema-files.mjs';

const folder = process.cwd();
const failures = [...(await staleTypes()), ...releasedProblems(folder), ...(await incompatibleSchemas())];
for (const failure of failures) console.error(failure);
process.exitCode = failures.length === 0 ? 0 : 1;

/** The generator compares, and says itself what is out of date. */
async function staleTypes() {
  const generator = path.join(projectRoot, 'scripts', 'generate-types.mjs');
  const status = await run(process.execPath, [generator, '--check', '--in', folder], { cwd: projectRoot });
  return status === 0 ? [] : ['the generated types are not those of the schemas'];
}

/** The checker exports `checkSchemas(options): string[]`, a sentence for each incompatibility. */
async function incompatibleSchemas() {
  await ensureReady();
  const checker = path.join(projectRoot, 'dist', 'codec', 'check-schemas.js');
  if (!existsSync(checker)) return [`${checker} is missing: nothing checks the schemas`];
  const { checkSchemas } = await import(pathToFileURL(checker).href);
  const current = Object.fromEntries(currentSchemas(folder).map((schema) => [schema.name, schema]));
  return checkSchemas({ current, released: releasedSchemas(folder) });
}
