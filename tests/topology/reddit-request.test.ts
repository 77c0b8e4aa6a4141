import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { ImportReport } from '../../app/use-cases/import-export.ts';
import { FakeReddit } from '../../testing/fake-reddit/fake-reddit.ts';
import { shapeOf } from '../../testing/fake-reddit/shapes.ts';
import type { FakeRedditor } from '../../testing/fake-reddit/world.ts';
import { makeZip } from '../../testing/make-zip.ts';
import { type InventedLink, savedCsv } from '../../testing/reddit-requests.ts';
import { seedFor } from '../../testing/seeds.ts';
import { connectAndSync, openSyncDriver, syncNow } from '../../testing/topology/sync-driver.ts';
import type { TopologyDriver } from '../../testing/topology/topology-driver.ts';

const REFRESH = 'invented-refresh-token';
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

describe('a data request of Reddit, on the whole pipeline', () => {
  const seed = seedFor('TOPOLOGY_SEED');
  let reddit: FakeReddit;
  let me: FakeRedditor;
  let driver: TopologyDriver;
  const open = (env: Record<string, string> = {}): Promise<TopologyDriver> =>
    openSyncDriver({
      seed,
      service: reddit,
      env: {
        REDDIT_API_URL: reddit.origin,
        REDDIT_AUTH_URL: reddit.origin,
        REDDIT_CLIENT_ID: reddit.clientId,
        REDDIT_CLIENT_SECRET: reddit.clientSecret,
        ...env,
      },
    });
  beforeEach(async () => {
    reddit = new FakeReddit(() => driver.app.clock.now(), seed);
    me = reddit.world.redditor('2abc', 'me_myself', REFRESH);
    driver = await open();
  });
  afterEach(() => driver.close());

  const saveAll = (count: number, from = 0): void => {
    for (let n = from; n < from + count; n++) reddit.world.save(me, reddit.world.thing(n).name);
  };
  const sorted = (names: readonly string[]): readonly string[] => [...names].sort();
  const linkOf = (name: string): InventedLink => {
    const thing = reddit.world.things.get(name);
    if (thing === undefined) throw new Error(`there is no ${name}`);
    const { data } = shapeOf(thing, true, false) as { readonly data: { readonly permalink: string } };
    return { id: name.slice(3), permalink: `https://www.reddit.com${data.permalink}` };
  };
  const csvOf = (kind: 't1' | 't3', names: readonly string[] = me.saved): string =>
    savedCsv(names.filter((name) => name.startsWith(kind)).map(linkOf));
  /** What Reddit would give now, or what it gave of these. */
  const importZip = (asOf: number, names: readonly string[] = me.saved): Promise<ImportReport> =>
    driver.import(
      makeZip([
        { name: 'saved_posts.csv', data: csvOf('t3', names) },
        { name: 'saved_comments.csv', data: csvOf('t1', names) },
      ]),
      { provider: 'reddit', name: 'export.zip', asOf },
    );
  const now = (): number => driver.app.clock.now();

  it('brings what the listing does not show, and from then on exactly what is unsaved goes', async () => {
    saveAll(1400);
    await connectAndSync(driver, 'reddit', { by: 'token', token: REFRESH });
    expect(await driver.ids()).toEqual(sorted(me.listing));
    expect(me.listing).toHaveLength(1000);
    const asked = reddit.requests.length;
    expect(await importZip(now())).toMatchObject({
      provider: 'reddit',
      collection: 'saved',
      processed: 1400,
      new: 400,
      unchanged: 1000,
      removed: 0,
      held: 0,
      failed: 0,
      converged: true,
      warnings: [],
    });
    await driver.settle();
    expect(await driver.ids()).toEqual(sorted(me.saved));
    expect((await driver.items()).filter(({ stub }) => stub)).toEqual([]);
    expect(reddit.requests.length - asked).toBeLessThanOrEqual(12);

    const unsaved = [2, 500, 999, 1000, 1200, 1399].flatMap((place) => me.saved[place] ?? []);
    reddit.world.unsave(me, ...unsaved);
    saveAll(150, 1400);
    expect(await syncNow(driver, 'reddit', true)).toMatchObject({ new: 150, removed: 6, error: null });
    expect(await driver.ids()).toEqual(sorted(me.saved));
    expect(await driver.ids('trash')).toEqual(sorted(unsaved));
    expect(await driver.rebuild()).toMatchObject({ match: true, embeddingCalls: 0 });
  });

  it('asks about what a later one lacks, and removes nothing that is still saved', async () => {
    saveAll(300);
    await connectAndSync(driver, 'reddit', { by: 'token', token: REFRESH });
    await importZip(now());
    await driver.leap(DAY_MS);
    const [gone, kept] = [me.saved[20] ?? '', me.saved[120] ?? ''];
    reddit.world.unsave(me, gone);
    // The file is wrong about one, and its absence is not believed.
    const report = await importZip(
      now(),
      me.saved.filter((name) => name !== kept),
    );
    expect(report).toMatchObject({ removed: 1, held: 0 });
    expect(await driver.ids('trash')).toEqual([gone]);
    expect(await driver.ids()).toEqual(sorted(me.saved));
  });

  it('is no reason to miss what it showed as unsaved, and is saved again', async () => {
    saveAll(300);
    await connectAndSync(driver, 'reddit', { by: 'token', token: REFRESH });
    await driver.leap(HOUR_MS);
    const again = me.saved[200] ?? '';
    reddit.world.unsave(me, again);
    expect(await importZip(now())).toMatchObject({ removed: 1 });
    expect(await driver.ids('trash')).toEqual([again]);
    reddit.world.save(me, again);
    expect(await syncNow(driver, 'reddit')).toMatchObject({ mode: 'delta', restored: 1, error: null });
    expect(await driver.ids()).toEqual(sorted(me.saved));
    expect(await syncNow(driver, 'reddit')).toMatchObject({ mode: 'delta', restored: 0, requests: 1 });
  });

  it('does not deny what was saved after it was made', async () => {
    saveAll(60);
    const [made, names] = [now(), me.saved];
    await driver.leap(10 * DAY_MS);
    saveAll(30, 60);
    await connectAndSync(driver, 'reddit', { by: 'token', token: REFRESH });
    const asked = reddit.requests.length;
    expect(await importZip(made, names)).toMatchObject({ new: 0, removed: 0, held: 0, converged: true });
    expect(await driver.ids()).toEqual(sorted(me.saved));
    expect(reddit.requests.length).toBe(asked);
  });

  it('brings nothing back for good that was unsaved after it was made', async () => {
    saveAll(100);
    const [made, names] = [now(), me.saved];
    const [early, late] = [names.slice(3, 6), names.slice(30, 35)];
    await driver.leap(DAY_MS);
    reddit.world.unsave(me, ...early);
    await connectAndSync(driver, 'reddit', { by: 'token', token: REFRESH });
    reddit.world.unsave(me, ...late);
    expect(await syncNow(driver, 'reddit', true)).toMatchObject({ removed: 5 });
    // It says that they were saved once; what is so now is for the next list and the answers to say.
    expect(await importZip(made, names)).toMatchObject({ new: 3, restored: 5, removed: 0 });
    await driver.leap(HOUR_MS);
    await syncNow(driver, 'reddit', true);
    expect(await driver.ids()).toEqual(sorted(me.saved));
    expect(await driver.ids('trash')).toEqual(sorted([...early, ...late]));
  });

  it('is found by the words of its addresses, and gets its content in hundreds once the account is connected', async () => {
    // Of what the list does not show, only one is asked about as a candidate: the others are fetched because they are stubs.
    await driver.close();
    driver = await open({ HOARDARR_RECHECK_LIMIT: '1' });
    reddit.world.cap = 850;
    saveAll(1400);
    expect(await importZip(now())).toMatchObject({ new: 1400, removed: 0, failed: 0, converged: true });
    expect(reddit.requests).toEqual([]);
    const stubs = await driver.items();
    expect(stubs).toHaveLength(1400);
    expect(
      stubs.every(({ stub, hasVector, url }) => stub && hasVector && url?.startsWith('https://www.reddit.com/r/')),
    ).toBe(true);
    expect(await driver.search('invented post')).not.toEqual([]);
    const words = driver.parts.embedder.made.size;

    // For days nobody can be asked, and nobody is.
    await driver.leap(3 * DAY_MS);
    await driver.advance(120_000);
    expect(reddit.requests).toEqual([]);
    await connectAndSync(driver, 'reddit', { by: 'token', token: REFRESH });
    await driver.advance(120_000);
    await driver.settle();
    const infos = reddit.requests.flatMap(({ query }) => new URLSearchParams(query).get('id') ?? []);
    const hundreds = infos.filter((ids) => !ids.startsWith('t3_zz')).map((ids) => ids.split(',').length);
    // Beside the one candidate with its controls: what the first listing did not show.
    expect(hundreds.filter((ids) => ids > 3)).toEqual([100, 100, 100, 100, 100, 49]);
    const items = await driver.items();
    expect(items.filter(({ stub }) => stub)).toEqual([]);
    expect(items.find(({ itemId }) => itemId === reddit.world.thing(7).name)?.title).toContain('Invented thread');
    expect(items.find(({ itemId }) => itemId === reddit.world.thing(8).name)?.title).toBe('Invented post number 8');
    // The words of an address once, and then what was fetched once.
    expect(Math.max(...driver.parts.embedder.made.values())).toBe(1);
    expect(driver.parts.embedder.made.size).toBeGreaterThan(words);
    expect(await driver.rebuild()).toMatchObject({ match: true, embeddingCalls: 0 });
  });

  it('removes by itself where nobody can be asked, within its kinds and dates', async () => {
    saveAll(80);
    const [made, before] = [now(), me.saved];
    await importZip(made);
    await driver.leap(DAY_MS);
    const gone = before.filter((name) => name.startsWith('t3_')).slice(10, 13);
    reddit.world.unsave(me, ...gone);
    const posts = { provider: 'reddit', name: 'saved_posts.csv' };
    const undated = await driver.import(csvOf('t3'), posts);
    expect(undated).toMatchObject({ removed: 0, converged: null, asOf: null });
    expect(undated.warnings.join()).toContain('--as-of');
    // The undated one may have been made a moment ago, so only a later one can deny what it held.
    await driver.leap(DAY_MS);
    const dated = await driver.import(csvOf('t3'), { ...posts, asOf: now() });
    expect(dated).toMatchObject({ removed: 3, held: 0, converged: true });
    expect(await driver.ids('trash')).toEqual(sorted(gone));
    expect(await driver.ids()).toEqual(sorted(me.saved));
    const older = await importZip(made, before);
    expect(older).toMatchObject({ new: 0, removed: 0, restored: 0 });
    expect(older.warnings.join()).toContain('older');
    expect(await driver.ids()).toEqual(sorted(me.saved));
  });
});
