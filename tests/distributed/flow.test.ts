import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, it, jest } from '@jest/globals';
import { runFlow } from '../../bench/distributed/flow.ts';
import { FakeOpenAi } from '../../testing/fake-openai/fake-openai.ts';
import { describeWithParts, endOwnParts, startOwnParts } from '../../testing/stack/real-parts.ts';
import { usingServers } from './deployment.test-support.ts';

jest.setTimeout(300_000);

const ITEMS = 2_000;
const ACCOUNTS = 8;
/** 16 of the 250 rows of each are missing from the second exports. */
const GONE = 16 * ACCOUNTS;

describeWithParts('items that flow while processes come and go', ['kafka', 'registry', 'couchbase'], (environment) => {
  let openai: FakeOpenAi;
  let store: Readonly<Record<string, string>>;
  const folder = mkdtempSync(path.join(tmpdir(), 'flow-'));
  const storeDir = mkdtempSync(path.join(tmpdir(), 'flow-store-'));
  beforeAll(async () => {
    openai = await FakeOpenAi.start({ dimensions: 32, latencyMs: 200, limits: { texts: 32 } });
    store = await startOwnParts(['couchbase'], storeDir);
  }, 300_000);
  afterAll(async () => {
    await openai.stop();
    await endOwnParts(storeDir);
    rmSync(folder, { recursive: true });
  });

  it('keep their order in every account, and what becomes of them is what the log says', async () => {
    const embedder = {
      SCHEMA_REGISTRY_AUTO_REGISTER: 'on',
      KAFKA_SESSION_TIMEOUT_SECONDS: '6',
      HOARDARR_EMBEDDER: 'openai',
      OPENAI_API_KEY: 'sk-invented',
      OPENAI_BASE_URL: openai.url,
      OPENAI_EMBEDDING_DIMENSIONS: '32',
    };
    const { phases, producers, begunAgain, violations, ...proof } = await runFlow({
      items: ITEMS,
      accounts: ACCOUNTS,
      folder,
      environment: usingServers(`flow-${Date.now()}.`, environment(), store, embedder),
      say: (line) => void process.stderr.write(`${line}\n`),
    });
    expect(violations).toEqual([]);
    expect(phases.map(({ embedders, sinks }) => [embedders, sinks])).toEqual([
      [1, 1],
      [2, 1],
      [4, 2],
      [3, 2],
      [3, 1],
    ]);
    expect(producers).toEqual([1, 3, 2, 1, 2]);
    expect(begunAgain).toBeGreaterThan(0);
    expect(proof).toMatchObject({ sameDigest: true, active: ITEMS - GONE, trash: GONE });
    expect(proof.decisions).toBe(GONE);
    expect(proof.runs).toBeGreaterThanOrEqual(2 * ACCOUNTS);
  });
});
