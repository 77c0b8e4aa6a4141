import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { writeBackupState } from '../../app/backup-schedule.ts';
import { connect } from '../../app/use-cases/connect.ts';
import { type SyncReport, syncAccount } from '../../app/use-cases/sync.ts';
import type { MetadataDocument } from '../../core/ports/metadata-store.ts';
import { createLiveProvider } from '../../producers/sync/live-provider.ts';
import { FakeReceiver } from '../../testing/fake-receiver/fake-receiver.ts';
import { FAULTS } from '../../testing/fake-service/fake-service.ts';
import { ScriptedSource } from '../../testing/scripted-source.ts';
import { seedFor } from '../../testing/seeds.ts';
import { inventedExport, inventedRows } from '../../testing/topology/invented-export.ts';
import { TopologyDriver } from '../../testing/topology/topology-driver.ts';

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;
const ACCOUNT = { provider: 'github', user: 'me' } as const;
const ADDRESS = 'http://fake.invalid/secret-path-8471';
const OTHER = 'ntfy://fake.invalid/another-target';

describe('what a person is told', () => {
  const seed = seedFor('TOPOLOGY_SEED');
  let source: ScriptedSource;
  let receiver: FakeReceiver;
  let driver: TopologyDriver;
  beforeEach(async () => {
    source = new ScriptedSource();
    source.pageItems = 100;
    receiver = new FakeReceiver();
    await open(ADDRESS);
  });
  const open = async (addresses: string): Promise<void> => {
    driver = await TopologyDriver.open({
      seed,
      live: (deps) => new Map([['github', createLiveProvider(deps, source.provider())]]),
      // Slow, so that others could come in between.
      fetch: async (input, init) => {
        await driver.app.clock.sleep(7000);
        return receiver.fetch(input, init);
      },
      env: { HOARDARR_SYNC_INTERVAL_SECONDS: '600', HOARDARR_NOTIFY_URL: addresses },
    });
    source.save(...Array.from({ length: 40 }, (_, n) => `thing ${n}`));
    await connectWith('good');
    await driver.advance(MINUTE_MS);
    await driver.settle();
  };
  afterEach(() => driver.close());

  const connectWith = (token: string): Promise<unknown> =>
    driver.run(connect(driver.app, { ...ACCOUNT, how: { by: 'token', token }, signal: new AbortController().signal }));
  const sync = (full = false): Promise<SyncReport> => driver.run(syncAccount(driver.app, { ...ACCOUNT, full }));
  const events = (): readonly unknown[] => receiver.received.map(({ fields }) => fields['event']);

  it('that an account has to be connected again: once, until it is connected and refused again', async () => {
    expect(events()).toEqual([]);
    source.tokens.clear();
    await driver.advance(30 * MINUTE_MS);
    const requests = source.requests;
    expect(events()).toEqual(['needs-reauth']);
    expect(receiver.received[0]).toMatchObject({
      path: '/secret-path-8471',
      title: 'github/me has to be connected again',
      fields: { provider: 'github', user: 'me', type: 'warning' },
    });
    // A person who tries all the same is not told again, and the scheduler does not even try.
    expect(await sync()).toMatchObject({ needsReauth: true });
    await driver.advance(60 * MINUTE_MS);
    expect(source.requests).toBe(requests + 1);
    expect(events()).toEqual(['needs-reauth']);
    source.tokens.add('better');
    await connectWith('better');
    await driver.advance(MINUTE_MS);
    expect((await driver.status()).accounts[0]).toMatchObject({ needsReauth: false, lastError: null });
    source.tokens.clear();
    await driver.advance(30 * MINUTE_MS);
    expect(events()).toEqual(['needs-reauth', 'needs-reauth']);
    expect(new Set(receiver.received.map(({ fields }) => fields['id'])).size).toBe(2);
  });

  it('of many held removals in one message, and not again for those that are held anew', async () => {
    source.things = [];
    expect(await sync(true)).toMatchObject({ held: 40 });
    await driver.advance(MINUTE_MS);
    expect(events()).toEqual(['held']);
    expect(receiver.received[0]?.fields).toMatchObject({
      count: 40,
      groups: [{ scope: 'github/me/starred', count: 40 }],
    });
    await sync(true);
    await driver.advance(30 * MINUTE_MS);
    expect(events()).toEqual(['held']);
    await driver.held('reject');
    await driver.advance(MINUTE_MS);
    expect(events()).toEqual(['held']);
  });

  it('of fewer removals that took the place of those that it was told of', async () => {
    const rows = inventedRows(100);
    const made = Date.UTC(2025, 5, 1);
    await driver.import(inventedExport(rows));
    expect(await driver.import(inventedExport(rows.slice(40), made + DAY_MS))).toMatchObject({ held: 40 });
    await driver.advance(MINUTE_MS);
    // What was absent is listed again, and something else is absent.
    expect(await driver.import(inventedExport(rows.slice(0, 72), made + 2 * DAY_MS))).toMatchObject({ held: 28 });
    expect(await driver.ids('held')).toHaveLength(28);
    await driver.advance(30 * MINUTE_MS);
    expect(receiver.received.map(({ fields }) => [fields['event'], fields['count']])).toEqual([
      ['held', 40],
      ['held', 28],
    ]);
  });

  it('of dead letters together, and not of those that were told of', async () => {
    const poison = (count: number): Promise<unknown> =>
      driver.app.log.append(
        'ingest',
        driver.app.log.partitionOf('github/me'),
        Array.from({ length: count }, (_, n) => ({
          key: `github/me|starred|${n}|poison-${count}.${n}`,
          value: Buffer.from('no record of ours'),
        })),
      );
    await driver.run(poison(5));
    await driver.advance(MINUTE_MS);
    expect(receiver.received.map(({ fields }) => fields)).toMatchObject([{ event: 'dead-letters', count: 5 }]);
    await driver.run(poison(2));
    await driver.advance(MINUTE_MS);
    expect(receiver.received.map(({ fields }) => fields['count'])).toEqual([5, 2]);
  });

  it('how things are, once, by a receiver that was away; the pipeline does not wait for it', async () => {
    receiver.isDown = true;
    source.tokens.clear();
    await driver.advance(30 * MINUTE_MS);
    expect(receiver.requests.length).toBeGreaterThan(3);
    // It is asked ever more rarely.
    expect(receiver.requests.length).toBeLessThan(60);
    source.tokens.add('good');
    await connectWith('good');
    source.save('omega');
    expect(await sync()).toMatchObject({ new: 1, error: null });
    source.things = [];
    await sync(true);
    // What was on its way already would still say how things were.
    await driver.advance(MINUTE_MS);
    receiver.isDown = false;
    await driver.advance(30 * MINUTE_MS);
    expect(events()).toEqual(['held']);
  });

  it('to several, each once, also while one of them is away, and once to one that is added later', async () => {
    await driver.close();
    const down = new Set(['/another-target']);
    receiver.before = ({ url }) => (down.has(url.pathname) ? FAULTS['server error'] : undefined);
    await open(`${ADDRESS}, ${OTHER}`);
    source.tokens.clear();
    await driver.advance(30 * MINUTE_MS);
    const paths = (): readonly string[] =>
      receiver.requests.filter(({ status }) => status === 200).map(({ path }) => path);
    expect(paths()).toEqual(['/secret-path-8471']);
    down.clear();
    await driver.advance(30 * MINUTE_MS);
    expect(paths()).toEqual(['/secret-path-8471', '/another-target']);
    await driver.advance(60 * MINUTE_MS);
    expect(paths()).toHaveLength(2);
  });

  it('waits as long as the receiver asks', async () => {
    receiver.before = () => (reply) => ({ ...reply, status: 429, headers: { 'retry-after': '1200' } });
    source.tokens.clear();
    await driver.advance(30 * MINUTE_MS);
    expect(receiver.requests.length).toBeGreaterThan(0);
    expect(receiver.requests.length).toBeLessThanOrEqual(3);
  });

  it('of a backup that failed, once, and of the next one again', async () => {
    const fail = (slot: number, attempts: number): Promise<void> =>
      driver.run(
        writeBackupState(driver.app.metadata, { doneSlot: 0, failure: { slot, at: slot, error: 'no room', attempts } }),
      );
    await fail(1_000, 1);
    await driver.advance(MINUTE_MS);
    await fail(1_000, 2);
    await driver.advance(MINUTE_MS);
    expect(receiver.received.map(({ fields }) => fields)).toMatchObject([{ event: 'backup-failed', type: 'failure' }]);
    expect(receiver.received[0]?.body).toContain('no room');
    await fail(90_000_000, 1);
    await driver.advance(MINUTE_MS);
    expect(events()).toEqual(['backup-failed', 'backup-failed']);
  });

  it('once, where several processes could tell it', async () => {
    const others = await driver.run(Promise.all([0, 1].map(() => driver.parts.starters.scheduler())));
    source.tokens.clear();
    await driver.advance(30 * MINUTE_MS);
    expect(events()).toEqual(['needs-reauth']);
    for (const other of others) await driver.run(other.stop());
  });

  /** Another process crashed between telling and noting it: it said that it tells until then. */
  const crashTelling = async (untilMs: number): Promise<void> => {
    receiver.isDown = true;
    source.tokens.clear();
    await driver.advance(30 * MINUTE_MS);
    const noted = async (): Promise<MetadataDocument | undefined> => (await driver.app.metadata.list('notifier:'))[0];
    await driver.parts.clock.runUntil(async () => Object((await noted())?.value)['claim'] === null);
    const document = await noted();
    const claim = { by: 'elsewhere:1:1:1', until: driver.app.clock.now() + untilMs };
    await driver.app.metadata.compareAndSet(document?.key ?? '', document?.version ?? null, {
      ...Object(document?.value),
      claim,
    });
    receiver.isDown = false;
  };

  it('again after a crash between telling and noting it, rather than never', async () => {
    await crashTelling(120_000);
    await driver.advance(MINUTE_MS);
    expect(events()).toEqual([]);
    await driver.advance(30 * MINUTE_MS);
    expect(events()).toEqual(['needs-reauth']);
  });

  it('again after such a crash, though the clock was far ahead then', async () => {
    await crashTelling(365 * DAY_MS);
    await driver.advance(30 * MINUTE_MS);
    expect(events()).toEqual(['needs-reauth']);
  });

  it('what is left, when the last process ends', async () => {
    source.tokens.clear();
    expect(await sync()).toMatchObject({ needsReauth: true });
    await driver.run(driver.app.roles.stop());
    expect(events()).toEqual(['needs-reauth']);
  });

  it('without a title, a token or its own address, in messages and in logs', async () => {
    receiver.isDown = true;
    source.things = [];
    await sync(true);
    source.tokens.clear();
    await driver.advance(30 * MINUTE_MS);
    receiver.isDown = false;
    await driver.advance(30 * MINUTE_MS);
    expect(events()).toEqual(['needs-reauth', 'held']);
    const said = JSON.stringify(receiver.received.map(({ title, body, fields }) => ({ title, body, fields })));
    for (const secret of ['thing 1', 'good', 'secret-path-8471']) expect(said).not.toContain(secret);
    expect(driver.parts.lines.some((line) => line.includes('could not be handed over'))).toBe(true);
    expect(driver.parts.lines.join('')).not.toContain('secret-path-8471');
  });
});
