import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import { VERSION } from '../app/version.ts';
import { CliWorld, videos } from './run-cli.test-helper.ts';

describe('usage', () => {
  const world = new CliWorld();
  afterAll(() => world.remove());

  it.each([
    [['serch', 'x'], 2, 'Did you mean search?'],
    [['items', '--limt', '3'], 2, 'Did you mean --limit?'],
    [['items', '--limit', 'many'], 2, 'whole number'],
    [['items', '--state', 'gone'], 2, "'gone' is no state"],
    [['explain', 'tiktok', '123'], 2, 'nothing is known'],
    [['explain', 'myspace', '123'], 2, 'is no provider'],
    [['import', 'reddit', '/no/such/file'], 2, 'cannot be read'],
    [['import', 'github', 'x.json'], 2, 'has no exports'],
    [['import', 'myspace', 'x.json'], 2, 'is no provider'],
    [['connect', 'github'], 2, 'no GITHUB_CLIENT_ID is set'],
    [['connect', 'reddit'], 2, 'REDDIT_CLIENT_ID'],
    [['connect', 'tiktok'], 2, 'no connection'],
    [['sync', 'reddit'], 2, 'is not connected'],
    [['sync', 'tiktok'], 2, 'newer export'],
    [['schemas', 'register'], 2, 'no schema registry'],
    [['import', 'tiktok', '/no/such/file'], 2, 'cannot be read'],
    [['import', 'tiktok', 'x.json', '--as-of', 'soon'], 2, "'soon' is no date"],
    [['start', '--roles', 'sink,cook'], 2, "'cook' is no role"],
    [['items', '--user', 'a/b'], 2, 'cannot name a user'],
    [['items', '--after', 'nowhere'], 2, 'no place in the list'],
    [['status', '--user', 'a/b'], 2, 'cannot name a user'],
    [['held', '--user', ''], 2, 'cannot name a user'],
    [['held', 'approve', '0-1', '--user', 'a/b'], 2, 'cannot name a user'],
    [['status', '--data-dir', ''], 2, '--data-dir names no folder'],
    [[], 2, 'which command?'],
    [['keys'], 2, 'which command of `hoardarr keys`?'],
    [['dead-letter', 'redrive', '0-1'], 2, 'no dead letter'],
  ])('%j exits %i and says why, as one JSON document', async (words, status, message) => {
    const ran = await world.run(...words);
    expect(ran.status).toBe(status);
    expect(ran.json<{ error: string }>().error).toContain(message);
  });

  it('says which version it is', async () => {
    expect(await world.runWith({ json: false }, '--version')).toMatchObject({ status: 0, stdout: `${VERSION}\n` });
  });

  it('says what is wrong with the configuration', async () => {
    const wrong = new CliWorld({ HOARDARR_PROT: '1' });
    const ran = await wrong.run('status');
    expect(ran).toMatchObject({ status: 2 });
    expect(ran.json<{ error: string }>().error).toContain('did you mean HOARDARR_PORT?');
    expect((await wrong.run('doctor')).json<{ checks: object[] }>().checks).toContainEqual(
      expect.objectContaining({ name: 'configuration', ok: false }),
    );
    wrong.remove();
  });

  it('refuses another embedder, and names the command that changes to it', async () => {
    const pinned = new CliWorld();
    await pinned.run('import', 'tiktok', pinned.export('a.json', videos(2)));
    Object.assign(pinned.env, {
      HOARDARR_EMBEDDER: 'openai',
      OPENAI_BASE_URL: 'http://127.0.0.1:9/v1',
      OPENAI_EMBEDDING_MODEL: 'other-model',
    });
    const refused = await pinned.run('import', 'tiktok', path.join(pinned.root, 'a.json'));
    expect(refused.status).toBe(2);
    expect(refused.json<{ error: string }>().error).toContain('hoardarr rebuild --model other-model');
    pinned.remove();
  });

  it('says at once that a data folder cannot be made', async () => {
    const ran = await world.runWith({ json: true }, 'status', '--data-dir', '/proc/nope/data');
    expect(ran.status).toBe(2);
    expect(ran.json<{ error: string }>().error).toContain('the data folder /proc/nope/data cannot be used');
  });

  it('says that a data folder is a file, and how to mend it', async () => {
    const file = path.join(world.root, 'no-folder');
    writeFileSync(file, '');
    const ran = await world.runWith({ json: true }, 'status', '--data-dir', file);
    expect(ran.status).toBe(2);
    expect(ran.json<{ error: string }>().error).toContain(`the data folder ${file} cannot be used: it is a file`);
    const looked = await world.runWith({ json: true }, 'doctor', '--data-dir', file);
    expect(looked.json<{ checks: object[] }>().checks).toContainEqual(
      expect.objectContaining({ name: 'data folder', ok: false, detail: expect.stringContaining('--data-dir') }),
    );
  });

  it('has dead letters, keys, schemas and a doctor', async () => {
    expect((await world.run('dead-letter')).json()).toEqual({ records: [] });
    expect((await world.run('dead-letter', 'redrive')).json()).toMatchObject({ redriven: 0 });
    expect((await world.run('keys', 'rotate')).json()).toMatchObject({ rotated: 0 });
    expect((await world.run('schemas', 'check')).json<{ subjects: object[] }>().subjects[0]).toMatchObject({
      name: expect.any(String),
      compatible: true,
      version: expect.any(Number),
    });
    const checks = (await world.run('doctor')).json<{ checks: { name: string; ok: boolean; fix: null }[] }>().checks;
    expect(checks.filter((check) => !check.ok)).toEqual([]);
    expect(checks.map((check) => check.name)).toEqual(
      expect.arrayContaining([
        'node',
        'configuration',
        'sqlite',
        'data folder',
        'disk',
        'encryption key',
        'event log and store',
        'embedder',
      ]),
    );
  });

  it('prints for people without --json, and help', async () => {
    expect((await world.runWith({}, 'status')).stdout).toContain('There are no accounts yet');
    const help = await world.runWith({}, '--help');
    expect(help).toMatchObject({ status: 0, stdout: expect.stringContaining('import') });
    expect((await world.runWith({}, 'nonsense')).stderr).toContain("unknown command 'nonsense'");
  });

  it('a file that is no export removes nothing, and says what is wrong', async () => {
    const file = path.join(world.root, 'other.json');
    writeFileSync(file, JSON.stringify({ Profile: { name: 'x' } }));
    const ran = await world.run('import', 'tiktok', file);
    expect(ran.status).toBe(2);
    expect(ran.json<{ error: string }>().error).toContain('Profile');
  });
});

describe('start', () => {
  it('runs the roles, says where to go next, is found by other commands, and ends in order', async () => {
    const world = new CliWorld({ HOARDARR_PORT: '0' });
    let said = (): void => undefined;
    const ready = new Promise<void>((resolve) => {
      said = resolve;
    });
    const running = world.runWith({ onText: (text) => (text.includes('Ctrl-C') ? said() : undefined) }, 'start');
    await Promise.race([ready, running]);
    world.signal('SIGTERM');
    const ran = await running;
    expect(ran.status).toBe(0);
    expect(ran.stdout).toMatch(/http:\/\/127\.0\.0\.1:\d+\/openapi\.json/);
    expect(ran.stdout).toContain('hoardarr import tiktok');
    world.remove();
  });

  it('refuses an address that others reach without a token', async () => {
    const world = new CliWorld({ HOARDARR_HOST: '0.0.0.0', HOARDARR_PORT: '0' });
    const ran = await world.run('start');
    expect(ran.status).toBe(2);
    expect(ran.json<{ error: string }>().error).toContain('HOARDARR_API_TOKEN');
    world.remove();
  });
});
