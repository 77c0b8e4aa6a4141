import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { OwnerAccess } from '../app/access/owner-access.ts';
import { restoreInPlace } from '../app/use-cases/restore.ts';
import { CliWorld } from '../cli/run-cli.test-helper.ts';
import { type Answer, ApiWorld, exported, PROBLEM } from './api-world.test-helper.ts';

interface Listed {
  readonly backups: readonly { readonly name: string; readonly bytes: number; readonly items: number }[];
  readonly schedule: object;
  readonly lastRestore: { readonly id: string; readonly state: string } | null;
}

const JSON_BODY = { 'content-type': 'application/json' };
const TAR = { 'content-type': 'application/x-tar' };

describe('backups over HTTP', () => {
  let world: ApiWorld;
  beforeEach(async () => {
    world = new ApiWorld({ HOARDARR_RESTORE_LIMIT_BYTES: '50000000' });
    await world.start();
    await world.upload(exported(30));
  });
  afterEach(async () => {
    await world.stop();
    world.cli.remove();
  });

  const folder = (): string => path.join(world.cli.dataDir, 'backups');
  const list = async (): Promise<Listed> => (await world.ask('GET', '/v1/backups')).json<Listed>();
  const make = async (body?: object): Promise<Listed['backups'][number]> => {
    const made = await world.ask(
      'POST',
      '/v1/backups',
      body === undefined ? {} : { headers: JSON_BODY, body: JSON.stringify(body) },
    );
    expect(made.status).toBe(201);
    return made.json();
  };
  const active = async (): Promise<number> => {
    const { accounts } = (await world.ask('GET', '/v1/accounts')).json<{ accounts: { active: number }[] }>();
    return accounts.reduce((sum, each) => sum + each.active, 0);
  };
  /** What `start` does by itself when a restore is due. */
  const restart = async (): Promise<void> => {
    await new Promise<void>((resolve) => {
      const left = world.app?.roles.left;
      if (left === undefined || left.aborted) resolve();
      left?.addEventListener('abort', () => resolve());
    });
    await world.stop();
    await world.start();
  };
  const refused = (answer: Answer, status: number, words: RegExp): void => {
    expect(answer.json()).toEqual({ ...PROBLEM, status, detail: expect.stringMatching(words) });
    expect(answer.text).not.toContain(world.cli.dataDir);
    expect(readdirSync(world.cli.dataDir).filter((name) => /^\.(restore|incoming|before)/.test(name))).toEqual([]);
    expect(existsSync(path.join(world.cli.dataDir, 'restore.json'))).toBe(false);
  };

  it('are made, listed, sent and removed, readable by their owner alone', async () => {
    const { name } = await make();
    const withKey = await make({ withKey: true });
    expect(await list()).toMatchObject({
      backups: [
        { name: withKey.name, items: 30, withKey: true, isScheduled: false, problem: null },
        { name, items: 30, withKey: false },
      ],
      schedule: { every: 'off', keep: 7, withKey: false, at: '03:30' },
      folder: folder(),
      scope: { covers: 'everything' },
      lastFailure: null,
      lastRestore: null,
    });
    const { mode, size } = statSync(path.join(folder(), name));
    expect(mode & 0o777).toBe(0o600);
    const sent = await world.ask('GET', `/v1/backups/${name}`);
    expect(sent.headers).toMatchObject({
      'content-type': 'application/x-tar',
      'content-length': String(size),
      'content-disposition': `attachment; filename="${name}"`,
    });
    expect((await world.ask('DELETE', `/v1/backups/${name}`)).status).toBe(204);
    expect((await list()).backups.map((each) => each.name)).toEqual([withKey.name]);
    refused(await world.ask('GET', `/v1/backups/${name}`), 404, /there is no backup/);
  });

  it.each(['..%2Fmeta.db', 'meta.db', '.lock', '%2Fetc%2Fpasswd', '..%2Fbackups%2Fx.tar'])(
    'are not files elsewhere: %s',
    async (name) => {
      for (const [method, more] of [
        ['GET', ''],
        ['DELETE', ''],
        ['POST', '/restore'],
      ] as const)
        refused(await world.ask(method, `/v1/backups/${name}${more}`), 404, /there is/);
    },
  );

  it('bring everything back while it runs, and what came later is gone', async () => {
    const { name } = await make();
    await world.upload(exported(40, -10));
    expect(await active()).toBe(40);
    const accepted = await world.ask('POST', `/v1/backups/${name}/restore`);
    expect({ status: accepted.status, ...accepted.json() }).toMatchObject({
      status: 202,
      state: 'restarting',
      items: 30,
    });
    refusedWhileUnderWay(await world.ask('POST', `/v1/backups/${name}/restore`).catch(() => null));
    await restart();
    expect(await active()).toBe(30);
    const { id } = accepted.json<{ id: string }>();
    expect((await world.ask('GET', `/v1/restores/${id}`)).json()).toMatchObject({ id, state: 'done', from: name });
    expect((await list()).lastRestore).toMatchObject({ id, state: 'done' });
    expect(readdirSync(world.cli.dataDir).filter((each) => /restore/.test(each))).toEqual([]);
    // It goes on from there.
    expect(await world.upload(exported(35, -5))).toMatchObject({ status: 'done', new: 5 });
    expect(await active()).toBe(35);
  });

  const refusedWhileUnderWay = (answer: Answer | null): void => {
    // The roles may have ended by then.
    if (answer !== null) expect(answer.json()).toMatchObject({ status: 400, detail: expect.stringMatching(/already/) });
  };

  it('bring everything back on a first run, from a file that is sent', async () => {
    const { name } = await make({ withKey: true });
    const bytes = readFileSync(path.join(folder(), name));
    const other = new ApiWorld();
    await other.start();
    try {
      const sent = await other.ask('POST', '/v1/restores?filename=my%20backup.tar', { headers: TAR, body: bytes });
      expect({ status: sent.status, ...sent.json() }).toMatchObject({ status: 202, from: 'my backup.tar', items: 30 });
      await other.stop();
      await other.start();
      const found = (await other.ask('GET', '/v1/accounts')).json<{ accounts: object[] }>();
      expect(found.accounts).toMatchObject([{ provider: 'tiktok', active: 30 }]);
      const keys = [world, other].map((each) =>
        readFileSync(path.join(each.cli.dataDir, 'encryption-key.json'), 'utf8'),
      );
      expect(keys[0]).toBe(keys[1]);
      expect(readdirSync(other.cli.dataDir).filter((each) => each.startsWith('.incoming'))).toEqual([]);
    } finally {
      await other.stop();
      other.cli.remove();
    }
  });

  it('are refused when damaged, foreign or too large, and nothing is changed', async () => {
    const { name } = await make();
    const bytes = readFileSync(path.join(folder(), name));
    const send = (body: Buffer | string): Promise<Answer> => world.ask('POST', '/v1/restores', { headers: TAR, body });
    refused(await send(''), 400, /the body is empty/);
    refused(await send('hello'), 400, /no backup of Hoardarr|cut off/);
    refused(await send(bytes.subarray(0, bytes.length - 20_000)), 400, /cut off|damaged/);
    refused(
      await send(Buffer.from(bytes.map((byte, i) => (i === 40_000 ? byte ^ 1 : byte)))),
      400,
      /uploaded\.tar is damaged/,
    );
    refused(await send(Buffer.alloc(50_000_001)), 413, /HOARDARR_RESTORE_LIMIT_BYTES/);
    writeFileSync(path.join(folder(), 'mine.tar'), 'hello');
    refused(await world.ask('POST', '/v1/backups/mine.tar/restore'), 400, /mine\.tar/);
    expect((await list()).backups.find((each) => each.name === 'mine.tar')).toMatchObject({
      problem: expect.stringContaining('mine.tar'),
    });
    expect(await active()).toBe(30);
    expect(world.app?.roles.left.aborted).toBe(false);
  });

  it('are refused when their files are of a newer version', async () => {
    const newer = path.join(world.cli.root, 'newer');
    mkdirSync(newer);
    const { openDatabase } = await import('../sqlite/open.ts');
    const { copyDatabase } = await import('../sqlite/copy.ts');
    const { writeArchive } = await import('../app/archive/write-archive.ts');
    for (const name of ['log.db', 'meta.db', 'store-1.db'])
      await copyDatabase(path.join(world.cli.dataDir, name), path.join(newer, name));
    const raw = openDatabase(path.join(newer, 'store-1.db'), {
      migrations: Array.from({ length: 99 }, () => 'SELECT 1'),
    });
    raw.close();
    for (const suffix of ['-wal', '-shm']) expect(existsSync(path.join(newer, `store-1.db${suffix}`))).toBe(false);
    await writeArchive(path.join(folder().replace(/backups$/, ''), 'newer.tar'), newer, {
      createdAt: '2026-01-01T00:00:00.000Z',
      items: 3,
    });
    const body = readFileSync(path.join(world.cli.dataDir, 'newer.tar'));
    refused(await world.ask('POST', '/v1/restores', { headers: TAR, body }), 400, /newer version of Hoardarr/);
    expect(await active()).toBe(30);
  });

  it('go back to the data of before when the new ones do not open', async () => {
    const { name } = await make();
    await world.upload(exported(40, -10));
    await world.ask('POST', `/v1/backups/${name}/restore`);
    await world.stop();
    // Damaged after it was verified.
    const work = readdirSync(world.cli.dataDir).find((each) => each.startsWith('.restore-')) ?? '';
    writeFileSync(path.join(world.cli.dataDir, work, 'meta.db'), 'no database');
    await world.start();
    expect(await active()).toBe(40);
    expect((await list()).lastRestore).toMatchObject({ state: 'failed', detail: expect.stringContaining('meta.db') });
    expect(readdirSync(world.cli.dataDir).filter((each) => /restore/.test(each))).toEqual([]);
  });

  it('are refused where another embedder is configured, with which the roles would not start on them', async () => {
    const { name } = await make();
    const bytes = readFileSync(path.join(folder(), name));
    const before = world;
    world = new ApiWorld({
      HOARDARR_EMBEDDER: 'openai',
      OPENAI_API_KEY: 'invented',
      OPENAI_BASE_URL: 'http://127.0.0.1:9/v1',
    });
    await world.start();
    refused(
      await world.ask('POST', '/v1/restores', { headers: TAR, body: bytes }),
      400,
      /vectors are of hash .* openai/,
    );
    await before.stop();
    before.cli.remove();
  });

  it('do not bring back that one was being made then, which would keep the next one waiting', async () => {
    const { name } = await make();
    expect((await world.ask('POST', `/v1/backups/${name}/restore`)).status).toBe(202);
    await restart();
    await make();
  });

  it('of a time without a password do not take the login away', async () => {
    const { name } = await make();
    const { app } = world;
    if (app === undefined) throw new Error('the world did not start');
    await new OwnerAccess(app).setPassword('correct horse battery');
    await restoreInPlace(app, path.join(folder(), name), name);
    await restart();
    expect((await world.ask('GET', '/v1/items')).status).toBe(401);
    const body = JSON.stringify({ password: 'correct horse battery' });
    expect((await world.ask('POST', '/v1/session', { headers: JSON_BODY, body })).status).toBe(204);
  });

  it('bring no session back that was ended since', async () => {
    const owner = (): OwnerAccess => {
      if (world.app === undefined) throw new Error('the world did not start');
      return new OwnerAccess(world.app);
    };
    await owner().setPassword('correct horse battery');
    const secret = (await owner().logIn('correct horse battery')) ?? '';
    expect(await owner().findSession(secret)).not.toBeNull();
    const file = path.join(folder(), 'before-logout.tar');
    mkdirSync(folder(), { recursive: true });
    expect((await world.cli.run('backup', file)).status).toBe(0);
    if (world.app !== undefined) await restoreInPlace(world.app, file, 'before-logout.tar');
    await restart();
    expect(await owner().findSession(secret)).toBeNull();
    expect(await owner().logIn('correct horse battery')).not.toBeNull();
  });

  it('have a schedule, which is checked, and kept', async () => {
    const put = (body: object): Promise<Answer> =>
      world.ask('PUT', '/v1/backups/schedule', { headers: JSON_BODY, body: JSON.stringify(body) });
    const schedule = { every: 'daily', keep: 3, withKey: true, at: '04:15' };
    expect((await put(schedule)).json()).toEqual(schedule);
    expect((await put({ keep: 5 })).json()).toEqual({ ...schedule, keep: 5 });
    expect((await list()).schedule).toEqual({ ...schedule, keep: 5 });
    for (const wrong of [{ every: 'hourly' }, { keep: 0 }, { keep: 1.5 }, { at: '25:00' }, { at: '3:30' }])
      expect((await put(wrong)).json()).toMatchObject({ ...PROBLEM, status: 400 });
    const cli = new CliWorld();
    expect((await cli.run('backup', 'schedule', '--every', 'weekly', '--at', '05:00', '--keep', '2')).json()).toEqual({
      every: 'weekly',
      keep: 2,
      withKey: false,
      at: '05:00',
    });
    expect((await cli.run('backup', 'schedule', '--at', 'noon')).status).toBe(2);
    expect((await cli.run('backup', 'schedule')).json()).toMatchObject({ every: 'weekly', at: '05:00' });
    cli.remove();
  });
});
