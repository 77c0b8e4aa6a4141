import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { disconnect, setAccount } from '../../app/use-cases/accounts.ts';
import { connect } from '../../app/use-cases/connect.ts';
import type { AccountStatus } from '../../app/use-cases/status.ts';
import { type SyncReport, syncAccount } from '../../app/use-cases/sync.ts';
import { createLiveProvider } from '../../producers/sync/live-provider.ts';
import { idOf, ScriptedSource } from '../../testing/scripted-source.ts';
import { seedFor } from '../../testing/seeds.ts';
import { TopologyDriver } from '../../testing/topology/topology-driver.ts';

const HOUR_MS = 3_600_000;
const ACCOUNT = { provider: 'github', user: 'me' } as const;
const ALL = ['alpha', 'beta', 'gamma', 'delta', 'epsilon'];
const ids = (...titles: readonly string[]): readonly string[] => titles.map(idOf).sort();

describe('an account, from connecting it to letting it go', () => {
  const seed = seedFor('TOPOLOGY_SEED');
  let source: ScriptedSource;
  let driver: TopologyDriver;
  beforeEach(async () => {
    source = new ScriptedSource();
    driver = await TopologyDriver.open({
      seed,
      live: (deps) => new Map([['github', createLiveProvider(deps, source.provider())]]),
      env: { HOARDARR_SYNC_INTERVAL_SECONDS: '3600' },
    });
    source.save(...ALL);
    await connectWith('good');
    await nextSync();
  });
  afterEach(() => driver.close());

  const connectWith = (token: string, user = 'me'): Promise<unknown> => {
    const { signal } = new AbortController();
    return driver.run(connect(driver.app, { ...ACCOUNT, user, how: { by: 'token', token }, signal }));
  };
  const sync = (full = false, user = 'me'): Promise<SyncReport> =>
    driver.run(syncAccount(driver.app, { ...ACCOUNT, user, full }));
  const letGo = (erase: boolean): ReturnType<typeof disconnect> =>
    driver.run(disconnect(driver.app, 'github', 'me', erase));
  const account = async (): Promise<AccountStatus> => {
    const [first] = (await driver.status()).accounts;
    if (first === undefined) throw new Error('there is no account');
    return first;
  };
  /** The scheduler asks by itself, and all of it is applied. */
  const nextSync = async (): Promise<void> => {
    const requests = source.requests;
    await driver.parts.clock.runUntil(() => source.requests > requests);
    await driver.settle();
  };

  it('asks nobody any more once it is disconnected, and goes on by itself once it is connected again', async () => {
    await letGo(false);
    expect(await account()).toMatchObject({ login: 'login-1', paused: true, needsReauth: false, active: ALL.length });
    const requests = source.requests;
    source.unsave('beta');
    source.save('zeta');
    await expect(sync()).rejects.toThrow('is not connected');
    await driver.advance(3 * HOUR_MS);
    await driver.settle();
    expect(source.requests).toBe(requests);
    expect(await driver.ids()).toEqual(ids(...ALL));
    await connectWith('good');
    await nextSync();
    expect(await account()).toMatchObject({ paused: false, lastError: null });
    expect(await sync(true)).toMatchObject({ error: null, converged: true });
    expect(await driver.ids()).toEqual(ids('alpha', 'gamma', 'delta', 'epsilon', 'zeta'));
    expect(await driver.app.telemetry.metrics.registry.metrics()).toContain(
      'hoardarr_recheck_answers_total{provider="github",answer="unsaved"} 1',
    );
  });

  it('loses what was taken out as any other does, whose runs number their records alike', async () => {
    await connectWith('good', 'other');
    await nextSync();
    source.unsave('beta');
    for (const user of ['me', 'other'])
      expect(await sync(true, user)).toMatchObject({ error: null, removed: 1, converged: true });
    expect((await driver.status()).accounts.map(({ active }) => active)).toEqual([ALL.length - 1, ALL.length - 1]);
  });

  it('ends a run under way when it is disconnected, which nobody waits for in vain', async () => {
    source.beforePage = () => driver.app.clock.sleep(30_000);
    const running = syncAccount(driver.app, { ...ACCOUNT, full: true });
    const requests = source.requests;
    await driver.parts.clock.runUntil(() => source.requests > requests);
    await letGo(false);
    expect(await driver.run(running)).toMatchObject({
      removed: 0,
      error: expect.stringContaining('was disconnected'),
      needsReauth: false,
    });
  });

  it('erases everything, and stays bound to its login', async () => {
    expect(await letGo(true)).toMatchObject({ erased: ALL.length });
    expect(await driver.ids()).toEqual([]);
    expect(await driver.ids('purged')).toEqual(ids(...ALL));
    const document = await driver.app.metadata.get('github:me');
    expect(await driver.app.metadata.list('hashes:')).toEqual([]);
    expect(document?.value).toMatchObject({ hashesAt: {}, cursor: {}, credentialKind: null, accessToken: null });
    source.login = 'login-2';
    await expect(connectWith('good')).rejects.toThrow('is bound to');
  });

  it('is not synced by the scheduler while it is paused, but when somebody asks', async () => {
    await driver.run(setAccount(driver.app, 'github', 'me', { paused: true }));
    const requests = source.requests;
    source.save('zeta');
    await driver.advance(3 * HOUR_MS);
    expect(source.requests).toBe(requests);
    expect(await sync()).toMatchObject({ new: 1, error: null });
    await driver.run(setAccount(driver.app, 'github', 'me', { paused: false }));
    source.save('eta');
    await nextSync();
    expect(await driver.ids()).toEqual(ids(...ALL, 'zeta', 'eta'));
  });

  it('says why its latest sync was aborted, until one is done', async () => {
    source.beforePage = () => {
      throw new Error('the source is down');
    };
    expect(await sync()).toMatchObject({ error: 'the source is down' });
    expect(await account()).toMatchObject({ lastError: 'the source is down', needsReauth: false });
    source.beforePage = () => {};
    await sync();
    expect(await account()).toMatchObject({ lastError: null });
  });
});
