import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import path from 'node:path';
import { PassThrough, Writable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { lockFolder } from '../app/embedded/folder-lock.ts';
import { main } from './main.ts';
import { CliWorld, videos } from './run-cli.test-helper.ts';

// The program is built first, where it is out of date.
jest.setTimeout(240_000);

const PROGRAM = path.join(__dirname, '../bin/hoardarr.mjs');
/** A device of Linux that is always full. */
const FULL = '/dev/full';
const ENDS = 'ENOSPC[^\\n]*\\(the disk is full: make room there, and try again\\)\\n$';
const SAID = new RegExp(`^hoardarr: ${ENDS}`);
/** The program may have been built first, of which it tells. */
const SAID_AT_LAST = new RegExp(`^(hoardarr: [^\\n]*\\n)*hoardarr: ${ENDS}`);

describe('a disk that is full behind stdout', () => {
  const world = new CliWorld();
  beforeAll(async () => {
    expect(await world.run('import', 'tiktok', world.export('a.json', videos(3)))).toMatchObject({ status: 0 });
  });
  afterAll(() => world.remove());

  /** The status, and what stderr was told. */
  const runOnFull = async (...words: readonly string[]): Promise<readonly [number, string]> => {
    const stdout = new Writable({
      write: (_chunk, _encoding, done) => done(Object.assign(new Error('ENOSPC: no space left'), { code: 'ENOSPC' })),
    });
    let said = '';
    const stderr = new PassThrough();
    stderr.on('data', (chunk: Buffer) => void (said += chunk.toString()));
    const io = { stdin: new PassThrough(), stdout, stderr, isTerminal: false, env: world.env };
    const argv = ['--data-dir', world.dataDir, ...words];
    const status = await main(argv, { ...io, onSignal: () => () => undefined, quit: () => undefined });
    await new Promise((resolve) => setImmediate(resolve));
    return [status, said];
  };

  it.each([[['export']], [['items']], [['items', '--json']], [['--help']], [['--version']]])(
    'fails %j in one line, and closes the data folder',
    async (words) => {
      expect(await runOnFull(...words)).toEqual([1, expect.stringMatching(SAID)]);
      const leave = lockFolder(world.dataDir, 'alone');
      expect(leave).not.toBeNull();
      leave?.();
    },
  );

  it('still tells the error of a command, elsewhere', async () => {
    expect(await runOnFull('pause', 'nowhere', '--json')).toEqual([
      2,
      expect.stringMatching(/^hoardarr: [^\n]*nowhere[^\n]*\n$/),
    ]);
  });

  it('ends the program so', async () => {
    const full = openSync(FULL, 'w');
    const child = spawn(process.execPath, [PROGRAM, 'export', '--data-dir', world.dataDir], {
      env: { ...world.env, PATH: process.env['PATH'] ?? '', HOME: process.env['HOME'] ?? '' },
      stdio: ['ignore', full, 'pipe'],
    });
    closeSync(full);
    let said = '';
    child.stderr?.on('data', (chunk: Buffer) => void (said += chunk.toString()));
    const [status] = (await once(child, 'close')) as [number | null];
    expect([status, said]).toEqual([1, expect.stringMatching(SAID_AT_LAST)]);
  });
});
