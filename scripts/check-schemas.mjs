// `npm run check:schemas`: the generated types are those of schemas/*.avsc, and every schema fits its earlier versions.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { ensureReady, projectRoot } from './bootstrap.mjs';
import { run } from './run.mjs';

const generatedFile = path.join(projectRoot, 'schemas', 'generated', 'records.ts');
const failures = [...(await staleTypes()), ...(await incompatibleSchemas())];
for (const failure of failures) console.error(failure);
process.exitCode = failures.length === 0 ? 0 : 1;

/** Generates anew and compares; the file is left as it was. */
async function staleTypes() {
  const before = readFileSync(generatedFile, 'utf8');
  const status = await run(process.execPath, [path.join(projectRoot, 'scripts', 'generate-types.mjs')]);
  const after = readFileSync(generatedFile, 'utf8');
  writeFileSync(generatedFile, before);
  if (status !== 0) return ['the type generator failed'];
  return before === after ? [] : ['schemas/generated/records.ts is out of date: npm run generate'];
}

/** The checker exports `checkSchemas(): Promise<string[]>`, a sentence for each incompatibility. */
async function incompatibleSchemas() {
  await ensureReady();
  const checker = path.join(projectRoot, 'dist', 'codec', 'check-schemas.js');
  if (!existsSync(checker)) return [`${checker} is missing: nothing checks the schemas`];
  const { checkSchemas } = await import(pathToFileURL(checker).href);
  return await checkSchemas();
}
