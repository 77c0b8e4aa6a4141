import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { connect } from '../../app/use-cases/connect.ts';
import { explainItem } from '../../app/use-cases/explain.ts';
import { type SyncReport, syncAccount } from '../../app/use-cases/sync.ts';
import { createLiveProvider } from '../../producers/sync/live-provider.ts';
import { readSyncMetadata } from '../../producers/sync-metadata.ts';
import { idOf, ScriptedSource } from '../../testing/scripted-source.ts';
import { seedFor } from '../../testing/seeds.ts';
import { TopologyDriver } from '../../testing/topology/topology-driver.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const ACCOUNT = { provider: 'github', user: 'me' } as const;
const ALL = ['alpha', 'beta', 'gamma', 'delta', 'epsilon'];
const ids = (...titles: readonly string[]): readonly string[] => titles.map(idOf).sort();

describe('the sync loop on the whole pipeline', () => {
  const seed = seedFor('TOPOLOGY_SEED');
  let source: ScriptedSource;
  let driver: TopologyDriver;
  beforeEach(async () => {
    source = new ScriptedSource();
    driver = await TopologyDriver.open({
      seed,
      live: (deps) => new Map([['github', createLiveProvider(deps, source.provider())]]),
      // Only what a test asks for is synced.
      env: { HOARDARR_SYNC_INTERVAL_SECONDS: '31536000' },
    });
  });
  afterEach(() => driver.close());

  const connectWith = (token = 'good', user = 'me'): Promise<unknown> =>
    driver.run(
      connect(driver.app, {
        provider: 'github',
        user,
        how: { by: 'token', token },
        signal: new AbortController().signal,
      }),
    );
  const sync = (full = false): Promise<SyncReport> => driver.run(syncAccount(driver.app, { ...ACCOUNT, full }));
  const connectQuietly = async (): Promise<void> => {
    await connectWith();
    // The first sync is due at once: the scheduler asks for it by itself.
    await driver.run(
      (async () => {
        while ((await driver.app.store.scopes()).length === 0) await driver.app.clock.sleep(1000);
      })(),
    );
    await driver.settle();
  };

  it('brings what was saved, then only what is new, and removes by verdict what was unsaved', async () => {
    source.save(...ALL);
    await connectQuietly();
    expect(await driver.ids()).toEqual(ids(...ALL));
    const requests = source.requests;
    expect(await sync()).toMatchObject({ mode: 'delta', new: 0, removed: 0, error: null, requests: 1 });
    expect(source.requests).toBe(requests + 1);
    source.save('zeta');
    expect(await sync()).toMatchObject({ mode: 'delta', new: 1, removed: 0 });
    source.unsave('beta');
    expect(await sync()).toMatchObject({ mode: 'delta', removed: 0 });
    expect(await sync(true)).toMatchObject({ mode: 'full', fetched: 5, removed: 1, converged: true });
    expect(await driver.ids('trash')).toEqual(ids('beta'));
    const { history } = await driver.run(explainItem(driver.app, ACCOUNT, idOf('beta')));
    expect(history.find(({ event }) => event === 'removed')).toMatchObject({ evidence: { verdict: 'unsaved' } });
    source.save('beta');
    expect(await sync()).toMatchObject({ mode: 'delta', restored: 1 });
    expect(await driver.ids()).toEqual(ids(...ALL, 'zeta'));
    expect(await driver.rebuild()).toMatchObject({ match: true, embeddingCalls: 0 });
  });

  it('makes every tenth sync a full one, counts on, and embeds what was edited but not what was counted', async () => {
    source.save(...ALL);
    await connectQuietly();
    const modes: string[] = [];
    for (let n = 2; n <= 21; n++) modes.push((await sync()).mode);
    expect(modes.map((mode, index) => (mode === 'full' ? index + 2 : 0)).filter((n) => n > 0)).toEqual([10, 20]);
    const [account] = (await driver.status()).accounts;
    expect(account).toMatchObject({ syncCount: 21 });
    source.edit('alpha', { stars: 99 });
    const made = driver.parts.embedder.made.size;
    expect(await sync(true)).toMatchObject({ updated: 0, converged: true });
    expect(driver.parts.embedder.made.size).toBe(made);
    source.things = source.things.map((thing) => (thing.title === 'alpha' ? { ...thing, title: 'alpha two' } : thing));
    expect(await sync(true)).toMatchObject({ updated: 1, converged: true });
    expect(driver.parts.embedder.made.get('alpha two')).toBe(1);
  });

  it('keeps what it knows of items in one document of a collection, apart from the metadata, and none of a run that failed', async () => {
    const known = () => driver.app.metadata.list('hashes:');
    const named = async (): Promise<unknown> =>
      readSyncMetadata(ACCOUNT, (await driver.app.metadata.get('github:me'))?.value).hashesAt;
    source.save(...ALL);
    await connectQuietly();
    const [first] = await known();
    expect(Object.keys(first?.value as object).sort()).toEqual(ids(...ALL));
    expect(await named()).toEqual({ starred: first?.key });
    await sync();
    expect(await known()).toEqual([first]);
    source.save('zeta');
    source.beforePage = () => {
      throw new Error('the source is down');
    };
    await sync(true);
    expect(await known()).toEqual([first]);
    source.beforePage = () => undefined;
    await sync();
    const [second, ...others] = await known();
    expect(others).toEqual([]);
    expect(Object.keys(second?.value as object).sort()).toEqual(ids(...ALL, 'zeta'));
    expect(await named()).toEqual({ starred: second?.key });
  });

  it('removes nothing, and advances nothing, when a page fails, wherever it fails', async () => {
    source.save(...ALL);
    await connectQuietly();
    source.unsave('gamma');
    for (const bad of [0, 1]) {
      source.beforePage = (page) => {
        if (page === bad) throw new Error('the source is down');
      };
      expect(await sync(true)).toMatchObject({ removed: 0, error: 'the source is down' });
    }
    expect(await driver.ids()).toEqual(ids(...ALL));
    source.beforePage = () => {};
    expect(await sync(true)).toMatchObject({ removed: 1, converged: true });
  });

  it('believes no answer while a control id does not come back as saved', async () => {
    source.save(...ALL);
    await connectQuietly();
    source.unsave('gamma');
    source.lie = () => ({ answer: 'unsaved', saved: false });
    expect(await sync(true)).toMatchObject({ removed: 0, suspect: 0, error: null });
    source.lie = null;
    expect(await sync(true)).toMatchObject({ removed: 1 });
  });

  it('takes nothing of a list that is suddenly someone else’s, nor of another login', async () => {
    source.save(...ALL);
    await connectQuietly();
    const mine = source.things;
    source.things = [];
    source.login = 'login-2';
    source.save('theirs', 'also theirs');
    expect(await sync(true)).toMatchObject({ new: 0, removed: 0, error: expect.stringContaining('another login') });
    await expect(connectWith()).rejects.toThrow('is bound to');
    source.login = 'login-1';
    source.things = mine;
    expect(await sync(true)).toMatchObject({ new: 0, removed: 0, converged: true });
    expect(await driver.ids()).toEqual(ids(...ALL));
  });

  it('waits for a second answer before it removes more than the guard lets go', async () => {
    const many = Array.from({ length: 60 }, (_, n) => `thing ${n}`);
    source.pageItems = 100;
    source.save(...many);
    await connectQuietly();
    source.unsave(...many.slice(0, 30));
    const first = await sync(true);
    expect(first.removed + first.suspect).toBe(30);
    expect(first.suspect).toBeGreaterThan(0);
    expect(await sync(true)).toMatchObject({ removed: 0, suspect: first.suspect });
    await driver.leap(11 * 60_000);
    expect(await sync(true)).toMatchObject({ removed: first.suspect, suspect: 0, converged: true });
  });

  it('holds for a person where the list is empty', async () => {
    source.save(...ALL);
    await connectQuietly();
    source.things = [];
    expect(await sync(true)).toMatchObject({ removed: 0, held: ALL.length });
    expect(await driver.ids('held')).toEqual(ids(...ALL));
  });

  it('asks to be connected again when the token is refused, and goes on by itself after that', async () => {
    source.save(...ALL);
    await connectQuietly();
    source.tokens.clear();
    expect(await sync(true)).toMatchObject({ removed: 0, needsReauth: true, error: expect.stringContaining('token') });
    expect((await driver.status()).accounts[0]).toMatchObject({ needsReauth: true });
    source.save('omega');
    await driver.leap(2 * DAY_MS);
    expect(await driver.ids()).toEqual(ids(...ALL));
    source.tokens.add('better');
    await connectWith('better');
    await driver.advance(60_000);
    await driver.settle();
    expect((await driver.status()).accounts[0]).toMatchObject({ needsReauth: false });
    expect(await driver.ids()).toEqual(ids(...ALL, 'omega'));
  });

  it('keeps an item that is saved while the list is walked, and whose page had gone by', async () => {
    source.save(...ALL);
    await connectQuietly();
    source.beforePage = (page) => {
      if (page === 1) source.save('late');
    };
    await sync(true);
    source.beforePage = () => {};
    await sync();
    expect(await driver.ids()).toEqual(ids(...ALL, 'late'));
    expect(await sync(true)).toMatchObject({ removed: 0, converged: true });
  });

  it('works for an account in one producer at a time', async () => {
    source.save(...ALL);
    await connectQuietly();
    const other = await driver.another('producer');
    let walking = 0;
    let most = 0;
    source.beforePage = async () => {
      walking++;
      most = Math.max(most, walking);
      await driver.app.clock.sleep(100);
      walking--;
    };
    const reports = await driver.run(
      Promise.all([0, 1, 2, 3].map(() => syncAccount(driver.app, { ...ACCOUNT, full: true }))),
    );
    expect(reports.map(({ error }) => error)).toEqual([null, null, null, null]);
    expect(most).toBe(1);
    await driver.run(other.stop());
  });

  it('shows no token in anything that it wrote', async () => {
    source.tokens.add('SECRET-TOKEN-8471');
    source.save(...ALL);
    await connectWith('SECRET-TOKEN-8471');
    await sync(true);
    source.tokens.delete('SECRET-TOKEN-8471');
    await sync(true);
    const written: string[] = [...driver.parts.lines, JSON.stringify(await driver.app.metadata.list(''))];
    for (const topic of ['ingest', 'enriched', 'commands', 'outcomes', 'dead-letter'] as const) {
      for (const { partition } of await driver.app.log.ends(topic)) {
        const records = await driver.app.log.read(topic, partition, 0, { records: 10_000 });
        written.push(...records.map(({ key, value }) => `${key} ${Buffer.from(value ?? []).toString('latin1')}`));
      }
    }
    expect(written.length).toBeGreaterThan(20);
    expect(written.filter((text) => text.includes('SECRET-TOKEN-8471'))).toEqual([]);
  });
});
