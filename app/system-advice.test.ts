import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { expect, it } from '@jest/globals';
import { adviceFor } from './system-advice.ts';

function thrownBy(work: () => unknown): unknown {
  try {
    work();
  } catch (error) {
    return error;
  }
  throw new Error('nothing was thrown');
}

it('says what to do about errors of the system, also about one that caused another', () => {
  const folder = mkdtempSync(`${tmpdir()}/advice-`);
  const isFolder = thrownBy(() => readFileSync(folder));
  expect(adviceFor(isFolder)).toBe(' (that is a folder: name the file in it)');
  expect(adviceFor(new Error('it cannot be read', { cause: isFolder }))).toBe(adviceFor(isFolder));
  rmSync(folder, { recursive: true });
});

it('knows a port that is taken', async () => {
  const first = createServer();
  await new Promise<void>((resolve) => first.listen(0, '127.0.0.1', resolve));
  const { port } = first.address() as AddressInfo;
  const second = createServer();
  const error = await new Promise((resolve) => second.once('error', resolve).listen(port, '127.0.0.1'));
  first.close();
  expect(adviceFor(error)).toContain('HOARDARR_PORT');
});

it('adds nothing to what says itself what to do, or is no error', () => {
  expect([new Error('no'), Object.assign(new Error('no'), { code: 'ODD' }), null, 'text'].map(adviceFor)).toEqual([
    '',
    '',
    '',
    '',
  ]);
});
