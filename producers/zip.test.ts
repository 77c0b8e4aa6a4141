import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { InputError } from '../core/errors.ts';
import { makeZip64 } from '../testing/make-zip64.ts';
import { openZip } from './zip.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'zip-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

async function textOf(bytes: Uint8Array): Promise<string> {
  const file = path.join(folder, 'export.zip');
  writeFileSync(file, bytes);
  const archive = await openZip(file);
  try {
    const chunks: Uint8Array[] = [];
    for (const { open } of archive.files) for await (const chunk of open()) chunks.push(chunk);
    return Buffer.concat(chunks).toString();
  } finally {
    archive.close();
  }
}

describe('a ZIP64 archive', () => {
  it('is read', async () => {
    expect(await textOf(makeZip64('a.json', '{"a":1}'))).toBe('{"a":1}');
  });

  it.each([
    ['its end record', { recordAt: 2n ** 64n - 1n }],
    ['its end record', { recordAt: 2n ** 53n }],
    ['its end record', { recordAt: 10_000n }],
    ['its directory', { directoryAt: 2n ** 64n - 1n }],
    ['its directory', { directoryAt: 2n ** 53n }],
    ['its directory', { directoryAt: 10_000n }],
  ])('that says that %s is where no file reaches (%j) is refused', async (_what, lies) => {
    await expect(textOf(makeZip64('a.json', '{"a":1}', lies))).rejects.toThrow(InputError);
  });
});
