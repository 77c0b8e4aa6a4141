import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { connect } from '../app/use-cases/connect.ts';
import { FakeGitHub } from '../testing/fake-github/fake-github.ts';
import type { FakeLogin } from '../testing/fake-github/world.ts';
import { ApiWorld, PROBLEM } from './api-world.test-helper.ts';

const TOKEN = 'github_pat_invented0123456789';
const SYNCS = '/v1/accounts/github/me/syncs';
const JSON_BODY = { 'content-type': 'application/json' };

interface Run {
  readonly commandId: string | null;
  readonly status: string;
  readonly mode: string;
  readonly counts: Readonly<Record<string, number>>;
}

describe('connected accounts over HTTP', () => {
  const github = new FakeGitHub();
  let world: ApiWorld;
  let me: FakeLogin;
  beforeAll(async () => {
    await github.listen();
    me = github.world.login(7, 'me-myself', TOKEN);
    for (let id = 1; id <= 5; id++) github.world.star(me, id);
    world = new ApiWorld({ GITHUB_API_URL: github.origin, HOARDARR_SYNC_INTERVAL_SECONDS: '31536000' });
    await world.start();
  });
  afterAll(async () => {
    await world.stop();
    await github.close();
    world.cli.remove();
  });

  const account = async (): Promise<Record<string, unknown>> => {
    const { accounts } = (await world.ask('GET', '/v1/accounts')).json<{ accounts: Record<string, unknown>[] }>();
    return accounts[0] ?? {};
  };
  const until = async (holds: () => Promise<boolean>): Promise<void> => {
    while (!(await holds())) await new Promise((resolve) => setTimeout(resolve, 20));
  };
  /** The events of the stream, until one fits. */
  const watch = async (last: (run: Run) => boolean, act: () => Promise<void>): Promise<readonly Run[]> => {
    const stop = new AbortController();
    const response = await fetch(`${world.url.origin}/v1/events`, { signal: stop.signal });
    const runs: Run[] = [];
    const decoder = new TextDecoder();
    let text = '';
    let hasActed = false;
    for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
      text += decoder.decode(chunk, { stream: true });
      if (!hasActed && text.includes(': connected')) {
        hasActed = true;
        await act();
      }
      const blocks = text.split('\n\n');
      text = blocks.pop() ?? '';
      for (const block of blocks) {
        const data = /^event: sync\ndata: (.*)$/m.exec(block)?.[1];
        if (data !== undefined) runs.push(JSON.parse(data) as Run);
      }
      if (runs.some(last)) break;
    }
    stop.abort();
    return runs;
  };

  it('cannot be synced before they are connected, nor where there is nothing to connect to', async () => {
    for (const [path, status] of [
      [SYNCS, 404],
      ['/v1/accounts/tiktok/me/syncs', 400],
      ['/v1/accounts/nowhere/me/syncs', 400],
      ['/v1/accounts/github/no%20name/syncs', 400],
    ] as const) {
      const answer = await world.ask('POST', path);
      expect({ path, status: answer.status }).toEqual({ path, status });
      expect(answer.json()).toMatchObject({ ...PROBLEM, status });
    }
  });

  it('are synced when asked, which the stream of events tells of', async () => {
    if (world.app === undefined) throw new Error('it was started');
    const { signal } = new AbortController();
    await connect(world.app, { provider: 'github', user: 'me', how: { by: 'token', token: TOKEN }, signal });
    await until(async () => (await account())['lastSyncAt'] !== null && (await account())['active'] === 5);
    github.world.star(me, 6);
    let commandId = '';
    const runs = await watch(
      (run) => run.commandId === commandId && run.status === 'settled',
      async () => {
        const answer = await world.ask('POST', SYNCS, { headers: JSON_BODY, body: '{"full":true}' });
        expect(answer.status).toBe(202);
        expect(answer.json()).toMatchObject({ provider: 'github', user: 'me', full: true });
        ({ commandId } = answer.json<{ commandId: string }>());
      },
    );
    expect(runs.at(-1)).toMatchObject({ mode: 'full', status: 'settled', counts: { new: 1 } });
    expect(await account()).toMatchObject({
      active: 6,
      login: '7',
      loginName: 'me-myself',
      connected: true,
      paused: false,
      needsReauth: false,
      nextSyncAt: expect.stringMatching(/^\d{4}-/),
      lastError: null,
    });
    expect((await world.ask('POST', SYNCS)).json()).toMatchObject({ full: false });
  });

  it('refuse a body that is none', async () => {
    for (const body of ['{"full":"yes"}', '{"fulll":true}', '[]', '{']) {
      const answer = await world.ask('POST', SYNCS, { headers: JSON_BODY, body });
      expect({ body, status: answer.status }).toEqual({ body, status: 400 });
      expect(answer.json()).toMatchObject(PROBLEM);
    }
  });

  it('are described', async () => {
    const { paths } = (await world.ask('GET', '/openapi.json')).json<{ paths: Record<string, unknown> }>();
    expect(paths['/v1/accounts/{provider}/{user}/syncs']).toMatchObject({
      post: { responses: { 202: {}, 400: {}, 404: {} } },
    });
  });

  it('say that they have to be connected again, and count it', async () => {
    github.world.tokens.clear();
    await watch(
      (run) => run.status === 'aborted',
      async () => void (await world.ask('POST', SYNCS)),
    );
    await until(async () => (await account())['needsReauth'] === true);
    expect(await account()).toMatchObject({ nextSyncAt: null, lastError: expect.stringContaining('token'), active: 6 });
    const metrics = (await world.ask('GET', '/metrics')).text;
    for (const line of [
      'hoardarr_needs_reauth{provider="github",user="me"} 1',
      'hoardarr_syncs_total{provider="github",mode="delta",outcome="needs_reauth"} 1',
      /hoardarr_syncs_total\{provider="github",mode="full",outcome="done"\} \d/,
      /hoardarr_provider_requests_total\{provider="github",status="2xx"\} \d/,
      /hoardarr_provider_requests_total\{provider="github",status="4xx"\} \d/,
      /hoardarr_rate_limit_remaining_requests\{provider="github",resource="core"\} 49\d\d/,
      '# HELP hoardarr_needs_reauth 1 where an account has to be connected again, else 0',
    ])
      expect(metrics).toEqual(typeof line === 'string' ? expect.stringContaining(line) : expect.stringMatching(line));
    expect(metrics + world.logs).not.toContain(TOKEN);
  });
});
