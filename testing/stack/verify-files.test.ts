import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { afterEach, beforeEach, expect, it } from '@jest/globals';

const SCRIPT = pathToFileURL(path.join(__dirname, '../../scripts/stack/verify-files.mjs')).href;
const PROGRAM = `import { verifyFiles } from '${SCRIPT}'; await verifyFiles(...process.argv.slice(1));`;
/** of 'a' and of 'b' */
const SUMS = `ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb  one.jar
3e23e8160039594a33894f6564e1b1348bbd7a0088d42c4acb73eeaed59c009d  two.jar
`;

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'verify-'));
  writeFileSync(path.join(folder, 'one.jar'), 'a');
  writeFileSync(path.join(folder, 'two.jar'), 'b');
});
afterEach(() => rmSync(folder, { recursive: true }));

async function verify(): Promise<void> {
  await promisify(execFile)(process.execPath, ['--input-type=module', '-e', PROGRAM, folder, SUMS]);
}

it('takes the files that were pinned', async () => {
  await verify();
});

it.each([
  ['another content', 'two.jar', () => writeFileSync(path.join(folder, 'two.jar'), 'B')],
  ['a file less', 'one.jar: missing', () => rmSync(path.join(folder, 'one.jar'))],
  ['a file more', 'three.jar', () => writeFileSync(path.join(folder, 'three.jar'), 'c')],
])('refuses %s', async (_what, words, spoil) => {
  spoil();
  await expect(verify()).rejects.toThrow(words);
});
