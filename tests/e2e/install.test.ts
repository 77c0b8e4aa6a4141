import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

const ROOT = path.join(__dirname, '../..');
const SCRIPTS = ['bootstrap.mjs', 'lock-file.mjs', 'run.mjs'];

let checkout: string;

beforeEach(async () => {
  checkout = await mkdtemp(path.join(tmpdir(), 'hoardarr-install-'));
});
afterEach(() => rm(checkout, { recursive: true, force: true }));

describe('the first start of a checkout', () => {
  // Native modules fit one Node.js alone: compiled for another one, the program does not start, however often it is installed.
  it('installs for the Node.js that it runs on, also where another one is the first of the path', async () => {
    await mkdir(path.join(checkout, 'scripts'));
    for (const name of SCRIPTS) await cp(path.join(ROOT, 'scripts', name), path.join(checkout, 'scripts', name));
    const manifest = { name: 'a-checkout', version: '1.0.0' };
    const postinstall = `node -p process.execPath > used.txt`;
    await writeFile(path.join(checkout, 'package.json'), JSON.stringify({ ...manifest, scripts: { postinstall } }));
    const lock = { ...manifest, lockfileVersion: 3, requires: true, packages: { '': manifest } };
    await writeFile(path.join(checkout, 'package-lock.json'), JSON.stringify(lock));
    const others = path.join(checkout, 'other-node');
    await mkdir(others);
    await mkdir(path.join(checkout, 'node_modules'));
    await writeFile(path.join(others, 'node'), '#!/bin/sh\necho another Node.js >&2\nexit 9\n');
    await chmod(path.join(others, 'node'), 0o755);

    expect(await install({ PATH: `${others}${path.delimiter}${process.env['PATH']}` })).toEqual([0, expect.anything()]);
    expect((await readFile(path.join(checkout, 'used.txt'), 'utf8')).trim()).toBe(process.execPath);
  });
});

/** Exit status, and what was said. */
async function install(env: Readonly<Record<string, string>>): Promise<readonly [number | null, string]> {
  const script = `import('./scripts/bootstrap.mjs').then(({ ensureReady }) => ensureReady({ build: false }))`;
  const { npm_execpath: _, ...inherited } = process.env;
  const child = spawn(process.execPath, ['-e', script], { cwd: checkout, env: { ...inherited, ...env } });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (text) => (said += String(text)));
  const [status] = (await once(child, 'close')) as [number | null];
  return [status, said];
}
