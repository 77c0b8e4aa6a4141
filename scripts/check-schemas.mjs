// `npm run check:schemas`: the generated types are those of schemas/*.avsc, and every schema fits its earlier versions.
import { existsSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { ensureReady, projectRoot } from './bootstrap.mjs';
import { run } from './run.mjs';

const failures = [...(await staleTypes()), ...(await incompatibleSchemas())];
for (const failure of failures) console.error(failure);
process.exitCode = failures.length === 0 ? 0 : 1;

/** The generator compares, and says itself what is out of date. */
async function staleTypes() {
  const generator = path.join(projectRoot, 'scripts', 'generate-types.mjs');
  const status = await run(process.execPath, [generator, '--check'], { cwd: projectRoot });
  return status === 0 ? [] : ['the generated types are not those of the schemas'];
}

/** The checker exports `checkSchemas(): Promise<string[]>`, a sentence for each incompatibility. */
async function incompatibleSchemas() {
  await ensureReady();
  const checker = path.join(projectRoot, 'dist', 'codec', 'check-schemas.js');
  if (!existsSync(checker)) return [`${checker} is missing: nothing checks the schemas`];
  const { checkSchemas } = await import(pathToFileURL(checker).href);
  return await checkSchemas();
}
