// Runs a command of the built program. Plain JavaScript, because it runs before anything is installed or built.
import { existsSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { ensureReady, projectRoot } from './bootstrap.mjs';

/**
 * Installs and builds what is out of date, then runs `dist/cli/main.js`.
 *
 * @param {string[]} words what the user typed after `hoardarr`
 */
export async function launch(words) {
  await ensureReady();
  const entry = path.join(projectRoot, 'dist', 'cli', 'main.js');
  if (!existsSync(entry)) {
    console.error(`hoardarr: ${entry} is missing: the checkout is incomplete. Run 'git status' to see what was lost.`);
    process.exit(1);
  }
  endQuietlyOnClosedPipe(process.stdout);
  endQuietlyOnClosedPipe(process.stderr);
  const { main } = await import(pathToFileURL(entry).href);
  const status = await main(words);
  await Promise.all([drained(process.stdout), drained(process.stderr)]);
  process.exit(status);
}

/** `hoardarr export | head` closes our output early: that is an end, not an error. Of any other one, whoever wrote is told. */
function endQuietlyOnClosedPipe(stream) {
  stream.on('error', (error) => {
    if (error.code === 'EPIPE') process.exit(0);
  });
}

/** Writes to a pipe are asynchronous, and process.exit would cut a long JSON document short. */
function drained(stream) {
  return new Promise((resolve) => stream.write('', () => resolve(undefined)));
}
