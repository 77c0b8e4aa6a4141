import { createHash } from 'node:crypto';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

// Tests start many processes, and most of what each would do is to compile the same files again.
const CACHE = fileURLToPath(new URL('../../.cache/typescript-loader', import.meta.url));
const OPTIONS = {
  swcrc: false,
  jsc: { target: 'es2023', parser: { syntax: 'typescript' } },
  module: { type: 'es6' },
  sourceMaps: 'inline',
};

/** Node's hook: https://nodejs.org/api/module.html#loadurl-context-nextload */
export async function load(url, context, nextLoad) {
  if (!url.startsWith('file:') || !url.endsWith('.ts')) return nextLoad(url, context);
  const file = fileURLToPath(url);
  return { format: 'module', source: await compiled(file, await readFile(file, 'utf8')), shortCircuit: true };
}

/** The file, of this text, as Node runs it. */
export async function compiled(file, source) {
  const key = createHash('sha256')
    .update(JSON.stringify([OPTIONS, file, source]))
    .digest('hex');
  const cached = path.join(CACHE, `${key}.js`);
  try {
    return await readFile(cached, 'utf8');
  } catch {
    const { transform } = await import('@swc/core');
    const { code } = await transform(source, { ...OPTIONS, filename: file });
    // Under its name only when it is whole, since other processes look for it at the same time.
    const unfinished = `${cached}.${process.pid}`;
    await mkdir(CACHE, { recursive: true });
    await writeFile(unfinished, code);
    await rename(unfinished, cached);
    return code;
  }
}
