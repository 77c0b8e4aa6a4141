import { existsSync, readdirSync, readFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { mulberry32 } from '../../testing/producer-world.ts';
import { readNumber, seedFor } from '../../testing/seeds.ts';
import { inventedExport, inventedRows } from '../../testing/topology/invented-export.ts';
import { DataFolder } from './data-folder.test-support.ts';
import { Program } from './program.test-support.ts';

const LIMIT_MS = 300_000;
/** Longer than a restore takes here, from the request to the answer of the restored server. */
const LONGEST_MS = 2_500;
const KILLS = readNumber('KILLS') ?? 4;
const MADE = Date.UTC(2025, 5, 1);
const DAY_MS = 86_400_000;

interface RestoreJson {
  readonly id: string;
  readonly state: string;
}

describe('a restore in a server that runs', () => {
  const seed = seedFor('RESTORE_SEED');
  let folder: DataFolder;
  let program: Program | null = null;
  let port = 0;
  beforeEach(async () => {
    folder = new DataFolder();
    port = await freePort();
    await folder.json('import', 'tiktok', folder.write(inventedExport(inventedRows(40).slice(10), MADE)));
    await folder.json('backup', path.join(folder.root, 'backup.tar'));
    await folder.json('import', 'tiktok', folder.write(inventedExport(inventedRows(40), MADE + DAY_MS)));
  });
  afterEach(async () => {
    await program?.kill();
    program = null;
    folder.remove();
  });

  const start = async (): Promise<Program> => {
    program = new Program(folder, ['start'], { HOARDARR_PORT: String(port) });
    await program.said(/"url":"http/);
    return program;
  };
  const post = async (): Promise<RestoreJson | null> => {
    const body = readFileSync(path.join(folder.root, 'backup.tar'));
    const answer = await fetch(`http://127.0.0.1:${port}/v1/restores`, {
      method: 'POST',
      headers: { 'content-type': 'application/x-tar' },
      body,
    }).catch(() => null);
    if (answer === null) return null;
    expect({ status: answer.status, text: answer.status === 202 ? '' : await answer.text() }).toEqual({
      status: 202,
      text: '',
    });
    return (await answer.json().catch(() => null)) as RestoreJson | null;
  };
  const get = async <T>(at: string): Promise<T | null> => {
    const answer = await fetch(`http://127.0.0.1:${port}${at}`).catch(() => null);
    return answer?.status === 200 ? ((await answer.json()) as T) : null;
  };
  const active = async (): Promise<number | undefined> => (await folder.status()).accounts[0]?.active;
  const leftovers = (): readonly string[] => readdirSync(folder.path).filter((name) => /restore/.test(name));

  it(
    'begins again by itself, on what the backup holds',
    async () => {
      const server = await start();
      const restore = await post();
      expect(restore).toMatchObject({ state: 'restarting' });
      for (;;) {
        const now = await get<RestoreJson>(`/v1/restores/${restore?.id ?? ''}`);
        if (now?.state === 'done') break;
        expect(now === null || now.state === 'restarting').toBe(true);
        expect(server.child.exitCode).toBeNull();
        await sleep(50);
      }
      expect(await get('/readyz')).toEqual({ status: 'ok' });
      expect(await get<object>('/v1/accounts')).toMatchObject({ accounts: [{ active: 30 }] });
      expect(await server.stop()).toBe(0);
      expect(await active()).toBe(30);
      expect(leftovers()).toEqual([]);
      // It says that it is ready once, as one document.
      expect(server.stdout.match(/"url":/g)).toHaveLength(1);
    },
    LIMIT_MS,
  );

  it(
    'killed at any moment, has done all of it or nothing; and all of it, once it was promised',
    async () => {
      const random = mulberry32(seed);
      for (let kill = 0; kill < KILLS; kill++) {
        const before = await active();
        const server = await start();
        let promised = false;
        const asked = post().then((restore) => {
          promised = restore !== null;
        });
        const waitMs = Math.floor(random() * LONGEST_MS);
        await Promise.race([sleep(waitMs), server.ended()]);
        await server.kill();
        await asked;
        const isMarked = existsSync(path.join(folder.path, 'restore.json'));
        const found = await active();
        expect({ seed, kill, waitMs, found, isMarked }).toMatchObject({
          found: promised || isMarked ? 30 : expect.anything(),
        });
        expect([before, 30]).toContain(found);
        expect(leftovers().filter((name) => !name.startsWith('.restore-'))).toEqual([]);
        // Newer again, for the next one.
        await folder.json(
          'import',
          'tiktok',
          folder.write(inventedExport(inventedRows(40), MADE + (kill + 2) * DAY_MS)),
        );
        expect(await active()).toBe(40);
      }
    },
    LIMIT_MS,
  );
});

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
