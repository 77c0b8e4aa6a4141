import { existsSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, it, jest } from '@jest/globals';
import type { App } from '../../app/app.ts';
import { storedGenerations } from '../../app/data-folder.ts';
import { readMovedFrom } from '../../app/move/moved-record.ts';
import { type MigrateReport, migrateLog } from '../../app/use-cases/migrate.ts';
import { HEADER } from '../../core/keys.ts';
import { type LogRecord, TOPIC_NAMES, type TopicName } from '../../core/ports/event-log.ts';
import { mulberry32 } from '../../testing/producer-world.ts';
import { seedFor } from '../../testing/seeds.ts';
import { describeWithParts } from '../../testing/stack/real-parts.ts';
import { inventedExport, inventedId, inventedRows } from '../../testing/topology/invented-export.ts';
import { type CollectionState, stateOn, withAppOn } from './app-on-folder.test-support.ts';
import { DataFolder, OFFLINE, type RebuildJson } from './data-folder.test-support.ts';
import { Program } from './program.test-support.ts';

jest.setTimeout(240_000);

const DAY_MS = 86_400_000;
const MADE = Date.UTC(2025, 5, 1);
const rows = inventedRows(60);
const without = (...gone: readonly number[]): typeof rows => rows.filter((_, n) => !gone.includes(n));

describeWithParts('migrate', ['kafka', 'registry'], (environment) => {
  let folder: DataFolder;
  /** the same folder, as it is used once its log is on Kafka */
  let moved: DataFolder;
  const running: Program[] = [];

  beforeEach(async () => {
    const { KAFKA_BROKERS = '', SCHEMA_REGISTRY_URL = '' } = environment();
    const prefix = `migrate-${process.pid}-${Date.now()}.`;
    folder = new DataFolder({ ...OFFLINE, KAFKA_BROKERS, SCHEMA_REGISTRY_URL, HOARDARR_TOPIC_PREFIX: prefix });
    moved = folder.with({ HOARDARR_EVENT_LOG: 'kafka' });
    await folder.json('schemas', 'register');
  });
  afterEach(async () => {
    for (const program of running.splice(0)) await program.kill();
    folder.remove();
  });

  const start = (of: DataFolder, ...words: readonly string[]): Program => {
    const program = new Program(of, words);
    running.push(program);
    return program;
  };

  const stateOf = (of: DataFolder): Promise<CollectionState> =>
    stateOn(
      of,
      rows.map((_, n) => inventedId(n)),
    );

  async function recordsOf(app: App, topic: TopicName): Promise<readonly (LogRecord & { partition: number })[]> {
    const found: (LogRecord & { partition: number })[] = [];
    for (const { partition } of await app.log.ends(topic)) {
      for (let from = 0; ; ) {
        const page = await app.log.read(topic, partition, from);
        found.push(...page.map((record) => ({ ...record, partition })));
        const last = page.at(-1);
        if (last === undefined) break;
        from = last.offset + 1;
      }
    }
    return found;
  }

  /** Everything that a log holds, as it is read: what stands for erased records left out. */
  const contentOf = (of: DataFolder): Promise<Readonly<Record<string, readonly unknown[]>>> =>
    withAppOn(of, async (app) => {
      const read = (value: Uint8Array): unknown => {
        try {
          return app.codec.decode(value);
        } catch {
          return Buffer.from(value).toString('latin1');
        }
      };
      const all: Record<string, readonly unknown[]> = {};
      for (const topic of TOPIC_NAMES)
        all[topic] = (await recordsOf(app, topic))
          .filter(({ key }) => !key.startsWith(':erased'))
          .map(({ value, headers, ...record }) => {
            const { [HEADER.movedFrom]: _from, ...others } = headers;
            return { ...record, headers: others, value: value === null ? null : read(value) };
          });
      return all;
    });

  const junk = (n: number): string => `tiktok/me|tiktok/me/favorites|${inventedId(n)}|junk${n}`;

  /** Removals, a restore, purges and what they erased; records that nobody can read, one of them taken anew. */
  async function live(): Promise<void> {
    await folder.importExport(inventedExport(rows));
    await withAppOn(folder, async ({ log }) => {
      const value = Buffer.from('no record of ours');
      await log.append(
        'ingest',
        log.partitionOf('tiktok/me'),
        [1, 2, 20].map((n) => ({ key: junk(n), value })),
      );
    });
    await folder.importExport(inventedExport(without(5, 6, 7), MADE + DAY_MS));
    const { records } = await folder.json<{ records: readonly { id: string }[] }>('dead-letter');
    await folder.json('dead-letter', 'redrive', records[0]?.id ?? '');
    await folder.json('restore', 'tiktok', inventedId(5));
    await folder.json('purge', 'tiktok', inventedId(6), inventedId(20));
    await withAppOn(folder, (app) => app.eraseBytes());
  }

  it('carries everything over, with the same digest and the same explanations, and it goes on there', async () => {
    await live();
    // What no stage has read yet is read there.
    await withAppOn(folder, async ({ log }) => {
      const late = [{ key: junk(3), value: Buffer.from('no record either') }];
      for (const topic of ['ingest', 'commands'] as const) await log.append(topic, log.partitionOf('tiktok/me'), late);
    });
    const [before, content] = [await stateOf(folder), await contentOf(folder)];
    const report = await folder.json<MigrateReport>('migrate');
    const { digest } = before;
    expect(report).toMatchObject({ match: true, digestBefore: digest, digestAfter: digest, embeddingCalls: 0 });
    expect(existsSync(path.join(folder.path, 'log.db'))).toBe(false);
    const refused = await folder.run('status');
    expect([refused.status, refused.stdout]).toEqual([2, expect.stringContaining('belongs to the log on Kafka')]);
    expect(await stateOf(moved)).toEqual(before);
    expect(await contentOf(moved)).toEqual(content);
    const behind = await withAppOn(moved, async ({ log }) =>
      (await log.lag()).filter((lag) => lag.committed < lag.end),
    );
    // The group of the producers has committed nothing, and begins at the beginning.
    expect(behind.map(({ group, committed, end }) => [group, end - committed])).toEqual([['embed', 1]]);

    expect(await moved.json<RebuildJson>('rebuild')).toMatchObject({ match: true, embeddingCalls: 0 });
    expect(await stateOf(moved)).toEqual(before);
    expect(await moved.importExport(inventedExport(without(5, 6, 7, 8), MADE + 2 * DAY_MS))).toMatchObject({
      removed: 1,
      converged: true,
    });
    expect(await moved.json<RebuildJson>('rebuild')).toMatchObject({ match: true, embeddingCalls: 0 });
    const { records } = await moved.json<{ records: readonly { topic: string }[] }>('dead-letter');
    expect(records.filter(({ topic }) => topic === 'commands')).toHaveLength(1);
    expect(await moved.json('dead-letter', 'redrive')).toMatchObject({ redriven: records.length - 1 });
    const again = await moved.run('migrate');
    expect([again.status, again.stdout]).toEqual([2, expect.stringContaining('on Kafka already')]);
  });

  it('is killed again and again, and each time goes on where it was', async () => {
    const random = mulberry32(seedFor('MIGRATE_SEED'));
    await live();
    const many = inventedRows(1_500, true).map((row, n) => ({ ...row, id: inventedId(5_000 + n) }));
    await folder.json('import', 'tiktok', folder.write(inventedExport(many)), '--user', 'other');
    const before = await stateOf(folder);
    for (let kill = 0; kill < 4; kill++) {
      const program = start(folder, 'migrate');
      await program.said(/ready/);
      await sleep(500 + random() * 3_500);
      await program.kill();
      if (!existsSync(path.join(folder.path, 'log.db'))) break;
      // As before; or, where it was killed after the switch, said to be finished by the next call.
      const { status, stdout } = await folder.run('status');
      if (status === 0) expect(JSON.parse(stdout)).toMatchObject({ digest: before.digest });
      else expect(stdout).toMatch(/run `hoardarr migrate` once more|belongs to the log on Kafka/);
    }
    const last = await folder.run('migrate');
    process.stdout.write(`after the last kill: ${last.stdout}\n`);
    if (last.status !== 0) expect(last.stdout).toContain('belongs to the log on Kafka');
    expect(await stateOf(moved)).toEqual(before);
    await withAppOn(moved, async (app) => {
      for (const topic of TOPIC_NAMES) {
        const from = (await recordsOf(app, topic)).map(
          ({ partition, headers }) => `${partition}/${readMovedFrom(headers)?.offset}`,
        );
        expect(new Set(from).size).toBe(from.length);
      }
    });
    expect(await moved.json<RebuildJson>('rebuild')).toMatchObject({ match: true, embeddingCalls: 0 });
  });

  it('is finished by the next call where it was cut off after the log was left', async () => {
    await live();
    const before = await stateOf(folder);
    const cutOff = { switchTo: () => Promise.reject(new Error('killed')) };
    await withAppOn(folder, async (app) => {
      const stores = new Proxy(app.stores, {
        get: (target, name) => {
          if (name === 'switchTo') return cutOff.switchTo;
          const value: unknown = Reflect.get(target, name, target);
          return typeof value === 'function' ? (value.bind(target) as unknown) : value;
        },
      });
      await expect(migrateLog({ ...app, stores })).rejects.toThrow('killed');
    });
    const refused = await folder.run('import', 'tiktok', folder.write(inventedExport(rows)));
    expect([refused.status, refused.stdout]).toEqual([2, expect.stringContaining('run `hoardarr migrate` once more')]);
    const early = await moved.run('status');
    expect([early.status, early.stdout]).toEqual([2, expect.stringContaining('run `hoardarr migrate` once more')]);
    expect(await folder.json('migrate')).toMatchObject({ match: true, digestAfter: before.digest });
    expect(await stateOf(moved)).toEqual(before);
    // Purges from now on would not reach the collection of before.
    expect(storedGenerations(folder.path)).toEqual([2]);
  });

  it('is ended by the next call where it was cut off before the collection of before was removed', async () => {
    await live();
    const before = await stateOf(folder);
    await withAppOn(folder, async (app) => {
      const generations = { ...app.generations, remove: () => Promise.reject(new Error('killed')) };
      await expect(migrateLog({ ...app, generations })).rejects.toThrow('killed');
    });
    expect(storedGenerations(folder.path)).toEqual([1, 2]);
    expect(await stateOf(moved)).toEqual(before);
    expect(await moved.json('migrate')).toMatchObject({ match: true, generation: 2 });
    expect(storedGenerations(folder.path)).toEqual([2]);
    expect((await moved.run('migrate')).status).toBe(2);
  });

  it('goes on while roles run and imports come, which are told where the log went', async () => {
    const exports = Array.from({ length: 16 }, (_, n) => {
      const taken = inventedRows(300).filter((_row, i) => i % 20 !== n % 20);
      return folder.write(inventedExport(taken.slice(0, 200 + 2 * n), MADE + n * DAY_MS));
    });
    await folder.import(exports[0] ?? '');
    const server = start(folder.with({ HOARDARR_PORT: '0' }), 'start');
    await server.said(/"roles"/);
    const importing = (async (): Promise<number> => {
      for (let n = 1; n < exports.length; n++) {
        const { status, stdout } = await folder.run('import', 'tiktok', exports[n] ?? '');
        if (status === 0) continue;
        expect(stdout).toMatch(/HOARDARR_EVENT_LOG|belongs to the log on Kafka/);
        return n;
      }
      return exports.length;
    })();
    const report = await folder.json<MigrateReport>('migrate');
    expect(report).toMatchObject({ match: true });
    expect(await server.ended()).toBe(1);
    expect(server.stdout).toContain('HOARDARR_EVENT_LOG=kafka');
    const from = await importing;
    process.stdout.write(`${from} imports before the switch, ${JSON.stringify(report)}\n`);
    for (let n = from; n < exports.length; n++) await moved.import(exports[n] ?? '');
    expect(await moved.json<RebuildJson>('rebuild')).toMatchObject({ match: true, embeddingCalls: 0 });
    const calm = new DataFolder();
    for (const file of exports) await calm.import(file);
    expect((await moved.status()).digest).toBe((await calm.status()).digest);
    calm.remove();
  });

  it('refuses topics of something else, and says what to do', async () => {
    await folder.importExport(inventedExport(rows));
    const other = new DataFolder(moved.env);
    await other.importExport(inventedExport(rows));
    const { status, stdout } = await folder.run('migrate');
    expect([status, stdout]).toEqual([2, expect.stringContaining('set HOARDARR_TOPIC_PREFIX')]);
    expect(await folder.importExport(inventedExport(rows))).toMatchObject({ new: 0 });
    other.remove();
  });
});
