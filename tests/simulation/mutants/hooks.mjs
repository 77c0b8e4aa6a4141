import { fileURLToPath } from 'node:url';
import { compiled } from '../../../testing/typescript-loader/hooks.mjs';

let mutant;

/** Node's hook: https://nodejs.org/api/module.html#initialize */
export function initialize(data) {
  mutant = data;
}

/** Comes before that of the TypeScript loader, which was registered earlier. */
export async function load(url, context, nextLoad) {
  if (url !== mutant.url) return nextLoad(url, context);
  return { format: 'module', source: await compiled(fileURLToPath(url), mutant.source), shortCircuit: true };
}
