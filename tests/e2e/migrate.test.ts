import { existsSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, expect, it, jest } from '@jest/globals';
import { describeWithParts } from '../../testing/stack/real-parts.ts';
import { inventedExport, inventedId, inventedRows } from '../../testing/topology/invented-export.ts';
import { DataFolder, type ExplainJson, OFFLINE, type RebuildJson } from './data-folder.test-support.ts';

jest.setTimeout(240_000);

const DAY_MS = 86_400_000;
const MADE = Date.UTC(2025, 5, 1);
const rows = inventedRows(24);
const without = (...gone: readonly number[]): typeof rows => rows.filter((_, n) => !gone.includes(n));

interface MigrateJson {
  readonly copied: number;
  readonly replayed: number;
  readonly embeddingCalls: number;
  readonly digestBefore: string;
  readonly digestAfter: string;
  readonly match: boolean;
  readonly pausedMs: number;
  readonly heldMs: number;
}

describeWithParts('migrate', ['kafka', 'registry'], (environment) => {
  let folder: DataFolder;
  let servers: Readonly<Record<string, string>>;
  let onKafka: Readonly<Record<string, string>>;

  beforeEach(async () => {
    const { KAFKA_BROKERS = '', SCHEMA_REGISTRY_URL = '' } = environment();
    const prefix = `migrate-${process.pid}-${Date.now()}.`;
    servers = { KAFKA_BROKERS, SCHEMA_REGISTRY_URL, HOARDARR_TOPIC_PREFIX: prefix };
    onKafka = { ...servers, HOARDARR_EVENT_LOG: 'kafka' };
    folder = new DataFolder({ ...OFFLINE, ...servers });
    await folder.json('schemas', 'register');
  });
  afterEach(() => folder.remove());

  const explanations = async (of: DataFolder): Promise<readonly ExplainJson[]> => {
    const all: ExplainJson[] = [];
    for (let n = 0; n < rows.length; n++) all.push(await of.explain(inventedId(n)));
    return all;
  };

  /** Removals, a restore, purges, and what the purges erased. */
  const live = async (): Promise<void> => {
    await folder.importExport(inventedExport(rows));
    await folder.importExport(inventedExport(without(5, 6, 7), MADE + DAY_MS));
    await folder.json('restore', 'tiktok', inventedId(5));
    await folder.json('purge', 'tiktok', inventedId(6), inventedId(20));
  };

  it('carries a collection over, with the same digest and the same explanations, and it goes on there', async () => {
    await live();
    const [before, { digest }] = [await explanations(folder), await folder.status()];
    const report = await folder.json<MigrateJson>('migrate');
    expect(report).toMatchObject({ match: true, digestBefore: digest, digestAfter: digest, embeddingCalls: 0 });
    process.stderr.write(`${JSON.stringify(report)}\n`);
    expect(existsSync(path.join(folder.path, 'log.db'))).toBe(false);
    const refused = await folder.run('status');
    expect(refused.status).toBe(2);
    expect(refused.stdout).toContain('belongs to the log on Kafka');

    const moved = folder.with(onKafka);
    expect((await moved.status()).digest).toBe(digest);
    expect(await explanations(moved)).toEqual(before);
    expect(await moved.json<RebuildJson>('rebuild')).toMatchObject({ match: true, embeddingCalls: 0 });
    expect(await explanations(moved)).toEqual(before);
    expect(await moved.importExport(inventedExport(without(5, 6, 7, 8), MADE + 2 * DAY_MS))).toMatchObject({
      removed: 1,
      converged: true,
    });
    expect(await moved.json<RebuildJson>('rebuild')).toMatchObject({ match: true, embeddingCalls: 0 });
    const again = await moved.run('migrate');
    expect([again.status, again.stdout]).toEqual([2, expect.stringContaining('on Kafka already')]);
  });
});
