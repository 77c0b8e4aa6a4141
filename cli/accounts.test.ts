import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { FakeGitHub } from '../testing/fake-github/fake-github.ts';
import type { FakeLogin } from '../testing/fake-github/world.ts';
import { FakeReceiver } from '../testing/fake-receiver/fake-receiver.ts';
import { FakeReddit } from '../testing/fake-reddit/fake-reddit.ts';
import { CliWorld, type Ran, videos } from './run-cli.test-helper.ts';

const TOKEN = 'github_pat_invented';
const REFRESH = 'invented-refresh-token';

interface Account {
  readonly needsReauth: boolean;
  readonly lastError: string | null;
}

interface Check {
  readonly name: string;
  readonly ok: boolean;
  readonly detail: string;
  readonly fix: string | null;
}

describe('connected accounts on the command line', () => {
  const services = { github: new FakeGitHub(), reddit: new FakeReddit(), receiver: new FakeReceiver() };
  let world: CliWorld;
  let me: FakeLogin;
  beforeEach(async () => {
    services.github = await new FakeGitHub().listen();
    services.reddit = await new FakeReddit().listen();
    services.receiver = await new FakeReceiver().listen();
    const { github, reddit, receiver } = services;
    me = github.world.login(7, 'me-myself', TOKEN);
    for (let id = 1; id <= 5; id++) github.world.star(me, id);
    const redditor = reddit.world.redditor('2abc', 'me_myself', REFRESH);
    for (let n = 0; n < 5; n++) reddit.world.save(redditor, reddit.world.thing(n).name);
    world = new CliWorld({
      GITHUB_API_URL: github.origin,
      REDDIT_API_URL: reddit.origin,
      REDDIT_AUTH_URL: reddit.origin,
      REDDIT_CLIENT_ID: reddit.clientId,
      REDDIT_CLIENT_SECRET: reddit.clientSecret,
      HOARDARR_NOTIFY_URL: `${receiver.origin}/secret-path-8471`,
    });
  });
  afterEach(async () => {
    await Promise.all(Object.values(services).map((service) => service.close()));
    world.remove();
  });

  const connect = (provider: string, token: string, ...words: readonly string[]): Promise<Ran> =>
    world.runWith({ json: true, stdin: `${token}\n` }, 'connect', provider, '--token-stdin', ...words);
  const account = async (): Promise<Account | undefined> =>
    (await world.run('status')).json<{ accounts: Account[] }>().accounts[0];
  const ailing = async (): Promise<readonly Check[]> => {
    const ran = await world.run('doctor');
    const { checks } = ran.json<{ checks: Check[] }>();
    expect(ran.status).toBe(checks.every(({ ok }) => ok) ? 0 : 1);
    return checks.filter(({ ok }) => !ok);
  };

  it.each(['github', 'reddit'] as const)(
    '%s: revoked, a sync exits 3, somebody is told once, and connected again it goes on',
    async (provider) => {
      const { github, reddit, receiver } = services;
      const again = `hoardarr connect ${provider} --user me`;
      const [token, better] =
        provider === 'github' ? [TOKEN, 'github_pat_better'] : [REFRESH, 'a-better-refresh-token'];
      expect(await connect(provider, token)).toMatchObject({ status: 0 });
      expect((await world.run('sync', provider)).json()).toMatchObject({
        fetched: 5,
        new: 5,
        unchanged: 0,
        error: null,
      });
      for (const tokens of [github.world.tokens, reddit.world.accessTokens, reddit.world.refreshTokens]) tokens.clear();
      for (let n = 0; n < 2; n++) {
        const ran = await world.run('sync', provider, '--full');
        expect(ran.status).toBe(3);
        expect(ran.json()).toMatchObject({ removed: 0, needsReauth: true, error: expect.any(String) });
      }
      expect(receiver.received.map(({ fields }) => fields['event'])).toEqual(['needs-reauth']);
      expect(await account()).toMatchObject({ needsReauth: true, nextSyncAt: null, active: 5 });
      expect((await world.runWith({}, 'status')).stdout).toContain(`\`${again}\``);
      expect(await ailing()).toMatchObject([{ name: `account ${provider}/me`, fix: again }]);
      expect(await connect(provider, token)).toMatchObject({ status: 2 });
      github.world.tokens.set(better, me.id);
      reddit.world.refreshTokens.set(better, '2abc');
      expect(await connect(provider, better)).toMatchObject({ status: 0 });
      expect(await account()).toMatchObject({ needsReauth: false, lastError: null });
      expect(await world.run('sync', provider)).toMatchObject({ status: 0 });
      expect(await ailing()).toEqual([]);
    },
  );

  it('pause, resume, disconnect and connect again', async () => {
    const { github } = services;
    await connect('github', TOKEN);
    expect((await world.run('pause', 'github')).json()).toMatchObject({ provider: 'github', user: 'me', paused: true });
    expect((await world.run('cadence', 'github', '6h')).json()).toEqual({
      provider: 'github',
      user: 'me',
      paused: true,
      cadenceMs: 21_600_000,
    });
    expect((await world.run('cadence', 'github', 'default')).json()).toMatchObject({ cadenceMs: 900_000 });
    for (const every of ['often', '0m', '30', '366d', ''])
      expect(await world.run('cadence', 'github', every)).toMatchObject({ status: 2 });
    expect((await world.run('sync', 'github')).json()).toMatchObject({ new: 5, error: null });
    expect((await world.run('disconnect', 'github')).json()).toMatchObject({ erased: 0 });
    const ran = await world.run('sync', 'github');
    expect(ran).toMatchObject({ status: 2 });
    expect(ran.json()).toEqual({ error: expect.stringContaining('not connected') });
    github.world.login(8, 'somebody', 'github_pat_other');
    expect((await connect('github', 'github_pat_other')).json()).toEqual({
      error: expect.stringContaining('bound to'),
    });
    expect(await connect('github', 'github_pat_other', '--user', 'two')).toMatchObject({ status: 0 });
    await connect('github', TOKEN);
    expect(await account()).toMatchObject({ paused: false, connected: true });
    expect((await world.run('disconnect', 'github', '--erase')).json()).toMatchObject({ erased: 5 });
    expect((await world.run('items')).json()).toMatchObject({ items: [] });
    for (const words of [
      ['pause', 'nowhere'],
      ['resume', 'reddit'],
      ['disconnect', 'reddit'],
    ])
      expect(await world.run(...words)).toMatchObject({ status: 2 });
  });

  it('are looked at by the doctor: settings, address, clock, keys', async () => {
    const { github, reddit } = services;
    await connect('github', TOKEN);
    await connect('reddit', REFRESH);
    expect(await ailing()).toEqual([]);
    const late = new Date(Date.now() - 95_000).toUTCString();
    github.before = () => (reply) => ({ ...reply, headers: { ...reply.headers, date: late } });
    expect(await ailing()).toMatchObject([
      {
        name: 'clock against github',
        detail: expect.stringMatching(/9[4-6] s ahead/),
        fix: expect.stringContaining('NTP'),
      },
    ]);
    github.before = () => undefined;
    delete world.env['REDDIT_CLIENT_ID'];
    expect(await ailing()).toMatchObject([
      { name: 'reddit settings', detail: 'REDDIT_CLIENT_ID is not set', fix: expect.stringContaining('data-request') },
    ]);
    world.env['REDDIT_CLIENT_ID'] = reddit.clientId;
    await github.close();
    expect(await ailing()).toMatchObject([
      { name: 'github api', detail: expect.stringMatching(/does not answer: (ECONN|UND_ERR)/) },
    ]);
    world.env['HOARDARR_ENCRYPTION_KEY'] = Buffer.alloc(32, 1).toString('base64');
    expect((await ailing()).map(({ name }) => name)).toEqual(['github api', 'account github/me', 'account reddit/me']);
  });

  it('have company in accounts that live of exports: of their held removals somebody is told, too', async () => {
    await world.run('import', 'tiktok', world.export('all.json', videos(40)));
    const few = world.export('few.json', videos(1));
    expect((await world.run('import', 'tiktok', few)).json()).toMatchObject({ held: 39 });
    await world.run('held');
    expect(services.receiver.received.map(({ title, fields }) => [title, fields['event']])).toEqual([
      ['39 removals wait for you', 'held'],
    ]);
  });

  it('cannot be connected with what is no token', async () => {
    for (const token of ['', 'two words', 'wrong']) {
      const ran = await connect('github', token);
      expect(ran).toMatchObject({ status: 2 });
      expect(ran.stdout).not.toContain('wrong');
    }
    expect(await world.run('connect', 'tiktok')).toMatchObject({ status: 2 });
    expect((await world.run('connect', 'github')).json()).toEqual({ error: expect.stringContaining('--token-stdin') });
    expect((await world.run('sync', 'github')).json()).toEqual({ error: expect.stringContaining('hoardarr connect') });
  });
});
