import { fileURLToPath } from 'node:url';

/** As this: the built program where this was built, as in benchmarks. */
const IS_BUILT = import.meta.url.includes('/dist/testing/');
const root = (relative: string): string => fileURLToPath(new URL(`../../${relative}`, import.meta.url));

/**
 * The words for Node that run a program of this repository: as it was built, where the build is of these sources, since that
 * takes half the time to start, and else from its sources.
 *
 * @param name its path from the root, without an extension
 */
export function programAt(name: string): readonly string[] {
  if (IS_BUILT) return [root(`${name}.js`)];
  // Set by the global set-up of a test run.
  if (process.env['TEST_USES_BUILD'] === 'yes') return [root(`dist/${name}.js`)];
  return ['--import', root('testing/typescript-loader/register.mjs'), root(`${name}.ts`)];
}
